//! Names, kinds and locations.

use std::{borrow::Cow, sync::mpsc};

use flagstone::task::{JoinHandle, TaskInfo, Tasks};

use crate::storages::{Stored, on_every_storage};

on_every_storage! {
    names_and_kinds_are_listed
    each_way_to_spawn_tells_its_location
    what_is_not_said_is_not_there
}

fn names_and_kinds_are_listed<M: Stored>() {
    let executor = M::executor();
    let (registry, spawner, local) = (executor.registry(), executor.spawner(), executor.local_spawner());
    let owned = format!("{}-{}", "owned", 7);
    let tasks = Tasks::with_storage(drop, M::unbounded());
    let (sender, _queue) = mpsc::channel();
    let held = Tasks::with_storage(move |task| sender.send(task).unwrap(), M::bounded(1));
    let handles = [
        executor.builder().name("static").kind("reader").spawn(async {}),
        executor.builder().kind("writer").name(owned).try_spawn(async {}).unwrap(),
        local.builder().name(Cow::Borrowed("borrowed")).spawn(async {}),
        spawner.builder().name(String::new()).kind("").spawn(async {}),
        spawner.builder().kind("kind alone").try_spawn(async {}).unwrap(),
        executor.try_claim().unwrap().name("claimed").kind("later").spawn(async {}).unwrap(),
        executor.try_claim().unwrap().kind("built").spawn_with(|| async {}).unwrap(),
    ];
    let named = |handle: &JoinHandle<()>| {
        let info = registry.info(handle.id()).unwrap();
        (info.name.as_deref().map(str::to_owned), info.kind)
    };
    assert_eq!(named(&handles[0]), (Some("static".into()), "reader"));
    assert_eq!(named(&handles[1]), (Some("owned-7".into()), "writer"));
    assert_eq!(named(&handles[2]).0.as_deref(), Some("borrowed"));
    assert_eq!(named(&handles[3]), (Some(String::new()), ""));
    assert_eq!(named(&handles[4]), (None, "kind alone"));
    assert_eq!(named(&handles[5]), (Some("claimed".into()), "later"));
    assert_eq!(named(&handles[6]), (None, "built"));
    assert!(tasks.builder().name("dropped by its scheduler").spawn(async {}).is_finished());
    let handle = held.builder().name("kept").kind("held").spawn(async {});
    let info = held.registry().info(handle.id()).unwrap();
    assert_eq!((info.name.as_deref(), info.kind), (Some("kept"), "held"));
    // They stay when the task has ended, and are dropped with it.
    let task = handles[0].task();
    executor.tick(usize::MAX);
    assert_eq!(named(&handles[0]), (Some("static".into()), "reader"));
    drop(handles);
    assert_eq!(task.info().name.as_deref(), Some("static"));
    assert!(registry.info(task.id()).is_none());
}

fn each_way_to_spawn_tells_its_location<M: Stored>() {
    #[track_caller]
    fn here(handle: JoinHandle<()>, line: u32) -> TaskInfo {
        let info = handle.task().info();
        assert_eq!((info.location.file(), info.location.line()), (file!(), line), "{info:?}");
        info
    }
    let executor = M::executor();
    let (local, spawner) = (executor.local_spawner(), executor.spawner());
    here(executor.spawn(async {}), line!());
    here(executor.try_spawn(async {}).unwrap(), line!());
    here(executor.builder().spawn(async {}), line!());
    here(executor.builder().try_spawn(async {}).unwrap(), line!());
    here(executor.try_claim().unwrap().spawn(async {}).unwrap(), line!());
    here(executor.try_claim().unwrap().spawn_with(|| async {}).unwrap(), line!());
    here(local.spawn(async {}), line!());
    here(local.try_spawn(async {}).unwrap(), line!());
    here(local.builder().spawn(async {}), line!());
    here(spawner.spawn(async {}), line!());
    here(spawner.try_spawn(async {}).unwrap(), line!());
    here(spawner.spawn_with(|| async {}), line!());
    here(spawner.try_spawn_with(|| async {}).unwrap(), line!());
    let (sender, _queue) = mpsc::channel();
    let tasks = Tasks::with_storage(move |task| sender.send(task).unwrap(), M::bounded(3));
    here(tasks.spawn(async {}), line!());
    here(tasks.try_spawn(async {}).unwrap(), line!());
    let info = here(tasks.builder().spawn(async {}), line!());
    assert!(info.to_string().contains("builders.rs"), "{info}");
}

fn what_is_not_said_is_not_there<M: Stored>() {
    let executor = M::executor();
    let handle = executor.spawn(async { [7_u64; 40] });
    let info = handle.task().info();
    assert_eq!(info.name, None);
    assert_eq!((info.polls, info.wakes), (0, 0));
    assert!(info.type_name.contains("what_is_not_said_is_not_there"), "{}", info.type_name);
    let future = [0_u8; 1000];
    let size = size_of_val(&future);
    let other = executor.spawn(async move {
        flagstone::task::yield_now().await;
        future.len()
    });
    assert!(other.task().info().size >= size, "{}", other.task().info().size);
    assert!(info.size < size && info.age <= handle.task().info().age);
    executor.tick(usize::MAX);
}

//! What a registry shows of tasks, from any thread.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use flagstone::task::{Runnable, TaskState, Tasks, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{elsewhere, joined, sleeper},
};

on_every_storage! {
    states_are_listed_as_they_change
    every_live_task_is_listed_once
    any_thread_looks_while_tasks_run
    who_looks_while_tasks_end_keeps_no_slot
    any_thread_cancels_by_id
    a_table_has_a_line_for_each_task
    ages_grow
    a_reference_that_is_found_keeps_its_task
}

fn states_are_listed_as_they_change<M: Stored>() {
    let executor = M::executor();
    let registry = executor.registry();
    let (sleeping, waker) = sleeper(&executor);
    let state = |id| registry.info(id).map(|info| info.state);
    let (id, other) = (sleeping.id(), executor.spawn(async {}));
    assert_eq!((state(id), state(other.id())), (Some(TaskState::Sleeping), Some(TaskState::Scheduled)));
    waker.wake();
    assert_eq!(state(id), Some(TaskState::Scheduled));
    executor.tick(usize::MAX);
    assert_eq!((state(id), state(other.id())), (Some(TaskState::Finished), Some(TaskState::Finished)));
    let task = registry.get(id).unwrap();
    joined(sleeping).unwrap();
    drop(other);
    // The task is neither listed nor counted any more, though its slot is in use.
    assert_eq!((state(id), registry.tasks().len(), registry.len(), executor.len()), (None, 0, 0, 0));
    assert_eq!(task.info().state, TaskState::Finished);
    // Running is seen from inside, and from elsewhere meanwhile.
    let (inside, seen) = (executor.registry(), executor.registry());
    let handle = executor.spawn(async move {
        let running = |info: &flagstone::task::TaskInfo| info.state == TaskState::Running;
        assert_eq!(inside.tasks().iter().filter(|info| running(info)).count(), 1);
        elsewhere(|| assert_eq!(seen.tasks().iter().filter(|info| running(info)).count(), 1));
    });
    executor.block_on(handle).unwrap();
    // Of tasks of a custom scheduler.
    let (sender, queue) = std::sync::mpsc::channel::<Runnable>();
    let tasks = Tasks::with_storage(move |task| sender.send(task).unwrap(), M::unbounded());
    let handle = tasks.spawn(async { yield_now().await });
    let state = || tasks.registry().info(handle.id()).unwrap().state;
    for _ in 0..2 {
        assert_eq!(state(), TaskState::Scheduled);
        queue.recv().unwrap().run();
    }
    assert_eq!(state(), TaskState::Finished);
}

fn every_live_task_is_listed_once<M: Stored>() {
    let executor = M::executor();
    let registry = executor.registry();
    let mut handles: Vec<_> = (0..200).map(|_| executor.spawn(std::future::pending::<()>())).collect();
    let spawner = executor.spawner();
    handles.extend(elsewhere(|| (0..50).map(|_| spawner.spawn(std::future::pending::<()>())).collect::<Vec<_>>()));
    executor.tick(usize::MAX);
    let mut expected: Vec<_> = handles.iter().map(|handle| handle.id()).collect();
    while !expected.is_empty() {
        expected.sort_unstable();
        let mut found: Vec<_> = registry.tasks().iter().map(|info| info.id).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!((registry.len(), executor.len(), registry.is_empty()), (expected.len(), expected.len(), false));
        for _ in 0..25 {
            let handle = handles.swap_remove(expected.len() / 2);
            expected.retain(|&id| id != handle.id());
            assert!(handle.cancel());
            executor.tick(usize::MAX);
            drop(handle);
        }
    }
    assert!(registry.is_empty() && registry.tasks().is_empty());
}

fn any_thread_looks_while_tasks_run<M: Stored>() {
    let executor = M::executor();
    let (done, barrier) = (AtomicBool::new(false), Barrier::new(3));
    thread::scope(|scope| {
        for looker in 0..2 {
            let (registry, done, barrier) = (executor.registry(), &done, &barrier);
            scope.spawn(move || {
                barrier.wait();
                while !done.load(Ordering::Relaxed) {
                    for info in registry.tasks() {
                        if info.kind == "root" {
                            continue; // the future of `block_on`
                        }
                        assert_eq!(info.name.as_deref(), Some(info.kind));
                        assert_eq!(info.location.file(), file!());
                        if looker == 0 {
                            assert!(registry.info(info.id).is_none_or(|later| later.polls >= info.polls));
                        }
                    }
                    let _ = (registry.to_string(), registry.json().to_string());
                }
            });
        }
        barrier.wait();
        for round in 0..500 {
            let names = ["one", "another", "a third"];
            let handles: Vec<_> = names
                .iter()
                .map(|&name| {
                    let spawner = executor.builder().name(name.to_owned()).kind(name);
                    spawner.spawn(async move {
                        for _ in 0..round % 5 {
                            yield_now().await;
                        }
                    })
                })
                .collect();
            for handle in handles {
                executor.block_on(handle).unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(executor.len(), 0);
}

/// A walk pins the slab, so the walking thread frees the slots of tasks that end meanwhile; and that counts, too.
fn who_looks_while_tasks_end_keeps_no_slot<M: Stored>() {
    for bounded in [false, true] {
        let executor = if bounded { M::small_executor(100) } else { M::executor() };
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let (registry, done) = (executor.registry(), &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    assert!(registry.tasks().len() <= 100);
                }
            });
            for _ in 0..300 {
                let handles: Vec<_> = (0..50).filter_map(|_| executor.try_spawn(async {}).ok()).collect();
                executor.tick(usize::MAX);
                drop(handles);
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(executor.len(), 0, "slots are lost");
    }
}

fn any_thread_cancels_by_id<M: Stored>() {
    let executor = M::executor();
    let registry = executor.registry();
    let handle = executor.spawn(std::future::pending::<()>());
    let id = handle.id();
    executor.tick(usize::MAX);
    elsewhere(|| assert!(registry.cancel(id)));
    assert!(executor.block_on(handle).unwrap_err().is_cancelled());
    elsewhere(|| assert!(!registry.cancel(id)));
    let finished = executor.spawn(async {});
    executor.tick(usize::MAX);
    assert!(!registry.cancel(finished.id()));
    joined(finished).unwrap();
}

fn a_table_has_a_line_for_each_task<M: Stored>() {
    let executor = M::executor();
    let names = ["plain", "with\ttab", "two\nlines", "quote\"d", "é–☃", "\u{7}\u{1b}[31m", ""];
    let handles: Vec<_> = names.iter().map(|&name| executor.builder().name(name).spawn(async {})).collect();
    let table = executor.registry().to_string();
    let lines_with = |text: &str| table.lines().filter(|line| line.contains(text)).count();
    for handle in &handles {
        assert_eq!(lines_with(&handle.id().to_string()), 1, "{table}");
    }
    assert_eq!(lines_with("plain"), 1, "{table}");
    assert!(table.lines().count() <= names.len() + 2, "{table}");
    assert!(!table.contains(['\t', '\u{7}', '\u{1b}']), "control characters are not printed: {table:?}");
    for handle in &handles {
        let line = handle.task().info().to_string();
        assert_eq!(line.trim_end().lines().count(), 1, "{line:?}");
    }
}

fn ages_grow<M: Stored>() {
    let executor = M::executor();
    let handle = executor.spawn(std::future::pending::<()>());
    let before = handle.task().info().age.unwrap();
    thread::sleep(Duration::from_millis(20));
    let after = executor.registry().info(handle.id()).unwrap().age.unwrap();
    assert!(after >= before + Duration::from_millis(15) && after < Duration::from_secs(60), "{before:?} {after:?}");
}

fn a_reference_that_is_found_keeps_its_task<M: Stored>() {
    let executor = M::small_executor(1);
    let registry = executor.registry();
    let handle = executor.spawn(async {});
    let task = elsewhere(|| registry.get(handle.id()).unwrap());
    let id = handle.id();
    executor.block_on(handle).unwrap();
    assert_ne!(executor.try_claim().expect("the task was removed").id(), id, "its slot is kept");
    elsewhere(move || {
        assert!(task.is_finished() && task.info().id == id);
        drop(task);
    });
    assert!(executor.try_claim().is_some());
}

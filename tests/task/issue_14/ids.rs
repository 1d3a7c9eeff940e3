//! Point 12: ids of different executors differ.

use std::collections::BTreeSet;

use flagstone::task::{Runnable, TaskId, Tasks};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{attempt, poll_once},
};

on_every_storage! {
    point_12_ids_of_different_executors_differ
    point_12_everything_of_a_task_says_the_same_id
}

fn point_12_ids_of_different_executors_differ<M: Stored>() {
    let executors = [(); 10].map(|()| M::executor());
    let tasks = [(); 10].map(|()| {
        Tasks::with_storage(
            |task: Runnable| {
                task.run();
            },
            M::unbounded(),
        )
    });
    let mut ids = BTreeSet::new();
    for _ in 0..10 {
        ids.extend(executors.iter().map(|executor| executor.spawn(async {}).id()));
        ids.extend(tasks.iter().map(|tasks| tasks.spawn(std::future::pending::<()>()).id()));
    }
    assert_eq!(ids.len(), 200);
    let texts: BTreeSet<_> = ids.iter().map(TaskId::to_string).collect();
    assert_eq!(texts.len(), 200, "as texts, too");
    let numbers: BTreeSet<_> = ids.iter().map(|id| id.executor()).collect();
    assert!(numbers.len() == 20 && !numbers.contains(&0));
    // Each is found in one registry, and is the same after being printed and parsed.
    for id in ids {
        let of_executors = executors.iter().filter(|executor| executor.registry().get(id).is_some());
        let of_tasks = tasks.iter().filter(|tasks| tasks.registry().info(id).is_some());
        assert_eq!(of_executors.count() + of_tasks.count(), 1);
        assert_eq!(id.to_string().parse::<TaskId>().unwrap(), id);
    }
    assert!(!executors[1].registry().cancel(executors[0].spawn(async {}).id()));
}

fn point_12_everything_of_a_task_says_the_same_id<M: Stored>() {
    let executor = M::executor();
    let registry = executor.registry();
    let claim = executor.try_claim().unwrap();
    let id = claim.id();
    let mut task = claim.spawn(async { panic!("as planned") }).unwrap();
    assert_eq!([task.id(), task.task().id(), task.abort_handle().id(), registry.tasks()[0].id], [id; 4]);
    assert_eq!([registry.info(id).unwrap().id, registry.get(id).unwrap().id()], [id; 2]);
    attempt(|| executor.tick(1)).unwrap();
    let std::task::Poll::Ready(Err(error)) = poll_once(&mut task) else { panic!("it has ended") };
    assert_eq!(error.id(), id);
    assert!(error.to_string().contains(&id.to_string()), "{error}");
    let other = executor.spawn(async {});
    assert_eq!(other.id().executor(), id.executor());
    assert!(registry.to_string().contains(&other.id().to_string()));
}

//! Point 9: a spawn that came after the executor's end panicked, and so did one that raced it.

use std::{future::pending, sync::Barrier, thread};

use flagstone::task::{JoinHandle, LocalExecutor, Refusal, Runnable, SlabStorage, TaskState, Tasks};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, attempt, elsewhere, joined, poll_once, said},
    value::Ledger,
};

on_every_storage! {
    point_9_a_spawn_that_races_the_executors_end_returns_a_handle
    point_9_every_way_to_spawn_after_the_end_returns_a_handle_that_says_so
    point_9_a_future_whose_destructor_panics_is_the_tasks_panic
    point_9_handles_of_late_tasks_keep_nothing_but_themselves
}

fn is_shut_down<T>(handle: JoinHandle<T>) {
    assert!(handle.is_finished());
    assert!(!handle.cancel() && !handle.task().cancel(), "it has ended");
    assert_eq!(handle.task().info().state, TaskState::Finished);
    assert!(handle.id() == handle.task().id());
    handle.task().wake();
    assert!(joined(handle).map(drop).unwrap_err().is_shut_down());
}

fn point_9_a_spawn_that_races_the_executors_end_returns_a_handle<M: Stored>() {
    const ROUNDS: usize = 300;

    let ledger = Ledger::new();
    let mut late = 0;
    for _ in 0..ROUNDS {
        let executor = M::executor();
        let (spawner, barrier) = (executor.spawner(), Barrier::new(2));
        thread::scope(|scope| {
            let spawning = scope.spawn(|| {
                let value = ledger.value();
                barrier.wait();
                let first = spawner.spawn(async move { drop(value) });
                let value = ledger.value();
                [first, spawner.spawn_with(move || async move { drop(value) })]
            });
            barrier.wait();
            drop(executor);
            for handle in spawning.join().expect("it returns a handle") {
                late += usize::from(handle.is_finished());
                assert!(joined(handle).unwrap_err().is_shut_down());
            }
        });
    }
    assert_eq!((late, ledger.dropped()), (2 * ROUNDS, 2 * ROUNDS));
}

fn point_9_every_way_to_spawn_after_the_end_returns_a_handle_that_says_so<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let (local, spawner) = (executor.local_spawner(), executor.spawner());
    drop(executor);
    let value = ledger.value();
    is_shut_down(local.spawn(async move { (pending::<()>().await, value).1 }));
    let value = ledger.value();
    is_shut_down(local.builder().name("late").spawn(async move { drop(value) }));
    let value = ledger.value();
    is_shut_down(spawner.spawn(async move { drop(value) }));
    let value = ledger.value();
    is_shut_down(spawner.spawn_with(move || async move { drop(value) }));
    elsewhere(|| {
        let value = ledger.value();
        is_shut_down(spawner.spawn(async move { drop(value) }));
        let value = ledger.value();
        is_shut_down(spawner.spawn_with(move || async move { drop(value) }));
        let value = ledger.value();
        is_shut_down(spawner.builder().kind("late").spawn(async move { drop(value) }));
    });
    let tasks = Tasks::with_storage(|task: Runnable| assert!(!task.run()), M::unbounded());
    tasks.shutdown();
    let value = ledger.value();
    is_shut_down(tasks.spawn(async move { drop(value) }));
    let value = ledger.value();
    is_shut_down(tasks.builder().name("late").spawn(async move { drop(value) }));
    assert_eq!((ledger.dropped(), tasks.len()), (9, 0));
    assert_eq!(spawner.try_spawn(async {}).map(drop).unwrap_err().reason(), Refusal::ShutDown);
}

fn point_9_a_future_whose_destructor_panics_is_the_tasks_panic<M: Stored>() {
    let executor = M::executor();
    let spawner = executor.spawner();
    drop(executor);
    let panics = OnDrop(|| panic!("a destructor"));
    let handle = spawner.spawn(async move { drop(panics) });
    assert!(joined(handle).unwrap_err().is_panic());
}

fn point_9_handles_of_late_tasks_keep_nothing_but_themselves<M: Stored>() {
    let executor = M::executor();
    let (spawner, registry) = (executor.spawner(), executor.registry());
    drop(executor);
    let handles: Vec<_> = (0..100).map(|_| spawner.spawn(async { 7 })).collect();
    assert_eq!((registry.len(), registry.tasks().len()), (0, 100));
    drop(spawner);
    let wakers: Vec<_> = handles.iter().map(|handle| handle.task().waker()).collect();
    for (number, mut handle) in handles.into_iter().enumerate() {
        if number % 2 == 0 {
            assert!(poll_once(&mut handle).is_ready());
        }
        if number % 3 == 0 { elsewhere(|| drop(handle)) } else { drop(handle) }
    }
    assert_eq!(registry.tasks().len(), 0);
    drop(registry);
    elsewhere(|| drop(wakers));
}

#[test]
fn point_9_what_is_too_large_or_too_many_is_refused_by_a_panic_still() {
    let executor = LocalExecutor::with_storage(SlabStorage::<64>::with_capacity(1));
    let spawner = executor.spawner();
    let large = [7_u8; 4096];
    let refused = || attempt(|| spawner.spawn(async move { large.len() }).detach()).unwrap_err();
    assert!(said(&*refused()).starts_with("flagstone:"));
    let task = spawner.spawn(async {});
    let full = attempt(|| spawner.spawn(async {}).detach()).unwrap_err();
    assert!(said(&*full).contains("full"), "{}", said(&*full));
    drop(executor);
    assert!(said(&*refused()).contains("4096") || said(&*refused()).contains("bytes"));
    assert!(joined(task).unwrap_err().is_shut_down());
}

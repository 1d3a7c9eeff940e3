//! Ends of executors, and of tasks within them.

use std::{
    future::pending,
    hint,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use flagstone::task::{Refusal, Runnable, Tasks};

use crate::{
    storages::{Stored, on_every_storage},
    trials::attempt,
};

on_every_storage! {
    tasks_that_end_with_their_executor_are_counted_down
    two_who_shut_down_at_once_both_return
}

// The end walks over the tasks, and a task that it ended was not counted down: the core of every such executor was
// leaked.
fn tasks_that_end_with_their_executor_are_counted_down<M: Stored>() {
    for tasks in [1, 10] {
        let executor = M::executor();
        for task in 0..tasks {
            executor.spawn(pending::<()>()).detach();
            executor.tick(task % 2);
        }
        let registry = executor.registry();
        assert_eq!(registry.len(), tasks);
        drop(executor);
        assert_eq!(registry.len(), 0, "the core waits for tasks that were removed");
    }
}

// Both closed it: a panic, or (without debug assertions) tasks that were spawned after the end.
fn two_who_shut_down_at_once_both_return<M: Stored + Send + Sync>() {
    const ROUNDS: usize = 3000;

    let all: Vec<_> = (0..ROUNDS).map(|_| Tasks::with_storage(|task: Runnable| drop(task), M::unbounded())).collect();
    let arrivals = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (all, arrivals) = (&all, &arrivals);
        let shut_down_all = move || {
            for (round, tasks) in all.iter().enumerate() {
                // Closer together than a `Barrier` releases them.
                arrivals.fetch_add(1, Ordering::Relaxed);
                for spins in 1_u32.. {
                    if arrivals.load(Ordering::Relaxed) >= 2 * (round + 1) {
                        break;
                    }
                    if spins % 1000 == 0 { thread::yield_now() } else { hint::spin_loop() }
                }
                tasks.shutdown();
            }
        };
        // A thread that panics leaves no other thread waiting.
        let shut_down =
            move || attempt(shut_down_all).inspect_err(|_| arrivals.store(2 * ROUNDS, Ordering::Relaxed)).is_ok();
        let other = scope.spawn(shut_down);
        assert!(shut_down() & other.join().unwrap(), "one of them panicked");
    });
    for tasks in all {
        assert_eq!(tasks.try_spawn(async {}).map(drop).unwrap_err().reason(), Refusal::ShutDown);
    }
}

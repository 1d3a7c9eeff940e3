//! Main futures and the limit: they have slots, and take no room.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
    thread,
};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{attempt, poll_fn, sleeper},
};

on_every_storage! {
    a_main_futures_waker_that_is_kept_takes_no_room
    a_main_futures_waker_that_is_kept_keeps_no_other_from_its_slot
    main_futures_and_spawns_beside_each_other_in_a_full_executor
}

// The waker of a dropped main future was kept: it counted as a task.
fn a_main_futures_waker_that_is_kept_takes_no_room<M: Stored>() {
    let executor = M::small_executor(1);
    let kept = executor.block_on(poll_fn(|context| Poll::Ready(context.waker().clone())));
    assert_eq!(executor.len(), 0);
    assert!(executor.try_spawn(async {}).is_ok(), "it is full of dropped main futures");
    drop(kept);
}

// The same in a full executor: the next `block_on` panicked.
fn a_main_futures_waker_that_is_kept_keeps_no_other_from_its_slot<M: Stored>() {
    let executor = M::small_executor(1);
    let _full = sleeper(&executor);
    let kept: Vec<_> =
        (0..10).map(|_| executor.block_on(poll_fn(|context| Poll::Ready(context.waker().clone())))).collect();
    assert_eq!(executor.len(), 1);
    drop(kept);
}

// Both counted for a moment what they might not get: `block_on` panicked, or one task too many was spawned.
fn main_futures_and_spawns_beside_each_other_in_a_full_executor<M: Stored>() {
    const ROUNDS: usize = 30_000;

    let executor = M::small_executor(1);
    let _full = sleeper(&executor);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (spawner, done) = (executor.spawner(), &done);
        let spawning = scope.spawn(move || {
            let mut spawned = 0;
            while !done.load(Ordering::Relaxed) {
                spawned += usize::from(spawner.try_spawn(async {}).is_ok());
            }
            spawned
        });
        let ran = attempt(|| (0..ROUNDS).for_each(|_| executor.block_on(async {})));
        done.store(true, Ordering::Relaxed);
        assert_eq!((ran.is_ok(), spawning.join().unwrap()), (true, 0), "no panic, and no task beyond the limit");
    });
}

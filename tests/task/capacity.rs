//! How many tasks an executor holds: exactly as many as were asked for, and as many again after they were removed.

use std::{future::pending, sync::mpsc, thread};

use flagstone::task::{Refusal, Runnable, Tasks, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{attempt, elsewhere, joined, sleeper},
    value::Ledger,
};

on_every_storage! {
    capacity_is_what_was_asked_for
    full_at_exactly_n
    a_finished_task_takes_its_slot_until_its_handle_goes
    the_last_reference_gives_the_slot_back_on_any_thread
    a_claim_takes_a_slot
    slots_are_used_again_many_times
    tasks_are_full_at_exactly_n
}

fn capacity_is_what_was_asked_for<M: Stored>() {
    assert_eq!(M::executor().capacity(), None);
    for capacity in [0, 1, 2, 3, 31, 32, 33, 100, 1000] {
        let executor = M::small_executor(capacity);
        assert_eq!((executor.capacity(), executor.len(), executor.is_empty()), (Some(capacity), 0, true));
    }
}

fn full_at_exactly_n<M: Stored>() {
    for capacity in [0, 1, 2, 3, 31, 32, 33, 100] {
        let executor = M::small_executor(capacity);
        for _ in 0..2 {
            let handles: Vec<_> = (0..capacity)
                .map(|spawned| {
                    assert_eq!(executor.len(), spawned);
                    executor.try_spawn(pending::<()>()).expect("there is room")
                })
                .collect();
            assert_eq!((executor.len(), executor.capacity()), (capacity, Some(capacity)));
            for _ in 0..3 {
                assert_eq!(executor.try_spawn(async {}).map(drop).unwrap_err().reason(), Refusal::Full);
                let spawner = executor.spawner();
                let refused = elsewhere(|| spawner.try_spawn(async {}).map(drop).unwrap_err().reason());
                assert_eq!(refused, Refusal::Full);
                assert!(executor.try_claim().is_none());
                attempt(|| executor.spawn(async {}).detach()).expect_err("it is full");
            }
            assert!(handles.iter().all(|handle| handle.cancel()));
            executor.tick(usize::MAX);
            handles.into_iter().for_each(|handle| assert!(joined(handle).unwrap_err().is_cancelled()));
            assert_eq!(executor.len(), 0);
        }
    }
}

fn a_finished_task_takes_its_slot_until_its_handle_goes<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::small_executor(1);
    for way in 0..3 {
        let value = ledger.value();
        let handle = executor.spawn(async move { value });
        executor.tick(usize::MAX);
        assert!(handle.is_finished());
        assert_eq!(executor.try_spawn(async {}).map(drop).unwrap_err().reason(), Refusal::Full);
        match way {
            0 => drop(handle),
            1 => assert_eq!(joined(handle).unwrap().id(), 1),
            _ => elsewhere(move || drop(handle)),
        }
        assert_eq!(ledger.dropped(), way + 1);
    }
    executor.block_on(executor.try_spawn(async {}).unwrap()).unwrap();
}

fn the_last_reference_gives_the_slot_back_on_any_thread<M: Stored>() {
    let executor = M::small_executor(1);
    for way in 0..6 {
        let (handle, waker) = sleeper(&executor);
        let task = handle.task();
        waker.wake_by_ref();
        executor.block_on(handle).unwrap();
        match way {
            0 => drop((waker, task)),
            1 => drop((task, waker)),
            2 => elsewhere(move || drop((waker, task))),
            3 => elsewhere(move || drop((task, waker))),
            4 => elsewhere(move || (waker.wake(), task.wake()).1),
            _ => {
                // Kept longer than it is useful.
                let there = thread::spawn(move || waker.wake());
                there.join().unwrap();
                task.waker().wake();
                drop(task);
            }
        }
        executor.block_on(executor.try_spawn(async {}).expect("no reference to the last one exists")).unwrap();
    }
}

fn a_claim_takes_a_slot<M: Stored>() {
    let executor = M::small_executor(2);
    let first = executor.try_claim().unwrap();
    let second = executor.spawn(pending::<()>());
    assert_eq!(executor.try_spawn(async {}).map(drop).unwrap_err().reason(), Refusal::Full);
    assert!(executor.try_claim().is_none());
    drop(first);
    let third = executor.try_claim().unwrap();
    let third = third.spawn(async { 3 }).unwrap();
    assert!(executor.try_claim().is_none());
    assert_eq!(executor.block_on(third).unwrap(), 3);
    second.cancel();
    drop(second);
    executor.tick(usize::MAX);
    let both = (executor.try_claim().unwrap(), executor.try_claim().unwrap());
    assert_ne!(both.0.id(), both.1.id());
    assert!(executor.try_claim().is_none());
}

fn slots_are_used_again_many_times<M: Stored>() {
    let executor = M::small_executor(3);
    let mut ids = std::collections::HashSet::new();
    for round in 0..10_000 {
        let handle = executor.try_spawn(async move {
            if round % 2 == 0 {
                yield_now().await;
            }
            round
        });
        let handle = handle.expect("at most two other tasks are alive");
        assert!(ids.insert(handle.id()), "an id came twice");
        if round % 3 == 0 {
            drop(handle);
            executor.tick(usize::MAX);
        } else {
            assert_eq!(executor.block_on(handle).unwrap(), round);
        }
    }
    assert_eq!(executor.len(), 0);
}

fn tasks_are_full_at_exactly_n<M: Stored>() {
    let ledger = Ledger::new();
    let (sender, queue) = mpsc::channel();
    let tasks = Tasks::with_storage(move |task| sender.send(task).unwrap(), M::bounded(3));
    for _ in 0..100 {
        let spawn = || {
            let value = ledger.value();
            tasks.try_spawn(async move { value.id() })
        };
        let handles = [(); 3].map(|()| spawn().expect("there is room"));
        assert_eq!(spawn().map(drop).unwrap_err().reason(), Refusal::Full);
        assert_eq!((tasks.len(), tasks.capacity(), tasks.registry().len()), (3, Some(3), 3));
        for (number, handle) in handles.into_iter().enumerate() {
            let task: Runnable = queue.try_recv().expect("it was spawned");
            elsewhere(move || assert!(!task.run()));
            if number > 0 {
                joined(handle).map(drop).unwrap()
            } else {
                drop(handle)
            }
            assert_eq!(tasks.len(), 2 - number);
        }
    }
}

//! Wakes, spawns and looks while the executor is being dropped.

use std::{
    cell::Cell,
    future::pending,
    rc::Rc,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    task::Waker,
    thread,
};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, asleep, elsewhere, joined, poll, sleeper},
    value::Ledger,
    wakers::Wakes,
};

on_every_storage! {
    a_wake_from_a_destructor_during_shutdown_polls_nothing
    a_joiner_that_is_woken_during_shutdown_is_not_polled
    destructors_see_what_is_finished
    wakes_from_other_threads_during_shutdown
    spawns_from_other_threads_during_shutdown
    cancels_and_looks_from_other_threads_during_shutdown
}

fn a_wake_from_a_destructor_during_shutdown_polls_nothing<M: Stored>() {
    let executor = M::executor();
    let polls = Rc::new(Cell::new(0));
    let mut wakers: Vec<Waker> = Vec::new();
    for _ in 0..10 {
        let (counted, woken) = (Rc::clone(&polls), wakers.clone());
        let (sender, receiver) = mpsc::channel();
        executor
            .spawn(async move {
                // Wakes of others, which end before and after it.
                let _last = OnDrop(move || woken.iter().for_each(Waker::wake_by_ref));
                counted.set(counted.get() + 1);
                asleep(|waker| sender.send(waker).unwrap()).await;
                unreachable!("it is polled during shutdown");
            })
            .detach();
        executor.tick(usize::MAX);
        wakers.push(receiver.recv().unwrap());
    }
    drop(executor);
    assert_eq!(polls.get(), 10);
    wakers.into_iter().for_each(Waker::wake);
    assert_eq!(Rc::strong_count(&polls), 1);
}

fn a_joiner_that_is_woken_during_shutdown_is_not_polled<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let mut last = executor.spawn(pending::<usize>());
    for _ in 0..10 {
        let value = ledger.value();
        last = executor.spawn(async move {
            let _ = last.await;
            value.id()
        });
    }
    executor.tick(usize::MAX);
    let wakes = Wakes::new();
    assert!(poll(&mut last, &wakes.waker()).is_pending());
    drop(executor);
    assert_eq!((ledger.dropped(), wakes.count()), (10, 1));
    assert!(joined(last).unwrap_err().is_shut_down());
}

fn destructors_see_what_is_finished<M: Stored>() {
    let executor = M::executor();
    let seen = Rc::new(Cell::new(0));
    for queued in [false, true] {
        let (handle, registry, noted) = (Rc::new(Cell::new(None)), executor.registry(), Rc::clone(&seen));
        let its_own = Rc::clone(&handle);
        let last = OnDrop(move || {
            let task: flagstone::task::TaskRef = its_own.take().expect("it was told");
            // Whatever these return here, they change nothing.
            let _too_late = (task.cancel(), task.wake(), task.is_finished());
            let _all = registry.tasks();
            let _any = (registry.len(), registry.get(task.id()).map(|task| task.info()));
            noted.set(noted.get() + 1);
        });
        let task = executor.spawn(async move {
            let _last = last;
            pending::<()>().await;
        });
        handle.set(Some(task.task()));
        task.detach();
        if !queued {
            executor.tick(usize::MAX);
        }
    }
    drop(executor);
    assert_eq!(seen.get(), 2);
}

fn wakes_from_other_threads_during_shutdown<M: Stored>() {
    for _ in 0..100 {
        let ledger = Ledger::new();
        let executor = M::executor();
        let sleeping: Vec<_> = (0..8).map(|_| sleeper(&executor)).collect();
        for _ in 0..4 {
            let value = ledger.value();
            executor.spawn(async move { (pending::<()>().await, value).1 }).detach();
        }
        executor.tick(2);
        let (barrier, done) = (Barrier::new(3), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    barrier.wait();
                    while !done.load(Ordering::Relaxed) {
                        for (handle, waker) in &sleeping {
                            waker.wake_by_ref();
                            handle.task().wake();
                        }
                    }
                });
            }
            barrier.wait();
            drop(executor);
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(ledger.dropped(), 4);
        for (handle, waker) in sleeping {
            waker.wake();
            assert!(joined(handle).unwrap_err().is_shut_down());
        }
    }
}

fn spawns_from_other_threads_during_shutdown<M: Stored>() {
    for round in 0..100 {
        let ledger = Ledger::new();
        let executor = M::executor();
        let barrier = Barrier::new(3);
        let spawners = [executor.spawner(), executor.spawner()];
        thread::scope(|scope| {
            for spawner in spawners {
                let (ledger, barrier) = (&ledger, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let mut spawned = Vec::new();
                    loop {
                        let value = ledger.value();
                        match spawner.try_spawn_with(move || async move { value.id() }) {
                            Ok(handle) => spawned.push(handle),
                            Err(error) => {
                                assert_eq!(error.reason(), flagstone::task::Refusal::ShutDown);
                                break;
                            }
                        }
                    }
                    for handle in spawned {
                        // Every task that was taken has ended, or is about to end on the executor's thread.
                        while !handle.is_finished() {
                            thread::yield_now();
                        }
                        drop(handle);
                    }
                });
            }
            barrier.wait();
            executor.tick(round);
            drop(executor);
        });
    }
}

fn cancels_and_looks_from_other_threads_during_shutdown<M: Stored>() {
    for round in 0..100 {
        let executor = M::executor();
        let handles: Vec<_> = (0..8).map(|_| executor.spawn(pending::<()>())).collect();
        executor.tick(round % 8);
        let (registry, barrier) = (executor.registry(), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                while !registry.is_empty() && !handles.iter().all(|handle| handle.is_finished()) {
                    for task in registry.tasks() {
                        registry.cancel(task.id);
                        registry.get(task.id).map(|task| (task.wake(), task.info()));
                    }
                }
            });
            barrier.wait();
            drop(executor);
        });
        for handle in handles {
            let error = elsewhere(move || joined(handle).unwrap_err());
            assert!(error.is_shut_down() || error.is_cancelled());
        }
    }
}

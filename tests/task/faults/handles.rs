//! Faults 1, 2, 3, 13: handles, and objects that outlive the executor.

use std::{mem, sync::mpsc, task::Waker};

use flagstone::task::Refusal;

use crate::{
    storages::{Stored, on_every_storage},
    trials::{asleep, attempt, elsewhere, joined, poll, poll_once, said},
    value::Ledger,
    wakers::Wakes,
};

on_every_storage! {
    fault_01_a_join_handle_polled_again_panics_and_returns_nothing_twice
    fault_02_a_join_handle_that_outlives_its_executor_has_the_output
    fault_02_a_join_handle_that_outlives_its_executor_says_that_it_was_shut_down
    fault_02_a_join_handle_is_dropped_after_its_executor
    fault_02_a_claim_that_outlives_its_executor_is_refused_and_returns_the_future
    fault_03_a_waker_of_a_completed_task_outlives_the_executor
    fault_03_a_waker_of_a_task_that_was_shut_down_outlives_the_executor
    fault_13_a_join_handle_that_was_polled_once_is_dropped
}

fn fault_01_a_join_handle_polled_again_panics_and_returns_nothing_twice<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let value = ledger.value();
    let mut handle = executor.spawn(async move { value });
    assert_eq!(executor.block_on(&mut handle).unwrap().id(), 0);
    for _ in 0..3 {
        let again = attempt(|| poll_once(&mut handle)).expect_err("it was polled after it returned the output");
        assert!(!said(&*again).is_empty());
    }
    drop(handle);
    assert_eq!(executor.len(), 0);
    // The same where it returned an error.
    let mut handle = executor.spawn(async { panic!("once") });
    assert!(executor.block_on(&mut handle).unwrap_err().is_panic());
    attempt(|| poll_once(&mut handle)).expect_err("it was polled after it returned an error");
}

fn fault_02_a_join_handle_that_outlives_its_executor_has_the_output<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let handles: Vec<_> = (0..4)
        .map(|_| {
            let value = ledger.value();
            executor.spawn(async move { value })
        })
        .collect();
    executor.tick(usize::MAX);
    drop(executor);
    assert_eq!(ledger.dropped(), 0);
    for (id, handle) in handles.into_iter().enumerate() {
        assert!(handle.is_finished() && !handle.cancel());
        let check = || assert_eq!(joined(handle).unwrap().id(), id);
        if id % 2 == 0 { check() } else { elsewhere(check) }
    }
}

fn fault_02_a_join_handle_that_outlives_its_executor_says_that_it_was_shut_down<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let (wakes, mut handles) = (Wakes::new(), Vec::new());
    for polled in [false, true] {
        let value = ledger.value();
        let mut handle = executor.spawn(async move {
            std::future::pending::<()>().await;
            value
        });
        assert!(poll(&mut handle, &wakes.waker()).is_pending());
        handles.push(handle);
        if !polled {
            executor.tick(1);
        }
    }
    assert_eq!((ledger.dropped(), wakes.count()), (0, 0));
    drop(executor);
    assert_eq!((ledger.dropped(), wakes.count()), (2, 2));
    for handle in handles {
        let id = handle.id();
        let error = elsewhere(|| joined(handle)).unwrap_err();
        assert!(error.is_shut_down() && !error.is_cancelled() && !error.is_panic());
        assert_eq!((error.id(), error.output().is_none()), (id, true));
    }
}

fn fault_02_a_join_handle_is_dropped_after_its_executor<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let handles: Vec<_> = (0..6)
        .map(|number| {
            let value = ledger.value();
            executor.spawn(async move {
                if number % 3 == 0 {
                    std::future::pending::<()>().await;
                }
                value
            })
        })
        .collect();
    executor.tick(5);
    drop(executor);
    for (number, handle) in handles.into_iter().enumerate() {
        if number % 2 == 0 { drop(handle) } else { elsewhere(|| handle.detach()) }
    }
}

fn fault_02_a_claim_that_outlives_its_executor_is_refused_and_returns_the_future<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::small_executor(3);
    let (first, second, third) = (executor.try_claim(), executor.try_claim(), executor.try_claim());
    assert!(executor.try_claim().is_none());
    drop(executor);
    let value = ledger.value();
    let error = first.unwrap().spawn(async move { value.id() }).expect_err("it would never run");
    assert_eq!(error.reason(), Refusal::ShutDown);
    assert_eq!(ledger.dropped(), 0);
    assert_eq!(poll_once(&mut Box::pin(error.into_inner())), std::task::Poll::Ready(0));
    assert_eq!(ledger.dropped(), 1);

    let value = ledger.value();
    let error = second.unwrap().spawn_with(move || async move { value.id() }).expect_err("it would never run");
    assert_eq!(error.reason(), Refusal::ShutDown);
    drop(error);
    drop(third);
}

fn fault_03_a_waker_of_a_completed_task_outlives_the_executor<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let value = ledger.value();
    let (sender, receiver) = mpsc::channel();
    let sent = sender.clone();
    let handle = executor.spawn(async move {
        asleep(|waker| sent.send(waker).unwrap()).await;
        drop(value);
    });
    executor.tick(usize::MAX);
    let waker: Waker = receiver.recv().unwrap();
    waker.wake_by_ref();
    executor.block_on(handle).unwrap();
    use_up(&waker);
    elsewhere(|| use_up(&waker));
    drop(executor);
    use_up(&waker);
    elsewhere(move || use_up(&waker));
}

fn fault_03_a_waker_of_a_task_that_was_shut_down_outlives_the_executor<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let (sender, receiver) = mpsc::channel();
    for woken in [false, true] {
        let (value, sent) = (ledger.value(), sender.clone());
        executor
            .spawn(async move {
                asleep(|waker| sent.send(waker).unwrap()).await;
                drop(value);
            })
            .detach();
        executor.tick(usize::MAX);
        let waker: Waker = receiver.recv().unwrap();
        if woken {
            elsewhere(|| waker.wake_by_ref());
        }
        sender.send(waker).unwrap();
    }
    drop(executor);
    assert_eq!(ledger.dropped(), 2);
    for waker in receiver.try_iter() {
        use_up(&waker);
        elsewhere(move || use_up(&waker));
    }
}

/// Calls every operation of a waker.
fn use_up(waker: &Waker) {
    let clone = waker.clone();
    assert!(clone.will_wake(waker));
    waker.wake_by_ref();
    waker.clone().wake();
    mem::drop(clone);
}

fn fault_13_a_join_handle_that_was_polled_once_is_dropped<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    for moment in 0..3 {
        let wakes = Wakes::new();
        let (value, sender) = (ledger.value(), mpsc::channel());
        let sent = sender.0;
        let mut handle = executor.spawn(async move {
            asleep(|waker| sent.send(waker).unwrap()).await;
            value
        });
        assert!(poll(&mut handle, &wakes.waker()).is_pending());
        let mut handle = Some(handle).filter(|_| moment > 0);
        executor.tick(usize::MAX);
        handle = handle.filter(|_| moment > 1);
        sender.1.recv().unwrap().wake();
        executor.tick(usize::MAX);
        assert_eq!(wakes.count(), usize::from(handle.is_some()), "a dropped handle is not woken");
        drop(handle);
        assert_eq!((ledger.dropped(), executor.len()), (moment + 1, 0));
        // The executor goes on.
        assert_eq!(executor.block_on(executor.spawn(async { 7 })).unwrap(), 7);
    }
}

//! Futures of `block_on` and `run_until`, and which of them drives the executor.

use std::{
    future::pending,
    pin::pin,
    rc::Rc,
    sync::{Arc, mpsc},
    task::{Poll, Waker},
};

use flagstone::task::{LocalExecutor, yield_now};

use super::ends;
use crate::{
    storages::{Stored, on_every_storage},
    trials::{asleep, attempt, elsewhere, joined, poll, poll_fn, poll_once},
    wakers::{Fuse, Panics, Wakes},
};

on_every_storage! {
    a_main_future_that_wakes_another_one_sleeps_though_that_is_ready
    a_main_future_inside_another_one_of_its_executor_sleeps
    a_wake_after_a_tick_reaches_the_main_future_that_slept
    a_spawn_after_a_tick_reaches_the_main_future_that_slept
    a_wake_reaches_a_main_future_though_another_one_slept_later
    a_wake_reaches_a_main_future_though_another_one_gave_its_thread_back
    tasks_that_drive_one_executor_do_not_wait_for_each_other
    a_main_future_whose_drivers_waker_panics_in_its_drop_goes_and_leaves_the_others_to_drive
}

/// Polls a main future once, which then sleeps. Returns the waker that it was polled with, and those of its driver.
fn slept<M: Stored>(executor: &LocalExecutor<M>) -> (impl Future<Output = ()> + Unpin, Waker, Arc<Wakes>) {
    let (sender, wakers) = mpsc::channel();
    let mut main = Box::pin(executor.run_until(asleep(move |waker| sender.send(waker).unwrap())));
    let wakes = Wakes::new();
    assert!(poll(&mut main, &wakes.waker()).is_pending());
    (main, wakers.recv().unwrap(), wakes)
}

// Another main future became ready while one was polled: this one did not return until that one had been polled.
fn a_main_future_that_wakes_another_one_sleeps_though_that_is_ready<M: Stored>() {
    ends(|| {
        let executor = M::executor();
        let (mut first, waker, wakes) = slept(&executor);
        let mut second = pin!(executor.run_until(asleep(|_| waker.wake())));
        assert!(poll_once(&mut second).is_pending() && wakes.count() > 0);
        assert!(poll_once(&mut first).is_ready());
    });
}

// The outer one counted as ready while it was polled: the inner one used all the processor's time instead of sleeping.
fn a_main_future_inside_another_one_of_its_executor_sleeps<M: Stored>() {
    ends(|| {
        let executor = M::executor();
        executor.block_on(poll_fn(|_| {
            let mut inner = pin!(executor.run_until(pending::<()>()));
            assert!(poll_once(&mut inner).is_pending());
            Poll::Ready(())
        }));
    });
}

// A tick cleared the sleep mark and did not restore it: a driver that slept was told of no wake from another thread.
fn a_wake_after_a_tick_reaches_the_main_future_that_slept<M: Stored>() {
    let executor = M::executor();
    let (mut main, waker, wakes) = slept(&executor);
    executor.tick(10);
    elsewhere(|| waker.wake());
    assert!(wakes.count() > 0, "its driver sleeps for ever");
    assert!(poll_once(&mut main).is_ready());
}

// The same, for a spawn.
fn a_spawn_after_a_tick_reaches_the_main_future_that_slept<M: Stored>() {
    let executor = M::executor();
    let (mut main, _waker, wakes) = slept(&executor);
    executor.tick(10);
    let handle = executor.spawn(async {});
    assert!(wakes.count() > 0, "its driver sleeps for ever");
    assert!(poll_once(&mut main).is_pending());
    joined(handle).unwrap();
}

// Two slept. Only the driver of the later one was told; if it did something else instead, no driver drove the executor.
fn a_wake_reaches_a_main_future_though_another_one_slept_later<M: Stored>() {
    let executor = M::executor();
    let (mut first, waker, wakes) = slept(&executor);
    let _later = slept(&executor);
    elsewhere(|| waker.wake());
    assert!(wakes.count() > 0, "its driver sleeps for ever");
    assert!(poll_once(&mut first).is_ready());
}

// The later one had used up its budget: the executor counted as driven, and no driver was told.
fn a_wake_reaches_a_main_future_though_another_one_gave_its_thread_back<M: Stored>() {
    let executor = M::executor();
    let (mut first, waker, wakes) = slept(&executor);
    let mut busy = pin!(executor.run_until(async {
        loop {
            yield_now().await;
        }
    }));
    assert!(poll_once(&mut busy).is_pending());
    elsewhere(|| waker.wake());
    assert!(wakes.count() > 0, "its driver sleeps for ever");
    assert!(poll_once(&mut first).is_ready());
}

// One had polled its main future once, and waited for the other, whose wake woke the first one: both waited for ever.
fn tasks_that_drive_one_executor_do_not_wait_for_each_other<M: Stored>() {
    let (outer, inner) = (M::executor(), Rc::new(M::executor()));
    let (sender, wakers) = mpsc::channel::<Waker>();
    let driven = Rc::clone(&inner);
    let second = outer.spawn(async move { driven.run_until(asleep(|waker| sender.send(waker).unwrap())).await });
    let first = outer.spawn(async move {
        let mut kept = pin!(inner.run_until(pending::<()>()));
        let slept = poll_fn(|context| Poll::Ready(poll(&mut kept, context.waker()).is_pending())).await;
        assert!(slept);
        second.await.unwrap();
    });
    outer.tick(usize::MAX);
    elsewhere(move || wakers.recv().unwrap().wake());
    outer.tick(usize::MAX);
    joined(first).unwrap();
}

// The waker was dropped first: the main future's slot stayed, and with it the core, and other drivers were not told.
fn a_main_future_whose_drivers_waker_panics_in_its_drop_goes_and_leaves_the_others_to_drive<M: Stored>() {
    let executor = M::executor();
    let (first, _waker, wakes) = slept(&executor);
    let fuse = Fuse::new(Panics::Drop, 0);
    let waker = fuse.waker();
    let mut second = Box::pin(executor.run_until(pending::<()>()));
    assert!(poll(&mut second, &waker).is_pending());
    attempt(|| drop(second)).unwrap_err();
    executor.spawn(async {}).detach();
    assert!(wakes.count() > 0, "no driver drives the executor, and none is told");
    executor.tick(1);
    drop((first, waker));
    assert_eq!((executor.registry().tasks().len(), fuse.alive()), (0, 0), "something is left");
}

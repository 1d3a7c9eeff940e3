//! Wakers: kept, cloned, compared, used late.

use std::{
    collections::VecDeque,
    sync::{Barrier, mpsc},
    task::Waker,
    thread,
};

use flagstone::task::yield_now;

use crate::{
    storages::{Stored, on_every_storage},
    trials::{elsewhere, joined, sleeper},
};

on_every_storage! {
    a_waker_that_is_kept_wakes_no_later_task
    wakers_that_are_kept_by_the_thousand_go_anywhere
    a_waker_cloned_very_often_counts_each_clone
    wakers_of_one_task_are_equal_and_of_two_are_not
    references_are_counted
    a_wake_by_value_gives_the_reference_up
    a_task_that_is_woken_by_many_threads_at_once_is_polled
}

fn a_waker_that_is_kept_wakes_no_later_task<M: Stored>() {
    let executor = M::executor();
    let mut kept = Vec::new();
    for _ in 0..50 {
        let (handle, waker) = sleeper(&executor);
        kept.push(waker.clone());
        waker.wake();
        executor.block_on(handle).unwrap();
    }
    let (later, waker) = sleeper(&executor);
    let wake_all = || {
        kept.iter().for_each(Waker::wake_by_ref);
        kept.iter().cloned().for_each(Waker::wake);
    };
    wake_all();
    elsewhere(wake_all);
    let tick = executor.tick(usize::MAX);
    assert_eq!((tick.polled, tick.has_remaining), (0, false));
    assert!(!kept.iter().any(|kept| kept.will_wake(&waker)));
    waker.wake();
    executor.tick(usize::MAX);
    joined(later).unwrap();
}

fn wakers_that_are_kept_by_the_thousand_go_anywhere<M: Stored>() {
    const KEPT: usize = 1000;

    let executor = M::executor();
    let mut kept = VecDeque::new();
    let (sender, receiver) = mpsc::channel::<Waker>();
    let there = thread::spawn(move || receiver.into_iter().for_each(Waker::wake));
    for round in 0..3 * KEPT {
        let (handle, waker) = sleeper(&executor);
        kept.push_back((waker.clone(), handle.task()));
        waker.wake();
        if round % 2 == 0 {
            executor.block_on(handle).unwrap();
        } else {
            handle.detach();
            executor.tick(usize::MAX);
        }
        if kept.len() > KEPT {
            let (waker, task) = kept.pop_front().unwrap();
            task.wake();
            sender.send(waker).unwrap();
        }
    }
    assert!(executor.registry().tasks().iter().all(|task| task.state == flagstone::task::TaskState::Finished));
    drop((sender, kept));
    there.join().unwrap();
    assert_eq!((executor.len(), executor.tick(usize::MAX).polled), (0, 0));
}

fn a_waker_cloned_very_often_counts_each_clone<M: Stored>() {
    // Twice this number live at a time; 32 bits can count a thousand.
    const CLONES: usize = if usize::BITS >= 64 { 100_000 } else { 400 };

    let executor = M::small_executor(1);
    let (handle, waker) = sleeper(&executor);
    let before = handle.task().info().references;
    let clones = vec![waker.clone(); CLONES];
    assert_eq!(handle.task().info().references, before + CLONES);
    let (here, there) = (clones[..CLONES / 2].to_vec(), clones);
    drop(here);
    elsewhere(move || {
        let clones: Vec<_> = there.iter().map(Clone::clone).collect();
        clones.into_iter().for_each(Waker::wake);
    });
    assert_eq!(handle.task().info().references, before);
    executor.tick(usize::MAX);
    assert!(executor.try_claim().is_none(), "the handle and a waker are left");
    joined(handle).unwrap();
    drop(waker);
    assert!(executor.try_claim().is_some());
}

fn wakers_of_one_task_are_equal_and_of_two_are_not<M: Stored>() {
    let executor = M::executor();
    let ((first, first_waker), (second, second_waker)) = (sleeper(&executor), sleeper(&executor));
    assert!(first_waker.will_wake(&first_waker.clone()) && first_waker.will_wake(&first.task().waker()));
    assert!(!first_waker.will_wake(&second_waker) && !second.task().waker().will_wake(&first_waker));
    assert!(elsewhere(|| first_waker.clone()).will_wake(&first_waker));
    assert!(!format!("{first_waker:?}").is_empty());
}

fn references_are_counted<M: Stored>() {
    let executor = M::executor();
    let (handle, waker) = sleeper(&executor);
    let task = handle.task();
    let references = || task.info().references;
    let before = references();
    let clone = waker.clone();
    assert_eq!(references(), before + 1);
    let other = task.clone();
    assert_eq!(references(), before + 2);
    let abort = handle.abort_handle();
    assert_eq!(references(), before + 3);
    let also = abort.clone();
    elsewhere(move || drop((clone, also)));
    assert_eq!(references(), before + 2);
    drop((other, abort));
    assert_eq!(references(), before);
    waker.wake();
    assert_eq!(references(), before - 1);
    executor.tick(usize::MAX);
    // Polled, and completed, by then.
    assert!(references() < before);
    drop(handle);
    assert_eq!(references(), 1, "this one alone");
}

fn a_wake_by_value_gives_the_reference_up<M: Stored>() {
    let executor = M::executor();
    let (handle, waker) = sleeper(&executor);
    let task = handle.task();
    let before = task.info().references;
    for _ in 0..10 {
        waker.clone().wake();
        elsewhere(|| waker.clone().wake());
        task.waker().wake();
        assert_eq!(task.info().references, before);
    }
    executor.block_on(handle).unwrap();
    // Also of a task that has completed.
    for _ in 0..10 {
        waker.clone().wake();
        elsewhere(|| waker.clone().wake());
        task.waker().wake();
    }
    assert_eq!(task.info().references, 2);
}

fn a_task_that_is_woken_by_many_threads_at_once_is_polled<M: Stored>() {
    const THREADS: usize = 4;

    let executor = M::executor();
    let barrier = Barrier::new(THREADS + 1);
    for _ in 0..200 {
        let (handle, waker) = sleeper(&executor);
        let other = executor.spawn(async { yield_now().await });
        thread::scope(|scope| {
            for _ in 0..THREADS {
                let (waker, barrier) = (waker.clone(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    waker.wake();
                });
            }
            barrier.wait();
            executor.block_on(handle).unwrap();
        });
        executor.block_on(other).unwrap();
        drop(waker);
        assert_eq!(executor.len(), 0);
    }
}

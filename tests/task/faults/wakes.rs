//! Faults 5 and 6: wakes from other threads.

use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Poll, Waker},
    thread,
    time::Duration,
};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{asleep, elsewhere, joined, poll_fn},
};

on_every_storage! {
    fault_05_no_wake_is_lost_between_the_look_at_the_queue_and_the_park
    fault_05_a_parked_executor_is_woken
    fault_06_a_plain_waker_may_be_used_from_any_thread
}

/// `tests/task_stress/parking.rs` does this for any number of rounds.
fn fault_05_no_wake_is_lost_between_the_look_at_the_queue_and_the_park<M: Stored>() {
    const ROUNDS: usize = 20_000;

    let executor = M::executor();
    let asked = AtomicUsize::new(0);
    let (wakers, waiting) = mpsc::channel::<Waker>();
    thread::scope(|scope| {
        let asked = &asked;
        scope.spawn(move || {
            for waker in waiting {
                asked.fetch_add(1, Ordering::Relaxed);
                waker.wake();
            }
        });
        let done = Rc::new(Cell::new(0));
        let (count, sent) = (Rc::clone(&done), wakers.clone());
        let task = executor.spawn(async move {
            while count.get() < ROUNDS / 2 {
                asleep(|waker| sent.send(waker).unwrap()).await;
                count.set(count.get() + 1);
            }
        });
        // The task, and then the main future.
        executor.block_on(task).unwrap();
        executor.block_on(async {
            while done.get() < ROUNDS {
                asleep(|waker| wakers.send(waker).unwrap()).await;
                done.set(done.get() + 1);
            }
        });
        assert_eq!(asked.load(Ordering::Relaxed), ROUNDS);
        drop(wakers);
    });
}

fn fault_05_a_parked_executor_is_woken<M: Stored>() {
    let executor = M::executor();
    let (wakers, waiting) = mpsc::channel::<Waker>();
    thread::scope(|scope| {
        scope.spawn(move || {
            for waker in waiting {
                thread::sleep(Duration::from_millis(5)); // meanwhile the executor parks
                waker.wake();
            }
        });
        let task = executor.spawn(async move {
            for _ in 0..5 {
                asleep(|waker| wakers.send(waker).unwrap()).await;
            }
        });
        executor.block_on(task).unwrap();
    });
}

fn fault_06_a_plain_waker_may_be_used_from_any_thread<M: Stored>() {
    let executor = M::executor();
    let polls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&polls);
    let mut handle = executor.spawn(poll_fn(move |context| {
        counted.set(counted.get() + 1);
        let waker = context.waker();
        match counted.get() {
            // During the poll, by reference and as a value; that is one wake.
            1 => elsewhere(|| {
                waker.wake_by_ref();
                waker.clone().wake();
            }),
            // After it, by threads that outlive the task.
            2..6 => {
                let waker = waker.clone();
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(2));
                    waker.wake();
                });
            }
            _ => return Poll::Ready(()),
        }
        Poll::Pending
    }));
    executor.block_on(&mut handle).unwrap();
    assert_eq!(polls.get(), 6);
    // A waker that was cloned there.
    let (sender, receiver) = mpsc::channel();
    let handle = executor.spawn(asleep(move |waker| sender.send(waker).unwrap()));
    executor.tick(usize::MAX);
    let waker = receiver.recv().unwrap();
    let clone = elsewhere(|| elsewhere(|| waker.clone()));
    drop(waker);
    elsewhere(move || clone.wake());
    assert_eq!(executor.tick(usize::MAX).polled, 1);
    joined(handle).unwrap();
}

//! Several futures of `block_on` and `run_until` drive one executor, and ticks between; others wake its tasks.
//!
//! Property: a task that is woken while no thread drives is polled, if each driver that was woken, and no other, is
//! polled or dropped. (Issue 14, points 1 and 5.)
//!
//! Invariants: K7.
//!
//! Orderings: as of `parking`. What matters is which thread takes the mark, and that it stays where a driver sleeps.

use std::{
    future::{Future, pending, poll_fn},
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use flagstone::task::{JoinHandle, LocalExecutor, TaskRef};
use loom::thread;

use super::{Count, bell::Bell, parking::check_parking, reader};
use crate::{
    check::check_less,
    mailbox::Mailbox,
    value::{Tally, Value},
};

type Driver<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

fn poll(driver: &mut Driver<'_>, bell: &Arc<Bell>) -> Poll<()> {
    driver.as_mut().poll(&mut Context::from_waker(&Waker::from(bell.clone())))
}

fn post_and_wake(letter: Mailbox, task: TaskRef) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        letter.post(0);
        task.wake();
    })
}

/// A task that waits for a letter.
fn waiting(executor: &LocalExecutor, tally: &Tally) -> (Mailbox, JoinHandle<Value>) {
    let letters = [Mailbox::new()];
    let task = executor.spawn(reader(&letters, &Count::default(), tally, 1));
    let [letter] = letters;
    (letter, task)
}

/// One driver sleeps in a task of its own executor, within a tick, and one outside.
#[test]
fn tick_with_a_nested_driver() {
    check_less("tasks::driving::tick_with_a_nested_driver", 1, &["in the tick", "told"], |tally| {
        let executor = Rc::new(LocalExecutor::new());
        let (letter, task) = waiting(&executor, tally);
        let (reference, driven) = (task.task(), Rc::clone(&executor));
        let drives = executor.spawn(async move { driven.run_until(task).await.unwrap().read() });
        executor.tick(100);
        let bell = Arc::<Bell>::default();
        let mut outer: Driver<'_> = Box::pin(executor.run_until(pending::<()>()));
        assert!(poll(&mut outer, &bell).is_pending());
        let before = bell.rung();
        let waker = post_and_wake(letter, reference);
        executor.tick(100);
        tally.note(if drives.is_finished() { "in the tick" } else { "told" });
        waker.join().unwrap();
        let mut seen = before;
        while bell.rung() > seen {
            seen = bell.rung();
            assert!(poll(&mut outer, &bell).is_pending());
        }
        assert!(drives.is_finished(), "a wake was lost");
    });
}

/// A task is woken within a tick, begins to drive the executor, and sleeps; what it waits for is woken after the tick.
/// The driver outside was not told of the first wake, so it must be told of the second.
#[test]
fn nested_driver_that_sleeps_within_a_tick() {
    let outcomes = ["in the tick", "told"];
    check_less("tasks::driving::nested_driver_that_sleeps_within_a_tick", 1, &outcomes, |tally| {
        let executor = Rc::new(LocalExecutor::new());
        let (letter, task) = waiting(&executor, tally);
        let (begin, driven, reference) = (Mailbox::new(), Rc::clone(&executor), task.task());
        let begins = {
            let begin = begin.clone();
            poll_fn(move |_| if begin.look().is_some() { Poll::Ready(()) } else { Poll::Pending })
        };
        let drives = executor.spawn(async move {
            begins.await;
            driven.run_until(task).await.unwrap().read()
        });
        let bell = Arc::<Bell>::default();
        let mut outer: Driver<'_> = Box::pin(executor.run_until(pending::<()>()));
        assert!(poll(&mut outer, &bell).is_pending());
        let before = bell.rung();
        let driver = drives.task();
        let waker = thread::spawn(move || {
            begin.post(0);
            driver.wake();
            letter.post(0);
            reference.wake();
        });
        executor.tick(100);
        tally.note(if drives.is_finished() { "in the tick" } else { "told" });
        waker.join().unwrap();
        let mut seen = before;
        while bell.rung() > seen {
            seen = bell.rung();
            assert!(poll(&mut outer, &bell).is_pending());
        }
        assert!(drives.is_finished(), "a wake was lost");
    });
}

/// Of two drivers, the one that slept last is told. It is dropped instead of driving, while the other is about to sleep
/// again.
#[test]
fn driver_that_was_told_and_goes() {
    let outcomes = ["told, and gone", "gone before"];
    check_less("tasks::driving::driver_that_was_told_and_goes", 1, &outcomes, |tally| {
        let executor = LocalExecutor::new();
        let (letter, task) = waiting(&executor, tally);
        let bells = [(); 2].map(|()| Arc::<Bell>::default());
        let [mut first, mut second]: [Driver<'_>; 2] = [(); 2].map(|()| Box::pin(executor.run_until(pending())) as _);
        assert!(poll(&mut first, &bells[0]).is_pending());
        assert!(poll(&mut second, &bells[1]).is_pending());
        let waker = post_and_wake(letter, task.task());
        drop(second);
        waker.join().unwrap();
        tally.note(if bells[1].rung() > 0 { "told, and gone" } else { "gone before" });
        let mut seen = 0;
        while bells[0].rung() > seen {
            seen = bells[0].rung();
            assert!(poll(&mut first, &bells[0]).is_pending());
        }
        assert!(task.is_finished(), "a wake was lost");
    });
}

/// A driver sleeps in a task of its own executor, whose thread then parks, or is about to.
#[test]
fn park_with_a_nested_driver() {
    check_parking("tasks::driving::park_with_a_nested_driver", 1, &["done"], |tally| {
        let executor = Rc::new(LocalExecutor::new());
        let (letter, task) = waiting(&executor, tally);
        let (waker, driven) = (post_and_wake(letter, task.task()), Rc::clone(&executor));
        let drives = executor.spawn(async move { driven.run_until(task).await.unwrap().read() });
        assert_eq!(executor.block_on(drives).unwrap(), 1);
        waker.join().unwrap();
        tally.note("done");
    });
}

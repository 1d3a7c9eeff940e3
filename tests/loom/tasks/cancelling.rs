//! A task is cancelled by another thread, while it is polled, woken, or ends.
//!
//! Property: if `cancel` says that the task will end as cancelled, it does; if `cancel` says that the task had ended,
//! it was not cancelled. A sleeping task that is cancelled ends without a wake; the executor's thread drops its future,
//! once; its joiner is woken.
//!
//! Invariants: K1, K2.
//!
//! Orderings: `StateCell::cancel` Release with `begin_poll` Acquire.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use flagstone::task::LocalExecutor;
use loom::thread;

use super::{Count, bell::Bell, joined, pending, poll_join, reader, ready, word};
use crate::{
    check::{check_bare, check_less},
    mailbox::Mailbox,
    value::Canary,
};

#[test]
fn cancel_against_poll_and_end() {
    let outcomes = ["too late", "cancelled", "cancelled, with output"];
    check_bare("tasks::cancelling::cancel_against_poll_and_end", &outcomes, |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(ready(tally, 1));
        let canceller = thread::spawn({
            let task = task.task();
            move || task.cancel()
        });
        executor.tick(1);
        let cancelled = canceller.join().unwrap();
        assert_eq!(executor.tick(1).polled, 0, "it has ended");
        let word = word(&joined(task), 1);
        assert_eq!(cancelled, word != "output", "{word}");
        tally.note(if cancelled { word } else { "too late" });
    });
}

/// The task sleeps, or is being polled: it ends without being woken.
#[test]
fn cancel_against_rest() {
    check_bare("tasks::cancelling::cancel_against_rest", &["polled", "not polled"], |tally| {
        let executor = LocalExecutor::new();
        let mut task = executor.spawn(pending(tally, 1));
        let bell = Arc::<Bell>::default();
        assert!(poll_join(&mut task, &bell).is_pending());
        let canceller = thread::spawn({
            let task = task.abort_handle();
            move || assert!(task.abort())
        });
        let tick = executor.tick(2);
        tally.note(if tick.completed == 1 && tick.polled == 1 { "not polled" } else { "polled" });
        canceller.join().unwrap();
        executor.tick(1);
        assert_eq!((tally.alive(), bell.rung()), (0, 1), "it has ended, and its joiner was told");
        assert_eq!(word(&joined(task), 1), "cancelled");
        bell.is_let_go();
    });
}

/// A future that reads a cell when it is dropped, unless it was polled.
struct Unpolled(Arc<Canary>, bool);

impl Future for Unpolled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.1 = true;
        Poll::Ready(())
    }
}

impl Drop for Unpolled {
    fn drop(&mut self) {
        if !self.1 {
            assert_eq!(self.0.read(), 7);
        }
    }
}

/// The task waits for its first poll. What the canceller did before is seen where the task ends unpolled.
#[test]
fn cell_of_the_canceller() {
    check_bare("tasks::cancelling::cell_of_the_canceller", &["cancelled", "polled"], |tally| {
        let executor = LocalExecutor::new();
        let cell = Arc::new(Canary::new(0));
        let task = executor.spawn(Unpolled(cell.clone(), false));
        let canceller = thread::spawn({
            let task = task.abort_handle();
            move || {
                cell.write(7);
                task.abort()
            }
        });
        let polls = task.task();
        executor.tick(1);
        tally.note(if polls.info().polls == 0 { "cancelled" } else { "polled" });
        canceller.join().unwrap();
        assert!(task.is_finished());
    });
}

/// Wake, cancellation and poll, on a thread each.
#[test]
fn cancel_against_wake_and_poll() {
    let outcomes = ["output", "cancelled", "cancelled, with output"];
    check_bare("tasks::cancelling::cancel_against_wake_and_poll", &outcomes, |tally| {
        let executor = LocalExecutor::new();
        let (letters, polls) = ([Mailbox::new()], Count::default());
        let task = executor.spawn(reader(&letters, &polls, tally, 1));
        executor.tick(1);
        let waker = thread::spawn({
            let (task, [letter]) = (task.task(), letters);
            move || {
                letter.post(0);
                task.wake();
            }
        });
        let canceller = thread::spawn({
            let task = task.abort_handle();
            move || task.abort()
        });
        executor.tick(2);
        waker.join().unwrap();
        let cancelled = canceller.join().unwrap();
        executor.tick(2);
        let word = word(&joined(task), 1);
        assert_eq!(cancelled, word != "output", "{word}");
        tally.note(word);
    });
}

/// Two threads cancel at once: both are told that the task will end, which it does once.
#[test]
fn two_cancellations() {
    check_less("tasks::cancelling::two_cancellations", 1, &["both", "one"], |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(pending(tally, 1));
        executor.tick(1);
        let cancellers = [(), ()].map(|()| {
            let task = task.abort_handle();
            thread::spawn(move || task.abort())
        });
        executor.tick(1);
        let told = cancellers.map(|thread| thread.join().unwrap());
        tally.note(if told == [true, true] { "both" } else { "one" });
        assert!(told.contains(&true));
        executor.tick(1);
        assert_eq!(word(&joined(task), 1), "cancelled");
    });
}

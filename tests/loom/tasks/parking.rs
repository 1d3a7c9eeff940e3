//! A local executor's thread parks, and others wake it.
//!
//! Property: no wake is lost, of a task or of the future of `block_on`. (`loom` reports a thread that sleeps for ever.)
//!
//! Invariants: K7.
//!
//! Orderings: `Inbox::fall_asleep` Release with `push` Acquire. It is one word, so only the CASes matter.

use std::{future::poll_fn, sync::Arc, task::Poll};

use flagstone::task::{LocalExecutor, TaskRef};
use loom::thread;

use super::{Count, reader, ready, word};
use crate::{check::check_less, mailbox::Mailbox, value::Tally};

/// Runs `body` on a thread of its own: `loom`'s first one does not park.
pub(super) fn check_parking(
    name: &str,
    less: usize,
    outcomes: &[&'static str],
    body: impl Fn(&Tally) + Send + Sync + 'static,
) {
    let body = Arc::new(body);
    check_less(name, less, outcomes, move |tally| {
        let (body, tally) = (body.clone(), tally.clone());
        thread::spawn(move || body(&tally)).join().unwrap();
    });
}

fn post_and_wake(letter: Mailbox, task: TaskRef) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        letter.post(0);
        task.wake();
    })
}

#[test]
fn wake_of_a_task() {
    check_parking("tasks::parking::wake_of_a_task", 0, &["one poll", "two polls"], |tally| {
        let executor = LocalExecutor::new();
        let (letters, polls) = ([Mailbox::new()], Count::default());
        let task = executor.spawn(reader(&letters, &polls, tally, 1));
        let [letter] = letters;
        let waker = post_and_wake(letter, task.task());
        let result = executor.block_on(task);
        tally.note(["one poll", "two polls"][polls.get() - 1]);
        assert_eq!(word(&result, 1), "output");
        waker.join().unwrap();
    });
}

#[test]
fn wakes_by_two_threads() {
    check_parking("tasks::parking::wakes_by_two_threads", 2, &["two polls", "three polls"], |tally| {
        let executor = LocalExecutor::new();
        let (letters, polls) = ([Mailbox::new(), Mailbox::new()], Count::default());
        let task = executor.spawn(reader(&letters, &polls, tally, 1));
        executor.tick(1);
        let wakers = letters.map(|letter| post_and_wake(letter, task.task()));
        assert_eq!(word(&executor.block_on(task), 1), "output");
        tally.note(["two polls", "three polls"][polls.get() - 2]);
        for waker in wakers {
            waker.join().unwrap();
        }
    });
}

/// The future of `block_on` itself, by its own waker.
#[test]
fn wake_of_the_root() {
    check_parking("tasks::parking::wake_of_the_root", 0, &["one poll more"], |tally| {
        let executor = LocalExecutor::new();
        let (letter, polls) = (Mailbox::new(), Count::default());
        let mut waker = None;
        executor.block_on(poll_fn(|context| {
            if polls.add() == 1 {
                let (letter, other) = (letter.clone(), context.waker().clone());
                waker = Some(thread::spawn(move || {
                    letter.post(0);
                    other.wake();
                }));
            }
            if letter.look().is_some() { Poll::Ready(()) } else { Poll::Pending }
        }));
        if polls.get() == 2 {
            tally.note("one poll more");
        }
        waker.unwrap().join().unwrap();
    });
}

/// Another thread spawns; the owner is parked, or is about to park.
#[test]
fn spawn_by_another_thread() {
    check_parking("tasks::parking::spawn_by_another_thread", 0, &["done"], |tally| {
        let executor = LocalExecutor::new();
        let spawner = executor.spawner();
        let (letter, polls) = (Mailbox::new(), Count::default());
        let mut spawning = None;
        executor.block_on(poll_fn(|context| {
            if polls.add() == 1 {
                let (letter, other, spawner) = (letter.clone(), context.waker().clone(), spawner.clone());
                let value = tally.value(1);
                spawning = Some(thread::spawn(move || {
                    let letter = letter.clone();
                    let task = async move {
                        drop(value);
                        letter.post(0);
                        other.wake();
                    };
                    spawner.spawn(task).detach();
                }));
            }
            if letter.look().is_some() { Poll::Ready(()) } else { Poll::Pending }
        }));
        spawning.unwrap().join().unwrap();
        tally.note("done");
    });
}

/// A claim that waits for room is told by another thread.
#[test]
fn claim_against_remote_free() {
    check_parking("tasks::parking::claim_against_remote_free", 0, &["done"], |tally| {
        let executor = LocalExecutor::with_capacity(1);
        let task = executor.spawn(ready(tally, 1));
        executor.tick(1);
        let dropper = thread::spawn(move || drop(task));
        let claim = executor.block_on(executor.claim());
        drop(claim);
        dropper.join().unwrap();
        tally.note("done");
    });
}

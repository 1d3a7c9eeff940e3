//! A task that was woken is polled, and sees what its waker did before.
//!
//! Property: whatever a thread writes before it wakes a task is seen by a poll of that task that begins later; a task
//! is polled at most once more than it was woken, and never after its end; wakes of a task that has ended, or whose
//! slot is another task's, do nothing.
//!
//! Invariants: K1 (one token), K4, K7.
//!
//! Orderings: `StateCell::wake` Release with `begin_poll` Acquire; `Inbox::push` Release with `take` Acquire.

use std::{future::poll_fn, slice, sync::Arc, task::Poll};

use flagstone::task::LocalExecutor;
use loom::thread;

use super::{Count, joined, reader, ready, word};
use crate::{check::check_bare, mailbox::Mailbox, value::Canary};

#[test]
fn wake_against_poll() {
    check_bare("tasks::waking::wake_against_poll", &["one poll", "two polls"], |tally| {
        let executor = LocalExecutor::new();
        let (letters, polls) = ([Mailbox::new()], Count::default());
        let task = executor.spawn(reader(&letters, &polls, tally, 1));
        let waker = thread::spawn({
            let (task, [letter]) = (task.task(), letters);
            move || {
                letter.post(0);
                task.wake();
            }
        });
        executor.tick(2);
        waker.join().unwrap();
        executor.tick(2);
        assert!(task.is_finished(), "a wake was lost");
        tally.note(if polls.get() == 1 { "one poll" } else { "two polls" });
        assert_eq!(word(&joined(task), 1), "output");
        assert!(polls.get() <= 2 && executor.is_empty());
    });
}

/// One of the wakers gets the token; only the state knows of the other.
#[test]
fn two_wakers_against_poll() {
    check_bare("tasks::waking::two_wakers_against_poll", &["one poll more", "two polls more"], |tally| {
        let executor = LocalExecutor::new();
        let (letters, polls) = ([Mailbox::new(), Mailbox::new()], Count::default());
        let task = executor.spawn(reader(&letters, &polls, tally, 1));
        executor.tick(1);
        let wakers = letters.map(|letter| {
            let task = task.task();
            thread::spawn(move || {
                letter.post(0);
                task.wake();
            })
        });
        executor.tick(3);
        for waker in wakers {
            waker.join().unwrap();
        }
        executor.tick(3);
        assert!(task.is_finished(), "a wake was lost");
        tally.note(["one poll more", "two polls more"][polls.get() - 2]);
        assert_eq!(word(&joined(task), 1), "output");
    });
}

/// The contents of a cell: the poll that a wake causes may read it.
#[test]
fn cell_of_the_waker() {
    check_bare("tasks::waking::cell_of_the_waker", &["woken meanwhile", "woken later"], |tally| {
        let executor = LocalExecutor::new();
        let (cell, polls) = (Arc::new(Canary::new(0)), Count::default());
        let task = executor.spawn(poll_fn({
            let (cell, polls, mut value) = (cell.clone(), polls.clone(), Some(tally.value(1)));
            // The second poll follows from the wake: it comes after the first one.
            move |_| match polls.add() {
                1 => Poll::Pending,
                _ => {
                    assert_eq!(cell.read(), 7);
                    Poll::Ready(value.take().unwrap())
                }
            }
        }));
        executor.tick(1);
        let waker = thread::spawn({
            let task = task.task();
            move || {
                cell.write(7);
                task.wake();
            }
        });
        let tick = executor.tick(1);
        tally.note(if tick.polled == 1 { "woken meanwhile" } else { "woken later" });
        waker.join().unwrap();
        executor.tick(1);
        assert_eq!(word(&joined(task), 1), "output");
        assert_eq!(polls.get(), 2);
    });
}

/// The task wakes itself, too: the token is never given up, or is.
#[test]
fn wake_against_own_wake() {
    check_bare("tasks::waking::wake_against_own_wake", &["two polls", "three polls"], |tally| {
        let executor = LocalExecutor::new();
        let (letters, polls) = ([Mailbox::new()], Count::default());
        let mut reader = Box::pin(reader(&letters, &polls, tally, 1));
        let woken = polls.clone();
        let task = executor.spawn(poll_fn(move |context| {
            if woken.get() == 0 {
                context.waker().wake_by_ref();
            }
            reader.as_mut().poll(context)
        }));
        let waker = thread::spawn({
            let (task, [letter]) = (task.task(), letters);
            move || {
                letter.post(0);
                task.wake();
            }
        });
        executor.tick(3);
        waker.join().unwrap();
        executor.tick(3);
        assert!(task.is_finished(), "a wake was lost");
        match polls.get() {
            1 => {}
            2 => tally.note("two polls"),
            _ => tally.note("three polls"),
        }
        assert_eq!(word(&joined(task), 1), "output");
        assert!(polls.get() <= 3);
    });
}

/// Two tasks are pushed at once: the stack loses neither.
#[test]
fn two_tasks_are_woken() {
    check_bare("tasks::waking::two_tasks_are_woken", &["none yet", "one", "both"], |tally| {
        let executor = LocalExecutor::new();
        let polls = Count::default();
        let tasks = [1, 2].map(|number| {
            let letter = Mailbox::new();
            (executor.spawn(reader(slice::from_ref(&letter), &polls, tally, number)), letter)
        });
        executor.tick(2);
        let wakers = tasks.each_ref().map(|(task, letter)| {
            let (task, letter) = (task.task(), letter.clone());
            thread::spawn(move || {
                letter.post(0);
                task.wake();
            })
        });
        let tick = executor.tick(2);
        tally.note(["none yet", "one", "both"][tick.completed]);
        for waker in wakers {
            waker.join().unwrap();
        }
        executor.tick(2);
        for (number, (task, _)) in (1..).zip(tasks) {
            assert!(task.is_finished(), "a wake was lost");
            assert_eq!(word(&joined(task), number), "output");
        }
        assert_eq!(polls.get(), 4, "no poll but for a wake");
    });
}

/// The waker is the last reference to a task that ends meanwhile, and whose slot is used again.
#[test]
fn wake_against_end_and_reuse() {
    check_bare("tasks::waking::wake_against_end_and_reuse", &["other slot", "same slot"], |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(ready(tally, 1));
        let waker = thread::spawn({
            let waker = task.task().waker();
            move || waker.wake()
        });
        let before = task.id().as_usize();
        task.detach();
        assert_eq!(executor.tick(1).completed, 1);
        let next = executor.spawn(ready(tally, 2));
        // The lowest bit of a key of the first page is that of its slot.
        tally.note(if next.id().as_usize() % 2 == before % 2 { "same slot" } else { "other slot" });
        assert_eq!(executor.tick(2).polled, 1, "the waker was another task's");
        waker.join().unwrap();
        assert_eq!(executor.tick(2).polled, 0);
        assert_eq!(word(&joined(next), 2), "output");
        assert!(executor.is_empty());
    });
}

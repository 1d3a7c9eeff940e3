//! Tasks that any thread may poll.
//!
//! Property: no task is polled by two threads at once; each poll sees what the one before did, and what was done
//! before a wake that it answers; no wake is lost; a runnable that is dropped ends its task, which then is not
//! scheduled again.
//!
//! Invariants: K1, K4, K6.
//!
//! Orderings: `StateCell::rest` Release with `wake` Acquire (poll after poll); `wake` Release with `begin_poll`
//! Acquire.

use std::sync::Arc;

use flagstone::task::Tasks;
use loom::thread;

use super::{
    Count, joined, pending, reader, ready,
    scheduler::{InPlace, Queue},
    word,
};
use crate::{
    check::{check_bare, check_less},
    mailbox::Mailbox,
};

/// Two threads wake the task, and poll it at once. Only the state orders the polls.
#[test]
fn two_wakers_that_poll() {
    let outcomes = ["one poll", "two polls"];
    check_bare("tasks::runners::two_wakers_that_poll", &outcomes, |tally| {
        let tasks = Tasks::new(InPlace::new(tally));
        let (letters, polls) = ([Mailbox::new(), Mailbox::new()], Count::default());
        let task = tasks.spawn(reader(&letters, &polls, tally, 1));
        let wakers = letters.map(|letter| {
            let task = task.task();
            thread::spawn(move || {
                letter.post(0);
                task.wake();
            })
        });
        for waker in wakers {
            waker.join().unwrap();
        }
        assert!(task.is_finished(), "a wake was lost");
        tally.note(["one poll", "two polls"][polls.get() - 2]);
        assert_eq!(word(&joined(task), 1), "output");
        assert!(tasks.is_empty());
    });
}

/// A wake against a poll on another thread, and the join handle on a third.
#[test]
fn wake_against_poll_and_join() {
    let outcomes = ["output", "not yet"];
    check_bare("tasks::runners::wake_against_poll_and_join", &outcomes, |tally| {
        let queue = Queue::new(tally);
        let tasks = Tasks::new(queue.clone());
        let (letters, polls) = ([Mailbox::new()], Count::default());
        let task = tasks.spawn(reader(&letters, &polls, tally, 1));
        let runnable = queue.next().unwrap();
        let runner = thread::spawn(move || runnable.run());
        let waker = thread::spawn({
            let (task, [letter]) = (task.task(), letters);
            move || {
                letter.post(0);
                task.wake();
            }
        });
        let task = match task.is_finished() {
            true => {
                tally.note(word(&joined(task), 1));
                None
            }
            false => {
                tally.note("not yet");
                Some(task)
            }
        };
        let scheduled_again = runner.join().unwrap();
        waker.join().unwrap();
        while let Some(runnable) = queue.next() {
            assert!(scheduled_again || polls.get() == 1);
            runnable.run();
        }
        if let Some(task) = task {
            assert!(task.is_finished(), "a wake was lost");
            assert_eq!(word(&joined(task), 1), "output");
        }
        assert!(polls.get() <= 2);
    });
}

/// Two threads take from one queue what a third wakes.
#[test]
fn two_runners() {
    let outcomes = ["once", "twice"];
    check_bare("tasks::runners::two_runners", &outcomes, |tally| {
        let queue = Queue::new(tally);
        let tasks = Tasks::new(queue.clone());
        let (letters, polls) = ([Mailbox::new(), Mailbox::new()], Count::default());
        let task = tasks.spawn(reader(&letters, &polls, tally, 1));
        let runners = letters.map(|letter| {
            let (queue, task) = (queue.clone(), task.task());
            thread::spawn(move || {
                letter.post(0);
                task.wake();
                if let Some(runnable) = queue.next() {
                    runnable.run();
                }
            })
        });
        for runner in runners {
            runner.join().unwrap();
        }
        while let Some(runnable) = queue.next() {
            runnable.run();
        }
        assert!(task.is_finished(), "a wake was lost");
        tally.note(["once", "twice"][polls.get() - 1]);
        assert_eq!(word(&joined(task), 1), "output");
    });
}

/// A runnable is dropped while its task is woken and cancelled.
#[test]
fn runnable_dropped_against_wake() {
    check_bare("tasks::runners::runnable_dropped_against_wake", &["shut down"], |tally| {
        let queue = Queue::new(tally);
        let tasks = Tasks::new(queue.clone());
        let task = tasks.spawn(ready(tally, 1));
        let runnable = queue.next().unwrap();
        let dropper = thread::spawn(move || drop(runnable));
        let waker = thread::spawn({
            let waker = task.task().waker();
            move || waker.wake()
        });
        let found = task.is_finished();
        dropper.join().unwrap();
        waker.join().unwrap();
        assert!(found || task.is_finished());
        assert_eq!(queue.scheduled.get(), 1, "it had its token, or had ended");
        let word = word(&joined(task), 1);
        tally.note(word);
        assert!(tasks.is_empty());
    });
}

/// `Tasks` ends the tasks while one is woken, and polled at once.
#[test]
fn shutdown_against_wake() {
    let outcomes = ["output", "cancelled", "cancelled, with output"];
    check_bare("tasks::runners::shutdown_against_wake", &outcomes, |tally| {
        let tasks = Tasks::new(InPlace::new(tally));
        let (letters, polls) = ([Mailbox::new()], Count::default());
        let task = tasks.spawn(reader(&letters, &polls, tally, 1));
        let waker = thread::spawn({
            let (task, [letter]) = (task.task(), letters);
            move || {
                letter.post(0);
                task.wake();
            }
        });
        drop(tasks);
        waker.join().unwrap();
        let word = word(&joined(task), 1);
        tally.note(if word == "shut down" { "cancelled" } else { word });
    });
}

/// The same, while a task is spawned: it is refused, or ends.
#[test]
fn shutdown_against_spawn() {
    let outcomes = ["shut down", "cancelled", "refused"];
    check_less("tasks::runners::shutdown_against_spawn", 1, &outcomes, |tally| {
        let tasks = Arc::new(Tasks::new(InPlace::new(tally)));
        let spawning = thread::spawn({
            let (tasks, tally) = (tasks.clone(), tally.clone());
            move || tasks.try_spawn(pending(&tally, 1)).ok()
        });
        tasks.shutdown();
        match spawning.join().unwrap() {
            None => tally.note("refused"),
            Some(task) => tally.note(word(&joined(task), 1)),
        }
    });
}

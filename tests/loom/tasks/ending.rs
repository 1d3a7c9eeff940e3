//! A local executor ends while other threads wake, spawn, join and cancel.
//!
//! Property: every future that was spawned is dropped once by the executor's thread, or is returned to, or ended by,
//! the spawner whose task came too late; every joiner is told; nothing is forgotten, and the core is freed with the
//! last task.
//!
//! Invariants: K1 (`claim_end`: one ends the task), K5, K6.
//!
//! Orderings: `StateCell::claim_end`; `Inbox::close` Acquire with `push` Release; `Population::close` Acquire with
//! `one_less_by_other` Release.

use std::sync::Arc;

use flagstone::task::LocalExecutor;
use loom::thread;

use super::{bell::Bell, joined, pending, poll_join, ready, word};
use crate::check::{check_bare, check_less};

#[test]
fn end_against_wake() {
    check_bare("tasks::ending::end_against_wake", &["shut down"], |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(pending(tally, 1));
        executor.tick(1);
        let waker = thread::spawn({
            let waker = task.task().waker();
            move || waker.wake()
        });
        drop(executor);
        assert_eq!(tally.alive(), 0, "the future is dropped when the executor has ended");
        waker.join().unwrap();
        let word = word(&joined(task), 1);
        tally.note(word);
    });
}

/// The spawner's task was found by the executor, or came too late, or was refused; it may have been run.
#[test]
fn end_against_spawn() {
    let outcomes = ["refused", "shut down", "output"];
    check_bare("tasks::ending::end_against_spawn", &outcomes, |tally| {
        let executor = LocalExecutor::new();
        let (spawner, other) = (executor.spawner(), tally.clone());
        let spawning = thread::spawn(move || spawner.try_spawn(ready(&other, 1)).ok());
        executor.tick(1);
        drop(executor);
        match spawning.join().unwrap() {
            None => tally.note("refused"),
            Some(task) => tally.note(word(&joined(task), 1)),
        }
    });
}

/// The same, and the handle is dropped at once.
#[test]
fn end_against_detached_spawn() {
    check_less("tasks::ending::end_against_detached_spawn", 1, &["over"], |tally| {
        let executor = LocalExecutor::new();
        let (spawner, other) = (executor.spawner(), tally.clone());
        let spawning = thread::spawn(move || spawner.try_spawn(pending(&other, 1)).map(drop).is_ok());
        drop(executor);
        spawning.join().unwrap();
        assert_eq!(tally.alive(), 0, "its future is dropped, by whomever");
        tally.note("over");
    });
}

/// A spawner's task is cancelled through the registry, too.
#[test]
fn end_against_spawn_and_cancel() {
    let outcomes = ["refused", "cancelled", "not cancelled"];
    check_bare("tasks::ending::end_against_spawn_and_cancel", &outcomes, |tally| {
        let executor = LocalExecutor::new();
        let (spawner, other) = (executor.spawner(), tally.clone());
        let spawning = thread::spawn(move || {
            let task = spawner.try_spawn(pending(&other, 1)).ok()?;
            let cancelled = spawner.registry().cancel(task.id());
            Some((task, cancelled))
        });
        drop(executor);
        match spawning.join().unwrap() {
            None => tally.note("refused"),
            Some((task, cancelled)) => {
                tally.note(if cancelled { "cancelled" } else { "not cancelled" });
                assert!(joined(task).is_err());
            }
        }
    });
}

#[test]
fn end_against_join() {
    check_bare("tasks::ending::end_against_join", &["found", "woken"], |tally| {
        let executor = LocalExecutor::new();
        let mut task = executor.spawn(pending(tally, 1));
        executor.tick(1);
        let bell = Arc::<Bell>::default();
        let joiner = thread::spawn({
            let bell = bell.clone();
            move || match poll_join(&mut task, &bell) {
                std::task::Poll::Ready(result) => {
                    assert_eq!(word(&result, 1), "shut down");
                    None
                }
                std::task::Poll::Pending => Some(task),
            }
        });
        drop(executor);
        match joiner.join().unwrap() {
            None => tally.note("found"),
            Some(task) => {
                assert_eq!(bell.rung(), 1, "the joiner was not woken");
                assert_eq!(word(&joined(task), 1), "shut down");
                tally.note("woken");
            }
        }
        bell.is_let_go();
    });
}

/// The handle was polled, and is dropped.
#[test]
fn end_against_drop_of_handle() {
    check_bare("tasks::ending::end_against_drop_of_handle", &["told", "not told"], |tally| {
        let executor = LocalExecutor::new();
        let mut task = executor.spawn(pending(tally, 1));
        let bell = Arc::<Bell>::default();
        assert!(poll_join(&mut task, &bell).is_pending());
        let dropper = thread::spawn(move || drop(task));
        drop(executor);
        assert_eq!(tally.alive(), 0);
        dropper.join().unwrap();
        bell.is_let_go();
        tally.note(if bell.rung() == 1 { "told" } else { "not told" });
    });
}

#[test]
fn end_against_cancel() {
    check_bare("tasks::ending::end_against_cancel", &["cancelled", "too late"], |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(pending(tally, 1));
        executor.tick(1);
        let canceller = thread::spawn({
            let (registry, id) = (executor.registry(), task.id());
            move || registry.cancel(id)
        });
        drop(executor);
        assert_eq!(tally.alive(), 0);
        tally.note(if canceller.join().unwrap() { "cancelled" } else { "too late" });
        assert!(joined(task).is_err());
    });
}

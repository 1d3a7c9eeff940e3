//! A join handle on another thread, against the end of its task.
//!
//! Property: the output is read once and dropped once, by the side that is told that it owns it. A joiner that was not
//! ready is woken, with the waker that it left last; every waker that it left is dropped once. A thread that learns
//! that a task has ended sees what it did.
//!
//! Invariants: K2 (which side owns the waker's field), K3 (which side owns the output).
//!
//! Orderings: `StateCell::end` Release with `joining`, `register`, `leave`, `has_ended` Acquire; `register` Release
//! with `end` Acquire; `leave` Release with `end` and `hand_over` Acquire; `hand_over` Release with `leave` Acquire.

use std::{future::poll_fn, sync::Arc, task::Poll};

use flagstone::task::{JoinHandle, LocalExecutor};
use loom::thread;

use super::{bell::Bell, joined, poll_join, ready, word};
use crate::{
    check::check_bare,
    value::{Canary, Value},
};

/// A task that is ready when it is polled, whose handle another thread has, for which it does `act`.
fn against_end(
    name: &str,
    outcomes: &[&'static str],
    act: impl Fn(JoinHandle<Value>, &[Arc<Bell>; 2]) -> Result<&'static str, JoinHandle<Value>> + Send + Sync + 'static,
) {
    let act = Arc::new(act);
    check_bare(name, outcomes, move |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(ready(tally, 1));
        let bells: Arc<[Arc<Bell>; 2]> = Arc::default();
        let joiner = thread::spawn({
            let (act, bells) = (act.clone(), bells.clone());
            move || act(task, &bells)
        });
        assert_eq!(executor.tick(1).completed, 1);
        match joiner.join().unwrap() {
            Ok(outcome) => tally.note(outcome),
            Err(handle) => {
                assert_eq!(bells.iter().map(|bell| bell.rung()).sum::<usize>(), 1, "the joiner was not woken");
                assert_eq!(word(&joined(handle), 1), "output");
                tally.note("woken");
            }
        }
        bells.iter().for_each(Bell::is_let_go);
        assert!(executor.is_empty());
        assert_eq!(tally.alive(), 0, "the output is dropped");
        assert_eq!(executor.tick(1).polled, 0);
    });
}

#[test]
fn poll_against_end() {
    against_end("tasks::joining::poll_against_end", &["found", "woken"], |mut handle, [bell, _]| {
        match poll_join(&mut handle, bell) {
            Poll::Ready(result) => {
                assert_eq!(word(&result, 1), "output");
                Ok("found")
            }
            Poll::Pending => Err(handle),
        }
    });
}

#[test]
fn drop_against_end() {
    against_end("tasks::joining::drop_against_end", &["dropped"], |handle, _| {
        drop(handle);
        Ok("dropped")
    });
}

/// The waker may be taken while the handle is dropped.
#[test]
fn poll_and_drop_against_end() {
    let outcomes = ["found", "dropped", "dropped, with waker", "dropped, too late"];
    against_end("tasks::joining::poll_and_drop_against_end", &outcomes, |mut handle, [bell, _]| {
        if poll_join(&mut handle, bell).is_ready() {
            return Ok("found");
        }
        drop(handle);
        Ok(match (Arc::strong_count(bell), bell.rung()) {
            (1, 0) => "dropped",
            (1, _) => "dropped, too late",
            _ => "dropped, with waker",
        })
    });
}

#[test]
fn other_waker_against_end() {
    let outcomes = ["found", "found with the second waker", "woken"];
    against_end("tasks::joining::other_waker_against_end", &outcomes, |mut handle, bells| {
        if poll_join(&mut handle, &bells[0]).is_ready() {
            return Ok("found");
        }
        match poll_join(&mut handle, &bells[1]) {
            Poll::Ready(result) => {
                assert_eq!(word(&result, 1), "output");
                Ok("found with the second waker")
            }
            Poll::Pending => {
                assert_eq!(bells[0].rung(), 0, "it was replaced");
                Err(handle)
            }
        }
    });
}

/// The output is taken while the ender still holds the waker; then the handle is dropped.
#[test]
fn same_waker_against_end() {
    let outcomes = ["found", "found again", "woken"];
    against_end("tasks::joining::same_waker_against_end", &outcomes, |mut handle, [bell, _]| {
        if poll_join(&mut handle, bell).is_ready() {
            return Ok("found");
        }
        match poll_join(&mut handle, bell) {
            Poll::Ready(result) => {
                assert_eq!(word(&result, 1), "output");
                Ok("found again")
            }
            Poll::Pending => Err(handle),
        }
    });
}

/// A thread that learns that a task has ended, by handle or by reference, sees what it did.
#[test]
fn is_finished_against_end() {
    check_bare("tasks::joining::is_finished_against_end", &["finished", "not finished"], |tally| {
        let executor = LocalExecutor::new();
        let cell = Arc::new(Canary::new(0));
        let task = executor.spawn(poll_fn({
            let cell = cell.clone();
            move |_| {
                cell.write(7);
                Poll::Ready(())
            }
        }));
        let watcher = thread::spawn({
            let (tally, task) = (tally.clone(), task.task());
            move || match task.is_finished() {
                true => {
                    assert_eq!(cell.read(), 7);
                    tally.note("finished");
                }
                false => tally.note("not finished"),
            }
        });
        executor.tick(1);
        assert!(task.is_finished());
        watcher.join().unwrap();
    });
}

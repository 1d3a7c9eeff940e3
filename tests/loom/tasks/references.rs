//! The last reference to a task is released on another thread.
//!
//! Property: the thread that releases the last reference to an ended task frees its slot, for the next task. If it was
//! the last task of an executor that has ended, it frees the core. Each happens once, on any thread.
//!
//! Invariants: K4, K5, K6.
//!
//! Orderings: `Population::one_less_by_other` Release with itself and `close` Acquire; `StateCell::leave` with `end`
//! and `hand_over`; the slab's `release` and `remove`.

use flagstone::task::{LocalExecutor, Tasks};
use loom::thread;

use super::{bell::Bell, joined, pending, poll_join, ready, scheduler::Queue, word};
use crate::{
    check::{check_bare, check_less},
    value::Tally,
};

/// The reference may be the last, or not; at the end there is no task, and the slots can be used again.
#[test]
fn reference_against_end_and_reuse() {
    check_bare("tasks::references::reference_against_end_and_reuse", &["over"], |tally| {
        let executor = LocalExecutor::new();
        let tasks = [1, 2].map(|number| executor.spawn(ready(tally, number)));
        let others = tasks.each_ref().map(|task| task.task());
        let dropper = thread::spawn(move || drop(others));
        tasks.into_iter().for_each(drop);
        assert_eq!(executor.tick(2).completed, 2);
        let next = executor.spawn(ready(tally, 3));
        assert_eq!(executor.len(), 1, "slots that references keep are not counted");
        executor.tick(1);
        dropper.join().unwrap();
        assert_eq!(word(&joined(next), 3), "output");
        assert!(executor.is_empty());
        tally.note("over");
    });
}

/// Two references to a task that has ended are released on two threads.
#[test]
fn two_last_references() {
    check_bare("tasks::references::two_last_references", &["freed"], |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(ready(tally, 1));
        let others = [task.task(), task.task()];
        let droppers = others.map(|other| thread::spawn(move || drop(other)));
        drop(task);
        executor.tick(1);
        for dropper in droppers {
            dropper.join().unwrap();
        }
        assert!(executor.is_empty());
        tally.note("freed");
    });
}

/// The executor ends meanwhile. A waker or the executor frees the last task's slot, and with it the core.
#[test]
fn reference_against_end_of_executor() {
    check_less("tasks::references::reference_against_end_of_executor", 2, &["gone"], |tally| {
        let executor = LocalExecutor::new();
        let tasks = [1, 2].map(|number| executor.spawn(pending(tally, number)));
        executor.tick(1);
        let wakers = tasks.each_ref().map(|task| task.task().waker());
        tasks.into_iter().for_each(drop);
        let droppers = wakers.map(|waker| thread::spawn(move || drop(waker)));
        drop(executor);
        assert_eq!(tally.alive(), 0, "all futures were dropped");
        for dropper in droppers {
            dropper.join().unwrap();
        }
        tally.note("gone");
    });
}

/// The same for tasks that any thread polls; their scheduler is dropped with the core.
#[test]
fn reference_against_end_of_tasks() {
    check_bare("tasks::references::reference_against_end_of_tasks", &["gone"], |tally| {
        let queue = Queue::new(tally);
        let tasks = Tasks::new(queue.clone());
        let handles = [1, 2].map(|number| tasks.spawn(pending(tally, number)));
        while let Some(task) = queue.next() {
            task.run();
        }
        let wakers = handles.each_ref().map(|task| task.task().waker());
        let droppers = wakers.map(|waker| thread::spawn(move || drop(waker)));
        drop((tasks, queue));
        for handle in handles {
            assert_eq!(word(&joined(handle), 0), "shut down");
        }
        for dropper in droppers {
            dropper.join().unwrap();
        }
        assert_eq!(tally.alive(), 0, "the core was freed, and its scheduler with it");
        tally.note("gone");
    });
}

/// A join handle, too, may be the last to hold the core: with the output, or without.
fn handle_against_end_of_executor(name: &str, outcomes: &[&'static str], takes: bool) {
    check_less(name, 1, outcomes, move |tally: &Tally| {
        let executor = LocalExecutor::new();
        let mut done = executor.spawn(ready(tally, 1));
        let sleeping = executor.spawn(pending(tally, 2));
        executor.tick(2);
        let joiner = thread::spawn({
            let tally = tally.clone();
            move || {
                if takes {
                    let bell = std::sync::Arc::<Bell>::default();
                    let std::task::Poll::Ready(result) = poll_join(&mut done, &bell) else { panic!("it has ended") };
                    tally.note(word(&result, 1));
                }
                drop((done, sleeping));
            }
        });
        drop(executor);
        joiner.join().unwrap();
        assert_eq!(tally.alive(), 0);
        tally.note("gone");
    });
}

#[test]
fn handles_dropped_against_end_of_executor() {
    handle_against_end_of_executor("tasks::references::handles_dropped_against_end_of_executor", &["gone"], false);
}

#[test]
fn output_taken_against_end_of_executor() {
    let outcomes = ["gone", "output"];
    handle_against_end_of_executor("tasks::references::output_taken_against_end_of_executor", &outcomes, true);
}

//! The task layer with real threads, for as long as is wanted: `tests/stress` says how to set the number of rounds.
//! Most useful with `--cfg flagstone_chaos` and under a sanitizer.
//!
//! `FLAGSTONE_STRESS_ROUNDS=10000000 cargo test --release --features task --test task_stress parking` is what fault 5 asks
//! for: ten million wakes against a thread that parks.
//!
//! Futures and outputs carry canaries, whose counts must balance at the end. An assertion that fails inside a task
//! would only end that task, so failures there are recorded in [`Faults`].

#![allow(clippy::waker_clone_wake, reason = "that wakers are cloned, and wake by value, is what is tested")]

#[path = "../stress/budget.rs"]
mod budget;
#[allow(dead_code, reason = "tests/stress uses all of it")]
#[path = "../stress/canary.rs"]
mod canary;
#[path = "../stress/random.rs"]
mod random;

#[path = "../task/storages.rs"]
mod storages;
#[allow(dead_code, reason = "tests/task uses all of it")]
#[path = "../task/trials.rs"]
mod trials;
#[allow(dead_code, reason = "tests/task uses all of it")]
#[path = "../task/wakers.rs"]
mod wakers;

mod crowd;
mod driving;
mod ends;
mod joins;
mod parking;
mod sets;
mod slots;

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use budget::{Budget, variable};

/// One scenario at a time: each has more threads than most machines have cores.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Failures in places where a panic would not be noticed.
#[derive(Default)]
struct Faults(AtomicUsize);

impl Faults {
    const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    fn check(&self, is_right: bool) {
        if !is_right {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[track_caller]
    fn none(&self) {
        assert_eq!(self.0.load(Ordering::Relaxed), 0, "something was wrong inside a task");
    }
}

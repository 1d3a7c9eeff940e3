//! The task layer with real threads, as long as one likes: `tests/stress` says how to size it. Most worth while with
//! `--cfg flagstone_chaos` and under a sanitizer.
//!
//! `FLAGSTONE_STRESS_ROUNDS=10000000 cargo test --release --features task --test task_stress parking` is what fault 5 asks
//! for: ten million wakes against a thread that parks.
//!
//! Futures and outputs carry canaries, whose books balance in the end. An assertion that fails inside a task would be the
//! panic of that task alone, so there it is noted ([`Faults`]).

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

/// What was wrong where a panic would not be heard.
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

//! The task layer through its public interface, with real threads.
//!
//! Long runs and many threads at once: `tests/task_stress`. Allocations: `tests/task_allocation`.

#![allow(clippy::waker_clone_wake, reason = "that wakers are cloned, and wake by value, is what is tested")]

// What the tests build on.
mod storages;
#[path = "../support/all.rs"]
mod support;
mod trials;
mod wakers;

use support::{implements, value};

// Faults of other crates, by number.
mod faults;

// Past faults of this crate.
mod issue_14;
mod mended;

// Every circumstance of one task.
mod product;

// One executor: its ticks, its room, its end.
mod afterwards;
mod capacity;
mod claims;
mod executors;
mod lifetimes;
mod polls;
mod shutdown;

// Tasks: their shapes, what they do to themselves and to others, and what is shown of them.
mod auto_traits;
mod builders;
mod ids;
mod itself;
mod join_errors;
mod json;
mod panics;
mod reentrance;
mod registry;
mod shapes;
mod spawners;
mod wakes;

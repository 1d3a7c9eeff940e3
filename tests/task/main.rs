//! The task layer through its public interface, with real threads.
//!
//! As long as one likes, and many threads at once: `tests/task_stress`. What is allocated: `tests/task_allocation`.

#![allow(clippy::waker_clone_wake, reason = "that wakers are cloned, and wake by value, is what is tested")]

// What the tests stand on.
#[path = "../it/implements.rs"]
mod implements;
mod storages;
mod trials;
#[path = "../it/value.rs"]
mod value;
mod wakers;

// What others got wrong, by number.
mod faults;

// What we got wrong.
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

// Tasks: what they are made of, what they do to themselves and to others, what is known about them.
mod auto_traits;
mod builders;
mod ids;
mod itself;
mod json;
mod panics;
mod reentrance;
mod registry;
mod shapes;
mod spawners;
mod wakes;

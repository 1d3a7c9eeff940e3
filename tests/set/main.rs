//! Sets of futures through their public interface, in both their homes: on the heap, and in slots that the user pinned.
//!
//! [`model`] runs all operations in random order, and predicts which future is polled when. Inside executors:
//! `compat/executors`. Long runs with many threads: `tests/task_stress/sets.rs`. Allocations:
//! `tests/task_allocation`.

#![allow(clippy::waker_clone_wake, reason = "that wakers are cloned, and wake by value, is what is tested")]

// What the tests build on.
mod gate;
mod homes;
#[path = "../support/all.rs"]
mod support;
#[allow(dead_code, reason = "tests/task uses all of it")]
#[path = "../task/trials.rs"]
mod trials;
#[path = "../task/wakers.rs"]
mod wakers;

use support::{implements, value};

// Everything in random order.
#[cfg(not(target_family = "wasm"))] // for which `proptest` does not compile
mod model;

// Faults of other crates, by number.
mod faults;

// Which futures are polled, when, and which wakers are called.
mod budget;
mod outer;
mod rounds;
mod stale;

// The set and its contents.
mod auto_traits;
mod ends;
mod for_each;
mod keys;
mod panics;
mod room;
mod shapes;
mod streams;
mod threads;

// How a second reader tried to break it.
mod second_reader;

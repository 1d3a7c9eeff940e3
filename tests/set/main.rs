//! Sets of futures through their public interface, in both their homes: on the heap, and in slots that somebody pinned.
//!
//! [`model`] does all that can be done in random order, and predicts which future is polled when. Inside executors:
//! `tests/set_executors`. As long as one likes, with many threads: `tests/task_stress/sets.rs`. What is allocated:
//! `tests/task_allocation`.

#![allow(clippy::waker_clone_wake, reason = "that wakers are cloned, and wake by value, is what is tested")]

// What the tests stand on.
mod gate;
mod homes;
#[path = "../it/implements.rs"]
mod implements;
#[allow(dead_code, reason = "tests/task uses all of it")]
#[path = "../task/trials.rs"]
mod trials;
#[path = "../it/value.rs"]
mod value;
#[path = "../task/wakers.rs"]
mod wakers;

// Everything in random order.
#[cfg(not(target_family = "wasm"))] // for which `proptest` does not compile
mod model;

// What others got wrong, by number.
mod faults;

// Which futures are polled, when, and who is told.
mod budget;
mod outer;
mod rounds;
mod stale;

// The set and what is in it.
mod auto_traits;
mod ends;
mod keys;
mod panics;
mod room;
mod shapes;
mod streams;
mod threads;

// What a second reader tried to break it with.
mod second_reader;

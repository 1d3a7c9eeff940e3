//! No thread waits for another one that has stopped: shown at every step of every operation that says so, by `shuttle`.
//!
//! ```sh
//! RUSTFLAGS="--cfg flagstone_shuttle -C debug-assertions" \
//!     cargo test --release --features shuttle,task --test schedule -- --nocapture
//! ```
//!
//! prints a line for each operation: how many steps it has at most (each is a place to stop at), how many executions
//! stopped it there, and the most steps that one of the others needed meanwhile: for all its work, for an operation on
//! one entry, and for one on all of them.
//!
//! One thread, the *victim*, does one operation, and two *others* do everything that a slab or a pool can, on its
//! entries and on their own. For every k, and for many schedules of the steps before, the victim is stopped after its
//! k-th step ([`freezing`]) until the others have finished, which must not take more than a bounded number of steps:
//! for them this is the same as a stop for ever. The results of all threads are compared with the expected ones. Then
//! the victim continues, and everything must end.
//!
//! A check of this kind is worth what it refuses: [`waiting`] lists the operations that may wait, and all of them are
//! caught waiting by the same harness.
//!
//! `shuttle` runs all threads on one, and everything in one order: weaker orderings are the business of `tests/loom`.

#![cfg(flagstone_shuttle)]

mod actor;
mod cell;
mod freezing;
mod random;
mod scenario;
mod store;
#[path = "../loom/value.rs"]
#[allow(dead_code, reason = "the models need more of it")]
mod value;

mod everything;

mod attempting;
mod inserting;
mod joining;
mod pinning;
mod reading;
mod removing;
#[cfg(feature = "task")]
mod sets;
mod trimming;
mod waiting;

mod crowds;

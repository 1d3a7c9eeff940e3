//! Behaviour of the pool.

// Instead of std's.
#[cfg(flagstone_emulated_locals)]
#[macro_use(thread_local)]
extern crate flagstone;

// What the tests stand on.
#[path = "../support/all.rs"]
mod support;

use support::{alone, configs, crowd, pooled, shaped};

// One entry: its life, its value, its guards, its key.
mod downgrades;
mod entries;
mod guards;
mod keys;
mod lending;
mod limits;
mod shapes;
mod values;

// All entries.
mod whole;

// Other people's code, and other threads.
mod double_faults;
mod poison;
mod reentrance;
mod thread_ends;
mod threads;

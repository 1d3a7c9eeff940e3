//! Panics in user code, and user code that calls back.

// Instead of std's.
#[cfg(flagstone_emulated_locals)]
#[macro_use(thread_local)]
extern crate flagstone;

// What the tests stand on.
#[path = "../support/all.rs"]
mod support;

use support::{alone, configs, pooled, value};

mod every_panic;
mod places;
mod reentrance;
mod single;

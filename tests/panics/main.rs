//! Panics in user code, and user code that calls back.

// Instead of std's.
#[cfg(flagstone_emulated_locals)]
#[macro_use(thread_local)]
extern crate flagstone;

// What the tests stand on. Not every test program uses all of it.
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/alone.rs"]
mod alone;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/configs.rs"]
mod configs;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/pooled.rs"]
mod pooled;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/value.rs"]
mod value;

mod every_panic;
mod places;
mod reentrance;
mod single;

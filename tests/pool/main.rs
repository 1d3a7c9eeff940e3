//! Behaviour of the pool.

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
#[path = "../support/crowd.rs"]
mod crowd;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/pooled.rs"]
mod pooled;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/shaped.rs"]
mod shaped;

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

//! Behaviour of the slab through the public interface.

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
#[path = "../support/implements.rs"]
mod implements;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/pooled.rs"]
mod pooled;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/shaped.rs"]
mod shaped;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/value.rs"]
mod value;

// One entry: its life, its guards, its key.
mod entries;
mod forgotten;
mod guards;
mod keys;
mod limits;
mod looking;
mod next_generation;
mod shapes;
mod spent;
mod vacancies;

// All entries of a slab.
mod counting;
mod iteration;
#[cfg(target_os = "linux")]
mod memory;
mod retaining;
mod trimming;

// Other threads, and what the compiler checks.
mod auto_traits;
mod busy;
mod multitudes;
mod orphans;
mod threads;

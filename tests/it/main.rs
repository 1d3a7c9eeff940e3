//! Behaviour of the slab through the public interface.

// Instead of std's.
#[cfg(flagstone_emulated_locals)]
#[macro_use(thread_local)]
extern crate flagstone;

// What the tests stand on.
#[path = "../support/all.rs"]
mod support;

use support::{alone, configs, crowd, implements, pooled, shaped, value};

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
mod typed_keys;
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
#[cfg(all(debug_assertions, not(target_family = "wasm")))]
mod own_guard;
mod threads;

//! Behaviour through the public interface.
//!
//! `RUSTFLAGS="--cfg flagstone_published" cargo test --test it faults` runs the faults of `sharded-slab` against it, and
//! finds them.

// Instead of std's.
#[cfg(flagstone_emulated_locals)]
#[macro_use(thread_local)]
extern crate flagstone;

// What the tests stand on.
mod alone;
#[cfg(not(flagstone_published))]
mod configs;
mod implements;
mod pooled;
#[cfg(not(flagstone_published))]
mod shaped;
#[cfg(target_os = "linux")]
mod sleeping;
mod value;

// The faults of the published crate, by number.
mod faults;

// Those of this one.
#[cfg(not(flagstone_published))]
mod issue_13;

// Whose programs compile here too.
mod drop_in;

// One entry: its life, its guards, its key.
#[cfg(not(flagstone_published))]
mod entries;
#[cfg(not(flagstone_published))]
mod forgotten;
#[cfg(not(flagstone_published))]
mod guards;
#[cfg(not(flagstone_published))]
mod keys;
#[cfg(not(flagstone_published))]
mod limits;
#[cfg(not(flagstone_published))]
mod next_generation;
#[cfg(not(flagstone_published))]
mod shapes;
#[cfg(not(flagstone_published))]
mod spent;
#[cfg(not(flagstone_published))]
mod vacancies;

// All entries of a slab.
#[cfg(not(flagstone_published))]
mod counting;
#[cfg(not(flagstone_published))]
mod iteration;
#[cfg(all(not(flagstone_published), target_os = "linux"))]
mod memory;
#[cfg(not(flagstone_published))]
mod retaining;
#[cfg(not(flagstone_published))]
mod trimming;

// Reads that count nothing.
#[cfg(not(flagstone_published))]
mod pins;

// Values that are used again.
#[cfg(not(flagstone_published))]
mod pool;

// Other people's code, and other threads.
#[cfg(not(flagstone_published))]
mod auto_traits;
#[cfg(not(flagstone_published))]
mod busy;
#[cfg(not(flagstone_published))]
mod every_panic;
#[cfg(not(flagstone_published))]
mod multitudes;
#[cfg(not(flagstone_published))]
mod orphans;
#[cfg(not(flagstone_published))]
mod panics;
#[cfg(not(flagstone_published))]
mod reentrance;
#[cfg(not(flagstone_published))]
mod threads;

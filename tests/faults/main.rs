//! Each fault that was found in the published crate or in this one has a test by its number and name.
//!
//! `RUSTFLAGS="--cfg flagstone_published" cargo test --test faults published` runs those of `sharded-slab` against it, and
//! finds them.

// Instead of std's.
#[cfg(flagstone_emulated_locals)]
#[macro_use(thread_local)]
extern crate flagstone;

// What the tests stand on. Not every test program uses all of it.
#[cfg(not(flagstone_published))]
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/alone.rs"]
mod alone;
#[cfg(not(flagstone_published))]
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/configs.rs"]
mod configs;
#[cfg(not(flagstone_published))]
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/crowd.rs"]
mod crowd;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/implements.rs"]
mod implements;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/pooled.rs"]
mod pooled;
#[cfg(target_os = "linux")]
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/sleeping.rs"]
mod sleeping;
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with other test programs")]
#[path = "../support/value.rs"]
mod value;

// The faults of the published crate, by number.
mod published;

// Those of this one.
#[cfg(not(flagstone_published))]
mod issue_13;

// Whose programs compile here too.
mod drop_in;

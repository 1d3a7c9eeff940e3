//! Each fault that was found in the published crate or in this one has a test by its number and name.
//!
//! `RUSTFLAGS="--cfg flagstone_published" cargo test --test faults published` runs those of `sharded-slab` against it, and
//! finds them.

// Instead of std's.
#[cfg(flagstone_emulated_locals)]
#[macro_use(thread_local)]
extern crate flagstone;

// What the tests stand on.
#[path = "../support/all.rs"]
mod support;

#[cfg(target_os = "linux")]
use support::sleeping;
use support::{alone, implements, pooled, value};
#[cfg(not(flagstone_published))]
use support::{configs, crowd};

// The faults of the published crate, by number.
mod published;

// Those of this one.
#[cfg(not(flagstone_published))]
mod issue_13;

// Whose programs compile here too.
mod drop_in;

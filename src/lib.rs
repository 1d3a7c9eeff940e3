#![doc = include_str!("../README.md")]

// What the crate stands on.
mod bits;
mod sync;

// Who and where: sizes, threads, keys.
mod config;
mod key;
mod thread_id;

// The unsafe core.
#[allow(unsafe_code, reason = "the one module that may, behind a safe interface")]
mod raw;

// What users see.
mod slab;

pub use self::{
    config::{Config, DefaultConfig},
    slab::{
        Drain, Entry, ExclusiveEntry, ExclusiveError, Full, IntoIter, IterMut, OwnedEntry, Slab, UniqueIter,
        VacantEntry,
    },
};

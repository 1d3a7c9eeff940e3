#![doc = include_str!("../README.md")]

pub use flagstone::{Clear, Config, DefaultConfig, Entry, OwnedEntry, Pool, Slab, UniqueIter, VacantEntry, pool};

/// A page of the published crate. How this one works is in `implementation.md` of `flagstone`.
pub mod implementation {}

#![doc = include_str!("../README.md")]

pub use flagstone::{
    Clear, Config, DefaultConfig, Entry, OwnedEntry, Pool, Slab, UniqueIter, VacantEntry, implementation, pool,
};

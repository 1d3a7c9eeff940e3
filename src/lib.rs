//! A lock-free sharded slab: store values for many threads, get `usize` keys that are never handed out twice.
//!
//! Start with [`Slab`], or with [`Pool`] where values own memory and are created and ended often. The README says when
//! to use the crate, what it guarantees and how fast it is. [`implementation`] says how it works and why it is correct.
//!
//! | I want to | call |
//! | --- | --- |
//! | store a value | [`Slab::insert`]; [`Slab::try_insert`] returns it if there is no room |
//! | store a value that knows its key | [`Slab::insert_with_key`], [`Slab::vacant_entry`] |
//! | read a value, on any thread | [`Slab::get`]: a guard that borrows the slab; [`Slab::get_owned`]: a guard that holds an `Arc` of it |
//! | read many values, or one value that all threads read; iterate over all entries | [`Slab::pin`]: reads under it write nothing that other threads see |
//! | change a value | a lock or an atomic in the value; [`Slab::get_exclusive`], [`Slab::get_mut`] |
//! | end an entry | [`Slab::remove`]: never waits; [`Slab::take`]: returns the value, waits for guards and pins |
//! | end many entries | [`Slab::retain`], on a shared slab; [`Slab::drain`], [`Slab::clear`] |
//! | reuse values, with the memory that they own | [`Pool`] of values that are [`Clear`]: [`Pool::create_with`], [`Pool::get`], [`Pool::clear`] |
//! | give memory back to the system; see how much there is | [`Slab::trim`], [`Slab::shrink_to_fit`]; [`Slab::stats`] |
//! | run tasks that live in a slab | feature `task`: [`task`](https://docs.rs/flagstone/latest/flagstone/task/index.html) |
//! | choose sizes, reserve bits of the keys | [`Config`] |
//!
//! # Threads
//!
//! Each thread inserts into a shard of its own. It gets the shard with its first insertion into the slab, or its first
//! pin of it. When the thread ends, the shard stays, and the next thread that gets the same thread number takes it
//! over. So entries outlive the thread that inserted them. (The number is released when the thread's thread-locals are
//! destroyed. `JoinHandle::join` waits for that, the end of `thread::scope` does not.) Threads beyond
//! [`Config::MAX_THREADS`] of one slab, and calls from destructors of thread-locals, share an overflow shard: every
//! operation works there, but insertion takes a lock.
//!
//! Thread numbers are assigned per process and per copy of this crate: a slab must not be used through two copies of
//! the crate in one process.
//!
//! # Keys
//!
//! A key packs shard, page, generation and offset. The slots of small pages are reused most and have the most
//! generations: every page can hand out [`Slab::KEYS_PER_PAGE`] keys, 2<sup>46</sup> by default, and none of them
//! twice.
//!
//! # Dropping
//!
//! If no guard of the entry and no pin is active at the removal, [`Slab::remove`] itself drops the value. Otherwise the
//! thread that ends the last of the guards and pins that were active at the removal drops it. No lock is held then, so
//! the value's `Drop` may use the slab. A leaked guard ([`core::mem::forget`]) keeps that one entry in memory until the
//! slab is dropped. A leaked pin does so for every entry that is removed from then on.

// The foundations.
mod bits;
mod sync;

// Sizes, thread numbers, keys.
mod config;
mod key;
mod thread_id;

// What pools require of their values, and statistics of stores.
mod clear;
mod stats;

// The unsafe core.
#[allow(unsafe_code, reason = "the one module that may, behind a safe interface")]
mod raw;

// The public interface.
mod guard;
mod pinned;

mod slab;

pub mod pool;

// Tasks, which are built on slabs.
#[cfg(feature = "task")]
pub mod task;

pub use self::{
    clear::Clear,
    config::{Config, DefaultConfig},
    slab::{
        Drain, Entry, ExclusiveEntry, ExclusiveError, Full, IntoIter, Iter, IterMut, Keys, OwnedEntry, Pinned,
        ReserveError, Slab, UniqueIter, VacantEntry,
    },
    stats::{PageStats, ShardStats, Stats},
};
#[doc(inline)]
pub use pool::Pool;

#[cfg(flagstone_emulated_locals)]
#[doc(hidden)]
pub use sync::emulated;

#[doc = include_str!("../implementation.md")]
pub mod implementation {}

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "task"))]
#[doc = include_str!("../README.md")]
struct Readme;

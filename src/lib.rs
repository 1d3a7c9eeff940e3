//! A lock-free sharded slab: store values for many threads, get `usize` keys that are never handed out twice.
//!
//! Start with [`Slab`], or with [`Pool`] where values own memory and come and go often. The README says when to use it,
//! what it guarantees and how fast it is; [`implementation`] says how it works and why it is right.
//!
//! | I want to | call |
//! | --- | --- |
//! | store a value | [`Slab::insert`]; [`Slab::try_insert`] gives it back when there is no room |
//! | store a value that knows its key | [`Slab::insert_with_key`], [`Slab::vacant_entry`] |
//! | read a value, on any thread | [`Slab::get`]: a guard that borrows the slab; [`Slab::get_owned`]: one that does not |
//! | read many values, or one that all read; walk over all | [`Slab::pin`]: writes nothing that others see |
//! | change a value | put a lock or an atomic in it; or [`Slab::get_exclusive`], [`Slab::get_mut`] |
//! | end an entry | [`Slab::remove`]: never waits; [`Slab::take`]: hands the value over, waits for guards |
//! | end many | [`Slab::retain`], on a shared slab; [`Slab::drain`], [`Slab::clear`] |
//! | use values again, with the memory they own | [`Pool`] of values that are [`Clear`]: [`Pool::create_with`], [`Pool::get`], [`Pool::clear`] |
//! | give memory back, see what there is | [`Slab::trim`], [`Slab::shrink_to_fit`]; [`Slab::stats`] |
//! | run tasks that live in a slab | feature `task`: [`task`](https://docs.rs/flagstone/latest/flagstone/task/index.html) |
//! | choose sizes, reserve bits of the keys | [`Config`] |
//!
//! # Threads
//!
//! Each thread inserts into a shard of its own, which it gets with its first insertion into the slab, or its first pin. When
//! the thread ends the shard waits for the next thread that gets its number, which takes it over. So entries outlive the
//! thread that inserted them. (The number comes back when the thread's thread-locals are destroyed, which
//! `JoinHandle::join` waits for and the end of `thread::scope` does not.) Threads beyond [`Config::MAX_THREADS`] of one slab,
//! and calls from destructors of thread-locals, share an overflow shard: all works, insertion takes a lock.
//!
//! Numbers of threads are kept per process, and per copy of this crate: a slab must not be used through two copies of the
//! crate in one process.
//!
//! # Keys
//!
//! A key packs shard, page, generation and offset. Small pages, whose slots are reused most, have the most generations:
//! every page can hand out [`Slab::KEYS_PER_PAGE`] keys, 2<sup>46</sup> by default, and none of them twice.
//!
//! # Dropping
//!
//! A removed value is dropped when the last of the guards and pins that were out at its removal ends, by the thread that ends
//! it, or by [`Slab::remove`] itself if there is none. No lock is held then, so its `Drop` may use the slab. [`core::mem::forget`] of
//! a guard keeps that one entry in memory until the slab is dropped; of a pin, every entry that is removed from then on.

// What the crate stands on.
mod bits;
mod sync;

// Who and where: sizes, threads, keys.
mod config;
mod key;
mod thread_id;

// What pools ask of their values, and what stores say of themselves.
mod clear;
mod stats;

// The unsafe core.
#[allow(unsafe_code, reason = "the one module that may, behind a safe interface")]
mod raw;

// What users see.
mod guard;
mod pinned;

mod slab;

pub mod pool;

// Tasks, which stand on slabs.
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
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! A lock-free sharded slab: store values for many threads, get `usize` keys that are never handed out twice.
//!
//! ```
//! use flagstone::Slab;
//!
//! static SESSIONS: Slab<String> = Slab::new();
//!
//! let key: usize = SESSIONS.insert("alice".to_owned()).unwrap(); // on any thread
//! std::thread::scope(|scope| {
//!     scope.spawn(|| {
//!         let session = SESSIONS.get(key).unwrap(); // a guard: the value stays while it lives
//!         assert_eq!(*session, "alice");
//!         assert!(SESSIONS.remove(key)); // the value is dropped with `session`
//!     });
//! });
//! assert!(SESSIONS.get(key).is_none()); // and never again, whatever is inserted later
//! ```
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
//! | learn why there is no guard: no entry, or exclusive access | [`Slab::try_get`] |
//! | visit all entries, and end some | [`Slab::iter`]: guards; [`Slab::keys`] |
//! | end an entry | [`Slab::remove`]: never waits; [`Slab::take`], [`Entry::take`]: return the value, wait for guards and pins |
//! | end many entries | [`Slab::retain`], on a shared slab; [`Slab::drain`], [`Slab::clear`] |
//! | reuse values, with the memory that they own | [`Pool`] of values that are [`Clear`]: [`Pool::lend`] of a buffer that comes back; [`Pool::create_with`], [`Pool::get`], [`Pool::remove`] of entries |
//! | give memory back to the system; see how much there is | [`Slab::trim`], [`Slab::shrink_to_fit`]; [`Slab::stats`] |
//! | run tasks that live in a slab | feature `task`: [`task`](https://docs.rs/flagstone/latest/flagstone/task/index.html) |
//! | keep keys of several slabs apart; pass keys to C, to JSON | [`keyed`], [`new_key_type!`] |
//! | choose sizes, reserve bits of the keys | [`Config`] |
//!
//! A *guard* is a counted reference to one entry: the value stays while the guard lives. A *pin* is a read-side
//! critical section of one slab, like an epoch guard (it has nothing to do with [`core::pin`]): while a thread has the
//! slab pinned, no value that the thread may be reading is dropped. What this page says of slabs holds for pools too,
//! with [`Clear`] for `Drop`. A pool has no `take`.
//!
//! # Threads
//!
//! Each thread inserts into a shard of its own. It gets the shard with its first insertion into the slab, or its first
//! pin of it. When the thread ends, the shard stays, and the next thread that gets the same thread number takes it
//! over. So entries outlive the thread that inserted them. (The number is released when the thread's thread-locals are
//! destroyed. `JoinHandle::join` waits for that, the end of `thread::scope` does not.) Threads beyond
//! [`Config::MAX_THREADS`] of one slab share an overflow shard, and so do calls from destructors of thread-locals that
//! run after the crate's own. Every operation works there, but insertion takes a lock, and a [pin](Slab::pin) holds a
//! guard of each entry that it reads.
//!
//! Thread numbers are assigned per process and per copy of this crate: a slab must not be used through two copies of
//! the crate in one process.
//!
//! # Keys
//!
//! A key packs shard, page, generation and offset: in a shard, slots lie in pages, and the generation counts how often
//! the slot was used. With the default configuration on 64 bits, no key is handed out twice in the life of a slab. The
//! slots of small pages are reused most and have the most generations: every page can hand out [`Slab::KEYS_PER_PAGE`]
//! keys, 2<sup>46</sup> by default. A slot that has used up its generations is retired. On 32 bits, generations start
//! over instead, and keys repeat. [`Config::WRAP_GENERATIONS`] chooses.
//!
//! Any `usize` may be passed as a key, and is never undefined behaviour. But keys are not bound to a slab: two slabs
//! hand out the same numbers, and a key of one may find an entry of the other. With [typed keys](keyed) a key of the
//! wrong type does not compile: give each slab a type of keys of its own.
//!
//! Guards of a slab in a `static` are `'static` themselves: there is no need for an `Arc` and [`Slab::get_owned`].
//!
//! # Dropping
//!
//! If no guard of the entry and no pin is active at the removal, [`Slab::remove`] itself drops the value. Otherwise the
//! thread that ends the last of the guards and pins that were active at the removal drops it. No lock of the crate is
//! held then, so the value's `Drop` may use the slab. A leaked guard ([`core::mem::forget`]) keeps that one entry in
//! memory until the slab is [cleared](Slab::clear) or dropped. A leaked pin does so for every entry that is removed
//! from then on.
//!
//! # Consistency
//!
//! **One key.** [`Slab::insert`], [`Slab::get`], [`Slab::remove`] and [`Slab::take`] of one key are linearizable: each
//! takes effect at one moment between its call and its return, and the order of these moments agrees with
//! happens-before. So of several calls that remove or take an entry, exactly one succeeds, and every `get` that comes
//! after it returns `None`. `take` takes effect before it waits. While an exclusive guard of an entry is active, or a
//! thread waits for one in [`Slab::wait_exclusive`], `get`, pins and walks do not find the entry; `remove` and `take`
//! do.
//!
//! **Several keys.** Calls on different keys are ordered by happens-before only. They are not sequentially consistent.
//!
//! **Happens-before.** What stands on the left happens before what stands on the right:
//!
//! | first | then |
//! | --- | --- |
//! | what a thread did before it published an entry: by an insertion, or by the end of an exclusive guard | what a thread does after it has found the entry: by a guard, a pin, a walk, a removal or a `take` |
//! | the reads of a value under a guard or a pin | the drop of the value, its return by `take`, exclusive access to it |
//! | what a thread did before it removed the entry | the drop of the value, on whichever thread |
//!
//! A call that finds no entry orders nothing. Nor do `contains`, `len`, `capacity` and `stats`.
//!
//! **Walks** ([`Slab::iter`], [`Slab::keys`], [`Slab::retain`], [`Pinned::iter`], [`Pinned::keys`], `Debug`) are weakly
//! consistent. They visit each entry that exists throughout the walk once, unless it is held or awaited exclusively at
//! its turn. They may or may not visit an entry that is inserted or removed meanwhile. No entry is visited twice. A
//! walk is not a snapshot: it may find an entry and miss one that was inserted earlier.
//!
//! **`len`** adds up one counter after another. It is exact while no thread inserts or removes, and approximate
//! otherwise. It counts removed entries until their values are dropped, and does not count reserved slots.
//!
//! **Panics** in your code (`Drop`, `Clear`, `Default`, closures) leave no lock held and no list half changed. A value
//! whose `Drop` panics is gone, and its slot is freed. An exclusive guard that a panic drops makes the entry readable
//! again, with what was written so far: nothing is poisoned. All places where your code runs, and what a panic leaves
//! there, are in [this table](implementation#where-user-code-runs-and-what-a-panic-there-leaves).
//!
//! # Deadlocks
//!
//! [`Slab::take`] and [`Slab::wait_exclusive`] wait for the guards of the entry, and for the pins that other threads
//! have on the slab. No other call waits for a guard or a pin. ([This table](implementation#blocking) has all that can
//! wait, and for what.) Neither call returns in these cases:
//!
//! - **The calling thread holds a guard of the entry**, as in `if let Some(entry) = slab.get(key) { slab.take(key); }`.
//!   The closure of [`Slab::retain`], and a value's `Debug` while a slab is printed, are called under a guard too. Drop
//!   the guard first, or call [`Entry::take`], which does that; or [`Slab::remove`] or [`Entry::remove`], which do not
//!   wait. ([`Slab::try_take`] fails.)
//! - **The holder of a guard or pin waits for the caller**: for a lock that the caller holds, for a message from it, or
//!   in a `take` of its own. Two threads that each hold a guard and take the other's entry wait for each other. So do
//!   two threads that each pin one slab and take from the slab that the other has pinned.
//! - **A suspended task holds a guard of the entry**, and the call blocks the thread that would run the task.
//! - **A guard of the entry was leaked, or a pin of the slab.** A leaked [pin](Slab::pin) blocks both calls for every
//!   entry, unless its thread had no shard: then only for the entries that it has read.
//!
//! Under a pin of the calling thread itself, both calls panic if the key has an entry. (See [platforms](#platforms) for
//! an exception.) With debug assertions, except on wasm, they also panic after five seconds of waiting if the calling
//! thread has made a guard of the entry, which no other thread has used; the message names both places. After such a
//! panic the entry is removed, unless another thread waits for it in `wait_exclusive`, too. The check is best effort: a
//! table of fixed size records the guards, and a guard that finds no room there is not detected. It is wrong in one
//! case: a thread makes a guard, sends it to another thread, which does not use it, and waits for it longer than five
//! seconds.
//!
//! A value's `Drop` runs on the thread that ends the last guard or pin of a removed entry. That thread may hold locks,
//! and guards of other entries. A `Drop` that acquires such a lock, or takes such an entry, deadlocks.
//!
//! # Platforms
//!
//! The crate needs `std`. What the scripts in `.ci` check:
//!
//! | target | what is checked |
//! | --- | --- |
//! | Linux on x86-64 | all tests, models and sanitizers |
//! | Linux on i686 | unit, behaviour, property and stress tests |
//! | `wasm32-unknown-unknown` | unit tests, and the behaviour tests of tasks and sets, under node: those that need no thread and catch no panic |
//! | Linux on aarch64, Windows on x86-64 (MSVC) | the library type-checks; no test runs there |
//! | any other, such as macOS, FreeBSD or Android | nothing |
//!
//! What differs:
//!
//! - [`Slab::trim`] returns memory to the system on Linux and Android only.
//! - On 32 bits keys repeat, the default sizes are smaller ([`Config`]), and an entry can have fewer guards
//!   ([`Slab::get`]).
//! - `wasm32-unknown-unknown` has no threads, and no clock: the `age` of a task's `TaskInfo` is `None`.
//! - On targets without native thread-locals (Android, `x86_64-pc-windows-gnu`, OpenBSD, illumos), a thread that still
//!   has a pin after its thread-locals were destroyed may not notice it: `take` under that pin then waits for ever
//!   instead of panicking ([why](implementation#threads-and-their-end)).
//!
//! # Fork and signals
//!
//! After `fork` the child has the thread number and the shards of the thread that forked. The other threads do not
//! exist there, and what they held is never released:
//!
//! - Their guards and pins: values that wait for them are not dropped, `take` and `wait_exclusive` wait for ever, and
//!   exclusive access is refused.
//! - Their thread numbers: no thread of the child takes over their shards.
//! - The locks that one of them held at that moment: of the registry of threads, of an overflow shard, of the threads
//!   that wait in `take` or `wait_exclusive`.
//!
//! A slab in memory that parent and child share must not be used by both: each shard would have two owners.
//!
//! A call from a signal handler is not supported if the handler has interrupted an insertion, a removal, `take`, `trim`
//! or `pin` of the same slab on the same thread. No call is promised to be async-signal-safe: many allocate, and some
//! take locks.
//!
//! # Features and minimum Rust
//!
//! | feature | by default | what it adds |
//! | --- | --- | --- |
//! | `task` | off | the modules `task` and `future_set`: tasks, executors, sets of futures; the dependency `futures-core` |
//! | `serde` | off | keys that [`new_key_type!`] makes, and [`keyed::KeyData`], in the formats of serde; the dependency `serde_core` |
//! | `derive` | off | `#[derive(Clear)]`; a dependency on `syn`, when compiling |
//! | `loom`, `shuttle` | off | nothing for users of the crate: they are for its own models |
//!
//! Without features the dependencies are `lazy_static` and, on Linux and Android, `libc`. Rust 1.85 or newer.

#![cfg_attr(docsrs, feature(doc_cfg))] // badges for features, on docs.rs

// The foundations.
mod bits;
mod sync;

// Sizes, thread numbers, keys.
mod config;
mod key;
mod key_type;
mod thread_id;
#[cfg(any(feature = "task", debug_assertions))]
mod thread_token;

// What pools require of their values, and statistics of stores.
mod clear;
mod stats;

// The unsafe core.
#[allow(unsafe_code, reason = "the one module that may, behind a safe interface")]
mod raw;

// The public interface.
mod guard;
mod pinned;
mod walks;

mod slab;

pub mod pool;

pub mod keyed;

// Tasks, which are built on slabs.
#[cfg(feature = "task")]
pub mod task;

// Sets of futures, which run in any executor.
#[cfg(feature = "task")]
pub mod future_set;

#[cfg(feature = "derive")]
pub use flagstone_derive::Clear;

pub use self::{
    clear::Clear,
    config::{Config, DefaultConfig},
    slab::{
        Drain, Entries, Entry, EntryKeys, ExclusiveEntry, ExclusiveError, Full, GetError, IntoIter, Iter, IterMut,
        Keys, OwnedEntry, Pinned, ReserveError, Slab, UniqueIter, VacantEntry,
    },
    stats::{PageStats, ShardStats, Stats},
};
#[cfg(feature = "task")]
#[doc(inline)]
pub use future_set::FutureSet;
#[doc(inline)]
pub use pool::Pool;

#[cfg(flagstone_emulated_locals)]
#[doc(hidden)]
pub use sync::emulated;

#[cfg(doc)] // a page, not an item
#[doc = include_str!("../implementation.md")]
pub mod implementation {}

/// Compiles the examples of the README.
#[cfg(all(doctest, feature = "task"))]
#[doc = include_str!("../README.md")]
struct Readme;

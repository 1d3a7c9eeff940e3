//! The safe interface: a slab for many threads.

mod entry;
mod exclusive_entry;
mod full;
mod get_error;
mod iter;
mod owned_entry;
mod pinned;
mod reserve_error;
mod traits;
mod vacant_entry;

// The methods, in reading order.
mod make;

mod insert;

mod by_key;

mod entries;
mod whole;

mod memory;

pub use self::{
    entries::{Entries, EntryKeys},
    entry::Entry,
    exclusive_entry::{ExclusiveEntry, ExclusiveError},
    full::Full,
    get_error::GetError,
    iter::{Drain, IntoIter, IterMut, UniqueIter},
    owned_entry::OwnedEntry,
    pinned::{Iter, Keys, Pinned},
    reserve_error::ReserveError,
    vacant_entry::VacantEntry,
};
use core::marker::PhantomData;

use crate::{
    config::{Config, DefaultConfig},
    key_type::Key,
    raw::{Dropped, ShardTable, Store},
};

/// A store of values for many threads, which hands out a `usize` key for each.
///
/// Every thread inserts into a shard of its own, without any atomic read-modify-write (RMW). Every thread can read,
/// remove and take, by key, what any thread inserted. See the [crate's page](crate) for when to use it and what it
/// guarantees.
///
/// # Keys
///
/// With the default configuration on 64 bits a key is never handed out twice in the life of a slab: a key that was
/// removed finds nothing, for ever. Where [`Config::WRAP_GENERATIONS`] is set (by default on 32 bits), a key repeats
/// after [`Slab::generations`] insertions into the same slot. A look-up by a key that was made up, or that came from
/// another slab, finds an entry or `None`, and is never undefined behaviour. 0 and `usize::MAX` are never keys.
///
/// # Memory
///
/// An empty slab is a few words and allocates nothing. The first insertion allocates one block of about 1.5 kB (for
/// values of a word): tables for two threads, and the thread's first page of [`Config::INITIAL_PAGE_SIZE`] slots. Each
/// further thread adds a block of 192 bytes, its own first page, and its share of the tables, which double when they
/// are full. That share is 264 bytes per thread that uses the slab, and 8 bytes for each lower thread number of the
/// process. Each further page of a thread is twice as large as the one before, and is backed with memory as its slots
/// are used. A slot is a word and the value, rounded up to the alignment of the larger.
///
/// # Examples
///
/// ```
/// use flagstone::Slab;
///
/// static NAMES: Slab<String> = Slab::new();
///
/// let key = NAMES.insert("flagstone".to_owned()).unwrap();
/// std::thread::spawn(move || {
///     let name = NAMES.get(key).unwrap();
///     assert_eq!(*name, "flagstone");
///     assert!(NAMES.remove(key)); // the value is dropped with `name`
/// })
/// .join()
/// .unwrap();
/// assert!(NAMES.get(key).is_none());
/// ```
///
/// A slab has exactly one configuration, even where one configuration is a subtype of another:
///
/// ```compile_fail,E0308
/// # #![allow(coherence_leak_check)]
/// use std::marker::PhantomData;
/// use flagstone::{Config, Slab};
///
/// struct Sized<F>(PhantomData<F>);
/// impl Config for Sized<for<'a> fn(&'a ())> {
///     const MAX_THREADS: usize = 1;
/// }
/// impl Config for Sized<fn(&'static ())> {}
///
/// let small: Slab<u8, Sized<for<'a> fn(&'a ())>> = Slab::new_with_config();
/// let large: Slab<u8, Sized<fn(&'static ())>> = small;
/// ```
///
/// ```
/// # #![allow(coherence_leak_check)]
/// use std::marker::PhantomData;
/// use flagstone::{Config, Slab};
///
/// struct Sized<F>(PhantomData<F>);
/// impl Config for Sized<for<'a> fn(&'a ())> {
///     const MAX_THREADS: usize = 1;
/// }
/// impl Config for Sized<fn(&'static ())> {}
///
/// let small: Slab<u8, Sized<for<'a> fn(&'a ())>> = Slab::new_with_config();
/// let also_small: Slab<u8, Sized<for<'a> fn(&'a ())>> = small;
/// ```
///
/// A slab is shared between threads only if its values may be:
///
/// ```
/// fn shared<T: Sync>() {}
/// shared::<flagstone::Slab<std::sync::Mutex<u8>>>();
/// ```
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<flagstone::Slab<std::cell::Cell<u8>>>();
/// ```
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// // `Sync`, but must be dropped on the thread that locked: a shared slab could not promise that.
/// shared::<flagstone::Slab<std::sync::MutexGuard<'static, u8>>>();
/// ```
#[doc(alias("SlotMap", "DashMap", "Arena", "Registry"))]
pub struct Slab<T, C: Config = DefaultConfig, K: Key = usize> {
    pub(crate) shards: ShardTable<T, C>,
    keys: PhantomData<fn(K) -> K>,
}

impl<T, C: Config, K: Key> Store<T, C> for Slab<T, C, K> {
    type Ending = Dropped;
    type Key = K;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

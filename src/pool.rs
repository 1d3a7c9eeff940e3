//! A pool: values that are made once, lent out under keys, and cleared instead of dropped.
//!
//! See [`Pool`]. This module also has its guards and pins.

mod borrowed;
mod by_key;
mod create;
mod owned;
mod pinned;
mod traits;
mod whole;

pub use self::{
    borrowed::{Ref, RefMut},
    owned::{OwnedRef, OwnedRefMut},
    pinned::{Iter, Keys, Pinned},
};
use crate::{
    clear::Clear,
    config::{Config, DefaultConfig, Layout},
    raw::{Cleared, ShardTable, Store},
    slab::{ReserveError, Slab},
    sync,
};

/// A store that makes each value once and reuses it: when an entry ends, its value is [`Clear`]ed and stays in its slot
/// for the next entry, with the memory that it owns.
///
/// In all other respects a pool is a [`Slab`]: the same shards, keys, guards and progress guarantees. It is the better
/// choice where values own memory (strings, vectors, maps) and entries are created and ended often.
///
/// # Life of a value
///
/// | moment | what happens |
/// | --- | --- |
/// | the slot is used for the first time | [`Default::default`] makes the value |
/// | [`create`](Self::create) | the creator has exclusive access to the value, which is new or cleared |
/// | the [`RefMut`] is dropped or [downgraded](RefMut::downgrade) | every thread can [`get`](Self::get) it |
/// | [`clear`](Self::clear) of its key, and the last guard or pin ends | [`Clear::clear`] empties it; the slot is free |
/// | the pool is dropped, or its free pages are [trimmed](Self::trim) | the value is dropped |
///
/// A value keeps the memory that it has allocated, as far as its `Clear` keeps it, until the value is dropped. If large
/// buffers must be given back sooner, write a `Clear` that shrinks them.
///
/// # Panics in user code
///
/// A panic never loses a slot or affects another entry. If `Default` panics in [`create`](Self::create), the slot is
/// freed. If the closure of [`create_with`](Self::create_with) panics, the value is cleared and the slot is freed. If
/// `Clear` panics, the value is dropped and `Default` makes the slot's next value. The panic is then resumed. A second
/// panic, in a `Clear` or `Drop` that runs because of the first, goes no further.
///
/// # Examples
///
/// ```
/// use flagstone::Pool;
///
/// static LINES: Pool<String> = Pool::new();
///
/// let key = LINES.create_with(|line| line.push_str("first")).unwrap();
/// assert_eq!(*LINES.get(key).unwrap(), "first");
/// let capacity = LINES.get(key).unwrap().capacity();
/// assert!(LINES.clear(key));
///
/// let second = LINES.create().unwrap(); // the same string, empty
/// assert_eq!(second.as_str(), "");
/// assert_eq!(second.capacity(), capacity);
/// assert_ne!(second.key(), key);
/// ```
///
/// A pool is shared between threads only if its values may be:
///
/// ```
/// fn shared<T: Sync>() {}
/// shared::<flagstone::Pool<std::sync::Mutex<String>>>();
/// ```
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<flagstone::Pool<std::cell::Cell<u8>>>();
/// ```
pub struct Pool<T: Clear + Default, C: Config = DefaultConfig> {
    pub(crate) shards: ShardTable<T, C>,
}

impl<T: Clear + Default, C: Config> Store<T, C> for Pool<T, C> {
    type Ending = Cleared;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

impl<T: Clear + Default> Pool<T> {
    sync::const_fn! {
        /// Returns an empty pool of the default configuration. It allocates nothing and makes no value.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::Pool;
        ///
        /// static POOL: Pool<Vec<u8>> = Pool::new();
        /// assert!(POOL.is_empty());
        /// ```
        #[must_use]
        pub fn new() -> Self {
            Self::new_with_config()
        }
    }

    /// Returns an empty pool of the default configuration in which the current thread has room for `capacity` entries,
    /// as made by [`reserve`](Self::reserve). No value is made.
    ///
    /// # Panics
    ///
    /// If the allocator refuses the memory, or no shard can have that many entries. [`Pool::new`] followed by
    /// [`Pool::reserve`] returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::with_capacity(1_000);
    /// assert!(pool.capacity() >= 1_000);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn with_capacity(capacity: usize) -> Self {
        let pool = Self::new();
        match pool.reserve(capacity) {
            Ok(()) => pool,
            Err(error) => panic!("flagstone: `with_capacity` of {capacity} entries failed: {error}"),
        }
    }

    sync::const_fn! {
        /// Returns an empty pool of the given configuration. It allocates nothing and makes no value.
        ///
        /// A configuration that cannot work is a compile error.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::{Config, Pool};
        ///
        /// struct Two;
        /// impl Config for Two {
        ///     const MAX_PAGES: usize = 1;
        ///     const INITIAL_PAGE_SIZE: usize = 2;
        /// }
        ///
        /// static BUFFERS: Pool<Vec<u8>, Two> = Pool::new_with_config();
        /// let (first, second) = (BUFFERS.create().unwrap(), BUFFERS.create().unwrap());
        /// assert!(BUFFERS.create().is_none());
        /// # drop((first, second));
        /// ```
        #[must_use]
        pub fn new_with_config<C: Config>() -> Pool<T, C> {
            let () = Layout::<C>::VALID;
            Pool { shards: ShardTable::new() }
        }
    }
}

impl<T: Clear + Default, C: Config> Pool<T, C> {
    /// The number of low bits that can be set in a key, as [`Slab::USED_BITS`].
    pub const USED_BITS: usize = Slab::<T, C>::USED_BITS;

    /// The number of keys that the slots of one page can hand out, as [`Slab::KEYS_PER_PAGE`].
    pub const KEYS_PER_PAGE: usize = Slab::<T, C>::KEYS_PER_PAGE;

    /// Returns how many keys one slot of page number `page` can hand out, as [`Slab::generations`] does.
    ///
    /// # Panics
    ///
    /// If `page` is not less than [`Config::MAX_PAGES`].
    #[must_use]
    pub const fn generations(page: usize) -> usize {
        Slab::<T, C>::generations(page)
    }

    /// Makes room for `additional` more entries that the current thread creates, as [`Slab::reserve`] does. No value is
    /// made.
    ///
    /// # Errors
    ///
    /// [`ReserveError::Capacity`] if the shard can never have that many entries: nothing is allocated then.
    /// [`ReserveError::Memory`] if the allocator refuses memory: pages that were added before stay.
    pub fn reserve(&self, additional: usize) -> Result<(), ReserveError> {
        Ok(self.shards.make_room(additional)?)
    }

    /// Returns the number of entries, including cleared ones that guards or pins still hold, and those that a
    /// [`RefMut`] holds.
    ///
    /// Exact while no thread creates or clears, otherwise approximate. Reads every page once: `create` and `clear` do
    /// no work for it.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let line = pool.create().unwrap();
    /// assert_eq!(pool.len(), 1);
    /// assert!(pool.clear(line.key()));
    /// drop(line);
    /// assert_eq!(pool.len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Returns whether [`len`](Self::len) is zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of slots in all pages that exist so far, of all threads together.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shards.capacity()
    }
}

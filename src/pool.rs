//! A pool: values that are made once, lent out under keys, and cleared instead of dropped.
//!
//! See [`Pool`]. The guards of its entries stand here.

mod borrowed;
mod by_key;
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
    raw::{Cleared, ExclusiveLease, Reservation, ShardTable},
    slab::{ReserveError, Slab},
    sync,
};
use std::sync::Arc;

/// A store that makes each value once and uses it again and again: when an entry ends, its value is [`Clear`]ed and stays
/// in its slot for the next one, with the memory that it owns.
///
/// In all else a pool is a [`Slab`]: the same shards, the same keys that never repeat, the same guards and
/// progress. It is the better choice where values own memory (strings, vectors, maps) and come and go often.
///
/// # Life of a value
///
/// | moment | what happens |
/// | --- | --- |
/// | the slot is used for the first time | [`Default::default`] makes the value |
/// | [`create`](Self::create) | the value, fresh or cleared, is the creator's alone |
/// | the [`RefMut`] is dropped or [downgraded](RefMut::downgrade) | everybody can [`get`](Self::get) it |
/// | [`clear`](Self::clear) of its key, and its last guard dropped | [`Clear::clear`] empties it; the slot is free |
/// | the pool is dropped | the value is dropped |
///
/// What a value has once allocated it keeps, as far as its `Clear` does, until the pool is dropped: a pool that must give
/// large buffers back has a `Clear` that shrinks them.
///
/// # Panics in user code
///
/// None loses a slot or harms another entry. If `Default` panics in [`create`](Self::create), the slot is given back.
/// If the closure of [`create_with`](Self::create_with) panics, the value is cleared and the slot given back. If `Clear`
/// panics, the value is dropped and the slot's next value is made anew. The panic then goes on; one out of a `Clear` or
/// `Drop` that a panic has called does not.
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
    /// Named by `raw::hold`, which relies on it.
    pub(crate) shards: ShardTable<T, C>,
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

    /// Returns an empty pool of the default configuration in which the current thread has room for so many entries, as
    /// [`reserve`](Self::reserve) makes it. No value is made.
    ///
    /// # Panics
    ///
    /// If there is no memory for it, or no shard can have so many entries. [`Pool::new`] and [`Pool::reserve`] return an error
    /// instead.
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
    /// How many low bits of a key are ever set, as [`Slab::USED_BITS`].
    pub const USED_BITS: usize = Slab::<T, C>::USED_BITS;

    /// How many keys the slots of one page can hand out, as [`Slab::KEYS_PER_PAGE`].
    pub const KEYS_PER_PAGE: usize = Slab::<T, C>::KEYS_PER_PAGE;

    /// Returns how many keys one slot of page number `page` can hand out, as
    /// [`Slab::generations`].
    ///
    /// # Panics
    ///
    /// If `page` is not less than [`Config::MAX_PAGES`].
    #[must_use]
    pub const fn generations(page: usize) -> usize {
        Slab::<T, C>::generations(page)
    }

    /// Makes room for so many entries more that the current thread creates, as [`Slab::reserve`] does. No value is made.
    ///
    /// # Errors
    ///
    /// [`ReserveError::Capacity`] if the shard can never have so many entries: then nothing is allocated.
    /// [`ReserveError::Memory`] if memory is refused: pages that were added before stay.
    pub fn reserve(&self, additional: usize) -> Result<(), ReserveError> {
        Ok(self.shards.make_room(additional)?)
    }

    /// Returns a new entry whose value is the caller's alone until the guard is dropped or downgraded; `None` if there
    /// is no room.
    ///
    /// The value is a cleared one, or [`Default::default`] where the slot has none yet. Until the guard is dropped
    /// [`get`](Self::get) of its key finds nothing; [`clear`](Self::clear) of it returns `true`, and the guard's end
    /// finishes it.
    ///
    /// There is no room when the current thread's shard has [`Config::MAX_PAGES`] full pages, or memory for a new page
    /// is refused.
    ///
    /// Constant time. Wait-free, but for the value's `Default`, while the thread's own pages have free slots; else as
    /// [`Slab::insert`]. Dropping the guard costs one exchange more; [`create_with`](Self::create_with)
    /// does without.
    ///
    /// # Panics
    ///
    /// If the value's `Default` does; the slot is given back.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<Vec<u32>> = flagstone::Pool::new();
    /// let mut numbers = pool.create().unwrap();
    /// numbers.extend([1, 2, 3]);
    /// let key = numbers.key();
    /// assert!(pool.get(key).is_none());
    /// drop(numbers);
    /// assert_eq!(pool.get(key).unwrap().len(), 3);
    /// ```
    #[inline]
    pub fn create(&self) -> Option<RefMut<'_, T, C>> {
        ExclusiveLease::create(self, T::default).map(RefMut::new)
    }

    /// Returns a new entry as [`create`](Self::create) does, whose guard keeps the pool alive and is bound to no
    /// lifetime.
    ///
    /// # Panics
    ///
    /// If the value's `Default` does; the slot is given back.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use flagstone::Pool;
    ///
    /// let pool: Arc<Pool<String>> = Arc::new(Pool::new());
    /// let mut line = pool.clone().create_owned().unwrap();
    /// let key = line.key();
    /// std::thread::spawn(move || line.push_str("written elsewhere")).join().unwrap();
    /// assert_eq!(*pool.get(key).unwrap(), "written elsewhere");
    /// ```
    pub fn create_owned(self: Arc<Self>) -> Option<OwnedRefMut<T, C>> {
        ExclusiveLease::create(self, T::default).map(OwnedRefMut::new)
    }

    /// Makes a new entry, lets `init` fill it, and returns its key; `None` if there is no room, and `init` is not called
    /// then.
    ///
    /// Progress and cost are those of [`Slab::insert`]: no locked instruction. `init` may use the
    /// pool.
    ///
    /// # Panics
    ///
    /// If the value's `Default` does; the slot is given back. If `init` does: the value is cleared, the slot given back.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let key = pool.create_with(|line| line.push_str("text")).unwrap();
    /// assert_eq!(*pool.get(key).unwrap(), "text");
    /// ```
    #[inline]
    pub fn create_with(&self, init: impl FnOnce(&mut T)) -> Option<usize> {
        self.create_with_key(|_key, value| init(value))
    }

    /// Makes a new entry as [`create_with`](Self::create_with) does, and lets `init` know its key. Until it has returned
    /// the key finds nothing.
    ///
    /// # Panics
    ///
    /// As [`create_with`](Self::create_with).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<(usize, String)> = flagstone::Pool::new();
    /// let key = pool.create_with_key(|key, (id, _name)| *id = key).unwrap();
    /// assert_eq!(pool.get(key).unwrap().0, key);
    /// ```
    #[inline]
    pub fn create_with_key(&self, init: impl FnOnce(usize, &mut T)) -> Option<usize> {
        let mut reservation = Reservation::<_, _, Cleared>::new(&self.shards)?;
        reservation.fill(T::default);
        let key = reservation.key();
        reservation.change(|value| init(key, value));
        Some(reservation.publish_filled())
    }

    /// Returns the number of entries; those that were cleared but are still held by guards are counted, and those that
    /// a [`RefMut`] holds.
    ///
    /// Exact while nobody creates or clears, else a number near the truth. Looks at every page once: `create` and
    /// `clear` do no work for it.
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

    /// Returns how many slots the pages have that exist so far, on all threads together.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shards.capacity()
    }
}

//! The safe interface: a slab for many threads.

mod by_key;
mod entry;
mod exclusive_entry;
mod full;
mod iter;
mod owned_entry;
mod pinned;
mod reserve_error;
mod traits;
mod vacant_entry;
mod whole;

pub use self::{
    entry::Entry,
    exclusive_entry::{ExclusiveEntry, ExclusiveError},
    full::Full,
    iter::{Drain, IntoIter, IterMut, UniqueIter},
    owned_entry::OwnedEntry,
    pinned::{Iter, Keys, Pinned},
    reserve_error::ReserveError,
    vacant_entry::VacantEntry,
};
use crate::{
    config::{Config, DefaultConfig, Layout},
    key::PageNumber,
    raw::{Dropped, Reservation, ShardTable, Store},
    sync,
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
/// another slab, finds an entry or `None`, and is never undefined behaviour. `usize::MAX` is never a key.
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
pub struct Slab<T, C: Config = DefaultConfig> {
    pub(crate) shards: ShardTable<T, C>,
}

impl<T, C: Config> Store<T, C> for Slab<T, C> {
    type Ending = Dropped;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

impl<T> Slab<T> {
    sync::const_fn! {
        /// Returns an empty slab of the default configuration. It allocates nothing.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::Slab;
        ///
        /// static SLAB: Slab<u64> = Slab::new();
        /// assert!(SLAB.is_empty());
        /// ```
        #[must_use]
        pub fn new() -> Self {
            Self::new_with_config()
        }
    }

    /// Returns an empty slab of the default configuration in which the current thread has room for `capacity` entries,
    /// as made by [`reserve`](Self::reserve).
    ///
    /// # Panics
    ///
    /// If the allocator refuses the memory, or no shard can have that many entries. [`Slab::new`] followed by
    /// [`Slab::reserve`] returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::with_capacity(1_000);
    /// assert!(slab.capacity() >= 1_000);
    /// slab.insert("value"); // allocates nothing
    /// ```
    #[must_use]
    #[track_caller]
    pub fn with_capacity(capacity: usize) -> Self {
        let slab = Self::new();
        match slab.reserve(capacity) {
            Ok(()) => slab,
            Err(error) => panic!("flagstone: `with_capacity` of {capacity} entries failed: {error}"),
        }
    }

    sync::const_fn! {
        /// Returns an empty slab of the given configuration. It allocates nothing.
        ///
        /// A configuration that cannot work is a compile error.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::{Config, Slab};
        ///
        /// struct Small;
        /// impl Config for Small {
        ///     const MAX_PAGES: usize = 1;
        ///     const INITIAL_PAGE_SIZE: usize = 2;
        /// }
        ///
        /// let slab = Slab::new_with_config::<Small>();
        /// assert!(slab.insert('a').is_some());
        /// assert!(slab.insert('b').is_some());
        /// assert!(slab.insert('c').is_none());
        /// ```
        #[must_use]
        pub fn new_with_config<C: Config>() -> Slab<T, C> {
            let () = Layout::<C>::VALID;
            Slab { shards: ShardTable::new() }
        }
    }
}

impl<T, C: Config> Slab<T, C> {
    /// The number of low bits that can be set in a key. At least [`Config::RESERVED_BITS`] high bits are never set.
    pub const USED_BITS: usize = Layout::<C>::USED_BITS as usize;

    /// The number of keys that the slots of one page can hand out, whatever the page's size, before generations start
    /// over or the page is used up (see [`Config::WRAP_GENERATIONS`]). A page that is [trimmed](Self::trim) can hand
    /// out fewer.
    ///
    /// 2<sup>46</sup>, that is 70,368,744,177,664, with the default configuration on 64 bits.
    pub const KEYS_PER_PAGE: usize = 1 << Layout::<C>::SHARED_BITS;

    /// Returns how many keys one slot of page number `page` can hand out.
    ///
    /// # Panics
    ///
    /// If `page` is not less than [`Config::MAX_PAGES`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(target_pointer_width = "64")] {
    /// use flagstone::Slab;
    ///
    /// assert_eq!(Slab::<u64>::generations(0), 2_199_023_255_552); // a slot of the first page
    /// assert_eq!(Slab::<u64>::generations(31), 1_024); // one of the last, with 68,719,476,736 slots
    /// # }
    /// ```
    #[must_use]
    pub const fn generations(page: usize) -> usize {
        assert!(page < C::MAX_PAGES, "there are no more than MAX_PAGES pages");
        1 << PageNumber::<C>::new(page as u32).generation_bits()
    }

    /// Stores a value and returns its key. If there is no room, drops the value and returns `None`.
    ///
    /// There is no room when the current thread's shard has [`Config::MAX_PAGES`] full pages, or the allocator refuses
    /// memory for a new page. [`try_insert`](Self::try_insert) returns the value in that case.
    ///
    /// Constant time. Wait-free while the thread's own pages have free slots. Otherwise it collects the slots that
    /// other threads freed, or adds a page, which takes as long as the allocator does. A thread without a shard of its
    /// own waits for a lock.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert("value").unwrap();
    /// assert_eq!(*slab.get(key).unwrap(), "value");
    /// ```
    #[inline]
    pub fn insert(&self, value: T) -> Option<usize> {
        self.try_insert(value).ok()
    }

    /// Stores a value and returns its key, or returns the value in an error if there is no room.
    ///
    /// Progress and cost are those of [`insert`](Self::insert).
    ///
    /// # Errors
    ///
    /// [`Full`], with the value, if the current thread's shard is full or the allocator refuses memory for a new page.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::{Config, Slab};
    ///
    /// struct One;
    /// impl Config for One {
    ///     const MAX_PAGES: usize = 1;
    ///     const INITIAL_PAGE_SIZE: usize = 1;
    /// }
    ///
    /// let slab = Slab::new_with_config::<One>();
    /// slab.try_insert("first").unwrap();
    /// let full = slab.try_insert("second").unwrap_err();
    /// assert_eq!(full.into_inner(), "second");
    /// ```
    #[inline]
    pub fn try_insert(&self, value: T) -> Result<usize, Full<T>> {
        match self.shards.insert_fast(value) {
            Ok(key) => Ok(key),
            Err(value) => self.insert_slowly(value),
        }
    }

    #[cold]
    fn insert_slowly(&self, value: T) -> Result<usize, Full<T>> {
        match Reservation::<_, _, Dropped>::new(&self.shards) {
            Some(reservation) => Ok(reservation.publish(value)),
            None => Err(Full::new(value)),
        }
    }

    /// Stores the value that `make` returns for its future key, and returns the key. If there is no room, returns
    /// `None` and does not call `make`.
    ///
    /// `make` may use the slab. Until it returns, a look-up of the key finds nothing. Progress and cost are those of
    /// [`insert`](Self::insert), and of `make`.
    ///
    /// # Panics
    ///
    /// If `make` panics: the slot is freed, and its key counts as handed out.
    ///
    /// # Examples
    ///
    /// ```
    /// struct Session { id: usize }
    ///
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert_with_key(|id| Session { id }).unwrap();
    /// assert_eq!(slab.get(key).unwrap().id, key);
    /// ```
    #[inline]
    pub fn insert_with_key(&self, make: impl FnOnce(usize) -> T) -> Option<usize> {
        let reservation = Reservation::<_, _, Dropped>::new(&self.shards)?;
        let value = make(reservation.key());
        Some(reservation.publish(value))
    }

    /// Reserves a slot and returns a handle that knows its key and can store a value later. Returns `None` if there is
    /// no room.
    ///
    /// Until [`VacantEntry::insert`] a look-up of the key finds nothing. A vacant entry that is dropped frees its slot,
    /// and its key counts as handed out. A vacant entry that is leaked keeps its slot until the slab is dropped.
    /// Progress and cost are those of [`insert`](Self::insert).
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let vacant = slab.vacant_entry().unwrap();
    /// let key = vacant.key();
    /// assert!(!slab.contains(key));
    /// vacant.insert(format!("number {key}"));
    /// assert!(slab.contains(key));
    /// ```
    pub fn vacant_entry(&self) -> Option<VacantEntry<'_, T, C>> {
        Reservation::new(&self.shards).map(VacantEntry::new)
    }

    /// Makes room for `additional` more entries that the current thread inserts, beside those that it already has.
    ///
    /// Afterwards this thread's next `additional` insertions allocate nothing, unless other threads use the room first.
    /// That can happen only on a thread without a shard of its own, whose room is in the overflow shard that all such
    /// threads share. (A thread that has not inserted before gets its shard and its number now.) Slots that [vacant
    /// entries](Self::vacant_entry) hold count as room.
    ///
    /// The pages are allocated now. On systems that back memory when it is first written, they take none until they are
    /// used. [`trim`](Self::trim) returns the memory of free pages to the system, and keeps the pages themselves.
    ///
    /// Takes as long as the allocator does for each new page. Each page is twice as large as the one before, so the
    /// shard then has fewer than twice as many slots as it needs, not counting its first page.
    ///
    /// # Errors
    ///
    /// [`ReserveError::Capacity`] if the shard can never have that many entries: nothing is allocated then.
    /// [`ReserveError::Memory`] if the allocator refuses memory: pages that were added before stay.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// slab.reserve(1_000)?;
    /// let capacity = slab.capacity();
    /// for number in 0..1_000 {
    ///     slab.insert(number).unwrap(); // allocates nothing
    /// }
    /// assert_eq!(slab.capacity(), capacity);
    /// # Ok::<_, flagstone::ReserveError>(())
    /// ```
    pub fn reserve(&self, additional: usize) -> Result<(), ReserveError> {
        Ok(self.shards.make_room(additional)?)
    }

    /// Returns the number of entries, including removed ones that guards or pins still hold.
    ///
    /// Exact while no thread inserts or removes, otherwise approximate. Reads every page once: `insert` and `remove` do
    /// no work for it.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab: flagstone::Slab<_> = (0..100).collect();
    /// assert_eq!(slab.len(), 100);
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
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// assert_eq!(slab.capacity(), 0);
    /// slab.insert('a');
    /// assert_eq!(slab.capacity(), 32);
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shards.capacity()
    }
}

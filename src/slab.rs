//! The safe interface: a slab for many threads.

/// What every guard of a value can do: be it, be shown, be compared with it.
macro_rules! guard_traits {
    ($guard:ty, $lease:ident) => {
        impl<T, C: $crate::Config> ::core::ops::Deref for $guard {
            type Target = T;

            #[inline(always)]
            fn deref(&self) -> &T {
                self.$lease.value()
            }
        }

        impl<T: ::core::fmt::Debug, C: $crate::Config> ::core::fmt::Debug for $guard {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&**self, formatter)
            }
        }

        impl<T: PartialEq, C: $crate::Config> PartialEq<T> for $guard {
            fn eq(&self, other: &T) -> bool {
                **self == *other
            }
        }
    };
}
use guard_traits;

mod entry;
mod exclusive_entry;
mod full;
mod iter;
mod owned_entry;
mod vacant_entry;

use core::{fmt, panic::RefUnwindSafe, panic::UnwindSafe};
use std::sync::Arc;

pub use self::{
    entry::Entry,
    exclusive_entry::{ExclusiveEntry, ExclusiveError},
    full::Full,
    iter::{Drain, IntoIter, IterMut, UniqueIter},
    owned_entry::OwnedEntry,
    vacant_entry::VacantEntry,
};
use crate::{
    config::{Config, DefaultConfig, Layout},
    key::PageNumber,
    raw::{Hold, Reservation, ShardTable, Walk},
    sync,
};

/// A store of values for many threads, which hands out a `usize` key for each.
///
/// Every thread inserts into a shard of its own, without any locked instruction; every thread reads, removes and takes
/// by key whatever any thread inserted. See the [crate's page](crate) for when to use it and what it guarantees.
///
/// # Keys
///
/// With the default configuration on 64 bits a key is never handed out twice in the life of a slab: a key that was
/// removed finds nothing, for ever. Where [`Config::WRAP_GENERATIONS`] is set (by default on 32 bits) a key comes back
/// after [`Slab::generations`] insertions into the same slot. A key that was made up, or came from another slab, finds
/// an entry or `None`, and never does harm. `usize::MAX` is never a key.
///
/// # Memory
///
/// An empty slab is a few words. The first insertion makes a table, of which the operating system backs with memory
/// what is used; a thread's first insertion makes its first page of [`Config::INITIAL_PAGE_SIZE`] slots, and each
/// further page is twice as large, backed with memory as its slots are used. A slot is a word and the value.
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
///     assert!(NAMES.remove(key)); // the value goes when `name` does
/// })
/// .join()
/// .unwrap();
/// assert!(NAMES.get(key).is_none());
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
/// // `Sync`, but to be dropped on its own thread: a shared slab could not promise that.
/// shared::<flagstone::Slab<std::sync::MutexGuard<'static, u8>>>();
/// ```
pub struct Slab<T, C: Config = DefaultConfig> {
    shards: ShardTable<T, C>,
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
    /// How many low bits of a key are ever set; at least [`Config::RESERVED_BITS`] high bits are not.
    pub const USED_BITS: usize = Layout::<C>::USED_BITS as usize;

    /// How many keys the slots of one page can hand out, whatever the page's size, before generations begin anew or the
    /// page is spent (see [`Config::WRAP_GENERATIONS`]).
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

    /// Stores a value and returns its key; `None`, and the value is dropped, if there is no room.
    ///
    /// There is no room when the current thread's shard has [`Config::MAX_PAGES`] full pages, or memory for a new page
    /// is refused. [`try_insert`](Self::try_insert) gives the value back then.
    ///
    /// Constant time. Wait-free while the thread's own pages have free slots; else it takes back what other threads
    /// freed or adds a page, which is the allocator's time. A thread without a shard of its own waits for a lock.
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

    /// Stores a value and returns its key, or gives the value back if there is no room.
    ///
    /// Progress and cost are those of [`insert`](Self::insert).
    ///
    /// # Errors
    ///
    /// [`Full`], with the value, if the current thread's shard is full or memory is.
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
        match Reservation::new(self) {
            Some(reservation) => Ok(reservation.publish(value)),
            None => Err(Full::new(value)),
        }
    }

    /// Stores the value that `make` returns for the key that it will have; `None` if there is no room, and `make` is
    /// not called then.
    ///
    /// `make` may use the slab. Until it has returned the key finds nothing. If it panics, the slot is given back.
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
        let reservation = Reservation::new(self)?;
        let value = make(reservation.key());
        Some(reservation.publish(value))
    }

    /// Reserves a slot, whose key is known at once and whose value may come later; `None` if there is no room.
    ///
    /// Until [`VacantEntry::insert`] the key finds nothing. A vacant entry that is dropped gives its slot back, and its
    /// key is not used for another.
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
        Reservation::new(self).map(VacantEntry::new)
    }

    /// Returns a guard for the entry of `key`; `None` if there is none.
    ///
    /// While the guard lives its value does: a removal meanwhile is finished when the last guard is dropped. Guards
    /// that are forgotten ([`mem::forget`](core::mem::forget)) keep that entry's slot, and nothing else, until the slab
    /// is dropped.
    ///
    /// Lock-free: one exchange, again if other threads get or drop guards of the same entry at the same moment.
    ///
    /// # Panics
    ///
    /// If the entry has as many guards as can be counted: at least 1,048,574 on 64 bits, 1,022 on 32.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert(vec![1, 2, 3]).unwrap();
    /// let entry = slab.get(key).unwrap();
    /// assert_eq!(entry.iter().sum::<i32>(), 6);
    /// assert!(slab.get(key + 1).is_none());
    /// ```
    #[inline]
    pub fn get(&self, key: usize) -> Option<Entry<'_, T, C>> {
        Entry::new(self, key)
    }

    /// Returns a guard that keeps the slab alive and is bound to no lifetime; `None` if `key` has no entry.
    ///
    /// Otherwise like [`get`](Self::get), with one count of the `Arc` more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// let slab = Arc::new(flagstone::Slab::new());
    /// let key = slab.insert("value").unwrap();
    /// let entry = slab.clone().get_owned(key).unwrap();
    /// drop(slab);
    /// std::thread::spawn(move || assert_eq!(*entry, "value")).join().unwrap();
    /// ```
    pub fn get_owned(self: Arc<Self>, key: usize) -> Option<OwnedEntry<T, C>> {
        OwnedEntry::new(self, key)
    }

    /// Returns a reference to the value of `key`'s entry, to be changed in place; `None` if there is none. Wait-free.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab = flagstone::Slab::new();
    /// let key = slab.insert(1).unwrap();
    /// *slab.get_mut(key).unwrap() += 1;
    /// assert_eq!(*slab.get(key).unwrap(), 2);
    /// ```
    pub fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        self.shards.get_mut(key)
    }

    /// Returns the only guard of `key`'s entry, through which the value can be changed. Wait-free.
    ///
    /// While it lives, `get` of the key returns `None`. `remove` returns `true`, and the value goes with the guard;
    /// `take` waits for it.
    ///
    /// # Errors
    ///
    /// [`ExclusiveError::InUse`] if somebody has a guard of the entry, [`ExclusiveError::Absent`] if there is no entry.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::{ExclusiveError, Slab};
    ///
    /// let slab = Slab::new();
    /// let key = slab.insert(String::from("a")).unwrap();
    /// slab.get_exclusive(key).unwrap().push('b');
    ///
    /// let reader = slab.get(key).unwrap();
    /// assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    /// assert_eq!(*reader, "ab");
    /// ```
    pub fn get_exclusive(&self, key: usize) -> Result<ExclusiveEntry<'_, T, C>, ExclusiveError> {
        ExclusiveEntry::new(self, key)
    }

    /// Returns whether [`get`](Self::get) of `key` would find an entry at this moment. Wait-free, one look.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert(()).unwrap();
    /// assert!(slab.contains(key));
    /// slab.remove(key);
    /// assert!(!slab.contains(key));
    /// ```
    #[must_use]
    pub fn contains(&self, key: usize) -> bool {
        self.shards.contains(key)
    }

    /// Removes the entry of `key` and drops its value: at once, or with the last guard if somebody has one.
    ///
    /// Returns whether there was an entry; of several that remove one entry, one gets `true`. From then on `get` finds
    /// nothing. If the value's destructor panics, the panic comes out here or where the last guard is dropped, and the
    /// slot is free all the same.
    ///
    /// Lock-free: one exchange, and, for an entry of another thread's shard, another one to give the slot back.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert("value").unwrap();
    /// let entry = slab.get(key).unwrap();
    /// assert!(slab.remove(key));
    /// assert!(!slab.remove(key));
    /// assert_eq!(*entry, "value"); // dropped with `entry`
    /// ```
    #[inline]
    pub fn remove(&self, key: usize) -> bool {
        self.shards.remove(key)
    }

    /// Removes the entry of `key` and returns its value; `None` if there is no entry.
    ///
    /// **Blocks** while guards of the entry are out: asleep, but for the first microsecond. New guards are refused
    /// meanwhile. A thread that holds a guard of the entry itself waits for ever; [`try_take`](Self::try_take) does not
    /// wait.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert("value").unwrap();
    /// assert_eq!(slab.take(key), Some("value"));
    /// assert_eq!(slab.take(key), None);
    /// ```
    #[inline]
    pub fn take(&self, key: usize) -> Option<T> {
        self.shards.take(key, true)
    }

    /// Removes the entry of `key` and returns its value; `None`, and the entry stays, if a guard of it is out, or if
    /// there is no entry. Lock-free.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert("value").unwrap();
    /// let entry = slab.get(key).unwrap();
    /// assert_eq!(slab.try_take(key), None);
    /// drop(entry);
    /// assert_eq!(slab.try_take(key), Some("value"));
    /// ```
    #[inline]
    pub fn try_take(&self, key: usize) -> Option<T> {
        self.shards.take(key, false)
    }

    /// Returns the number of entries; those that were removed but are still held by guards are counted.
    ///
    /// Exact while nobody inserts or removes, else a number near the truth. Looks at every page once: `insert` and
    /// `remove` do no work for it.
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

    /// Returns how many slots the pages have that exist so far, on all threads together.
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

    /// Removes every entry for which `keep` returns `false`.
    ///
    /// Other threads go on meanwhile: an entry that is there throughout is asked about once; one that comes or goes may
    /// or may not be. `keep` is called with a guard held, and may use the slab, but for a `take` of the entry that it
    /// is asked about. If it panics, that entry and the rest stay.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab: flagstone::Slab<_> = (0..10).collect();
    /// slab.retain(|_key, value| value % 2 == 0);
    /// assert_eq!(slab.len(), 5);
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(usize, &T) -> bool) {
        for entry in self.leased() {
            if !keep(entry.key(), &entry) {
                self.remove(entry.key());
            }
        }
    }

    /// Every entry in turn, each under a guard of its own.
    fn leased(&self) -> impl Iterator<Item = Entry<'_, T, C>> {
        let mut walk = Walk::new();
        core::iter::from_fn(move || {
            loop {
                // Gone or held exclusively since the walk came by: go on to the next.
                if let Some(entry) = self.get(walk.next_present(&self.shards)?) {
                    return Some(entry);
                }
            }
        })
    }

    /// Returns an iterator over references to all values, in no particular order.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab: flagstone::Slab<_> = (1..=4).collect();
    /// assert_eq!(slab.unique_iter().sum::<i32>(), 10);
    /// ```
    pub fn unique_iter(&mut self) -> UniqueIter<'_, T, C> {
        UniqueIter::new(self.iter_mut())
    }

    /// Returns an iterator over all keys with mutable references to their values, in no particular order.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab: flagstone::Slab<_> = (1..=4).collect();
    /// for (_key, value) in slab.iter_mut() {
    ///     *value *= 2;
    /// }
    /// assert_eq!(slab.unique_iter().sum::<i32>(), 20);
    /// ```
    pub fn iter_mut(&mut self) -> IterMut<'_, T, C> {
        IterMut::new(self)
    }

    /// Returns an iterator that removes each entry and yields its key and value. What it has not yielded when it is
    /// dropped is removed then.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab: flagstone::Slab<_> = (1..=4).collect();
    /// assert_eq!(slab.drain().map(|(_key, value)| value).sum::<i32>(), 10);
    /// assert!(slab.is_empty());
    /// ```
    pub fn drain(&mut self) -> Drain<'_, T, C> {
        Drain::new(self)
    }

    /// Removes every entry and drops its value, also those that forgotten guards hold. The pages stay.
    ///
    /// If a value's destructor panics, the others are dropped all the same before the panic goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab: flagstone::Slab<_> = (1..=4).collect();
    /// slab.clear();
    /// assert!(slab.is_empty());
    /// assert_eq!(slab.capacity(), 32);
    /// ```
    pub fn clear(&mut self) {
        self.shards.clear(Walk::new());
    }
}

impl<T, C: Config> Hold<T, C> for &Slab<T, C> {
    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

impl<T, C: Config> Hold<T, C> for Arc<Slab<T, C>> {
    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

impl<T, C: Config> Default for Slab<T, C> {
    fn default() -> Self {
        Slab::new_with_config()
    }
}

/// Inserts each value; the keys are found by walking.
///
/// # Panics
///
/// If the current thread's shard is full.
impl<T, C: Config> Extend<T> for Slab<T, C> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        for value in values {
            assert!(self.insert(value).is_some(), "flagstone: no room left in the current thread's shard");
        }
    }
}

/// # Panics
///
/// If the current thread's shard is full.
impl<T, C: Config> FromIterator<T> for Slab<T, C> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut slab = Self::default();
        slab.extend(values);
        slab
    }
}

/// Shows every entry under a guard, one after another, while other threads go on.
impl<T: fmt::Debug, C: Config> fmt::Debug for Slab<T, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Entries<'a, T, C: Config>(&'a Slab<T, C>);

        impl<T: fmt::Debug, C: Config> fmt::Debug for Entries<'_, T, C> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut map = formatter.debug_map();
                for entry in self.0.leased() {
                    map.entry(&entry.key(), &*entry);
                }
                map.finish()
            }
        }

        formatter
            .debug_struct("Slab")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("entries", &Entries(self))
            .finish()
    }
}

// A panic leaves the slab's own state whole, so it is as safe to look at afterwards as its values are.
impl<T: UnwindSafe + RefUnwindSafe, C: Config> UnwindSafe for Slab<T, C> {}
impl<T: RefUnwindSafe, C: Config> RefUnwindSafe for Slab<T, C> {}

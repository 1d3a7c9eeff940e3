//! Inserting values.

use super::{Full, Slab, VacantEntry};
use crate::{
    config::Config,
    key_type::Key,
    raw::{Dropped, Reservation},
};

impl<T, C: Config, K: Key> Slab<T, C, K> {
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
    #[doc(alias("push"))]
    pub fn insert(&self, value: T) -> Option<K> {
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
    pub fn try_insert(&self, value: T) -> Result<K, Full<T>> {
        match self.shards.insert_fast(value) {
            Ok(key) => Ok(key),
            Err(value) => self.insert_slowly(value),
        }
    }

    #[cold]
    fn insert_slowly(&self, value: T) -> Result<K, Full<T>> {
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
    pub fn insert_with_key(&self, make: impl FnOnce(K) -> T) -> Option<K> {
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
    #[doc(alias("vacant_key"))]
    pub fn vacant_entry(&self) -> Option<VacantEntry<'_, T, C, K>> {
        Reservation::new(&self.shards).map(VacantEntry::new)
    }
}

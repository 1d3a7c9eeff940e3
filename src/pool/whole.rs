//! Operations on all entries of a pool.

use super::Pool;
use crate::{
    clear::Clear,
    config::Config,
    raw::{Cleared, leases},
    slab::{IterMut, UniqueIter},
    stats::Stats,
};

impl<T: Clear + Default, C: Config> Pool<T, C> {
    /// Clears every entry for which `keep` returns `false`.
    ///
    /// Other threads may use the pool meanwhile. `keep` is called once for each entry that exists throughout, unless an
    /// exclusive guard of it is active, or waited for, when its turn comes. For an entry that is created or cleared
    /// meanwhile, `keep` may or may not be called. Progress and cost are those of
    /// [`Slab::retain`](crate::Slab::retain).
    ///
    /// # Panics
    ///
    /// If `keep` panics: that entry and the remaining ones stay. If the `Clear` of a value panics: that entry has
    /// ended, and the remaining ones stay. If an entry has as many guards as can be counted, as for [`get`](Self::get).
    ///
    /// # Deadlocks
    ///
    /// `keep` is called while a guard of the entry is held. It may use the pool, but
    /// [`wait_exclusive`](Self::wait_exclusive) of that entry waits for ever. So does a `keep` that waits for a thread
    /// which is in that call, for that entry.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// for text in ["a", "bb", "ccc"] {
    ///     pool.create_with(|line| line.push_str(text));
    /// }
    /// pool.retain(|_key, line| line.len() > 1);
    /// assert_eq!(pool.len(), 2);
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(usize, &T) -> bool) {
        for entry in leases(self) {
            if !keep(entry.key(), entry.value()) {
                self.clear(entry.key());
            }
        }
    }

    /// Returns the memory of entirely free pages to the operating system, and the number of its bytes to the caller, as
    /// [`Slab::trim`](crate::Slab::trim) does.
    ///
    /// The values that free slots of those pages keep are dropped, with the memory that they own. While a page's values
    /// are being dropped, calls of `create` in their destructors do not find the slots of that page. Nor do those of
    /// other threads without a shard, if the page is in the overflow shard. So they may add a page, or find no room.
    ///
    /// # Panics
    ///
    /// If a value's destructor panics. Everything else is done first.
    pub fn trim(&self) -> usize {
        self.shards.trim()
    }

    /// Returns the memory of all entirely free pages to the operating system, and the number of its bytes to the
    /// caller: as [`trim`](Self::trim), for the shards of all threads.
    ///
    /// # Panics
    ///
    /// If a value's destructor panics. Everything else is done first.
    pub fn shrink_to_fit(&mut self) -> usize {
        self.shards.shrink_to_fit()
    }

    /// Returns statistics of the pool, by shard and page, as [`Slab::stats`](crate::Slab::stats) does.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shards.stats()
    }

    /// Returns an iterator over references to the values of all entries, in no particular order.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// pool.create_with(|line| line.push_str("text"));
    /// assert_eq!(pool.unique_iter().collect::<Vec<_>>(), ["text"]);
    /// ```
    pub fn unique_iter(&mut self) -> UniqueIter<'_, T, C> {
        UniqueIter::new(self.iter_mut())
    }

    /// Returns an iterator over all keys with mutable references to their values, in no particular order.
    pub fn iter_mut(&mut self) -> IterMut<'_, T, C> {
        IterMut::new(&mut self.shards)
    }

    /// Clears every entry, including entries that leaked guards or pins hold. The pages and the values stay, to be
    /// reused.
    ///
    /// # Panics
    ///
    /// If the `Clear` of a value panics. Such values are dropped, all others are cleared, then the first panic is
    /// resumed.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// pool.create_with(|line| line.push_str("text"));
    /// pool.clear_all();
    /// assert!(pool.is_empty());
    /// assert!(pool.create().unwrap().capacity() >= 4);
    /// ```
    pub fn clear_all(&mut self) {
        self.shards.clear::<Cleared>();
    }
}

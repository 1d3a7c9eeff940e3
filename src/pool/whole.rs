//! What concerns all entries of a pool at once.

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
    /// Other threads go on meanwhile: an entry that is there throughout is asked about once, unless somebody holds it
    /// exclusively when its turn comes; one that comes or goes may or may not be. `keep` is called with a guard held, and may use the pool. If it panics, that entry and the rest
    /// stay.
    ///
    /// # Panics
    ///
    /// If an entry has as many guards as can be counted, as [`get`](Self::get) does.
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

    /// Gives the memory of entirely free pages of the current thread's shard back to the operating system, and returns how
    /// many bytes that were: as [`Slab::trim`](crate::Slab::trim).
    ///
    /// The values that free slots of those pages keep are dropped, with the memory that they own. While a page's values are
    /// being dropped, `create` in their destructors and on other threads without a shard does not find its slots, so
    /// it may add a page, or find no room.
    ///
    /// # Panics
    ///
    /// If a value's destructor does; all else is done first.
    pub fn trim(&self) -> usize {
        self.shards.trim()
    }

    /// Gives the memory of all entirely free pages back to the operating system, and returns how many bytes that were: as
    /// [`trim`](Self::trim), for the shards of all threads.
    ///
    /// # Panics
    ///
    /// If a value's destructor does; all else is done first.
    pub fn shrink_to_fit(&mut self) -> usize {
        self.shards.shrink_to_fit()
    }

    /// Returns what the pool is made of, shard by shard and page by page, as [`Slab::stats`](crate::Slab::stats).
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shards.stats()
    }

    /// Returns an iterator over references to all values of entries, in no particular order.
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

    /// Clears every entry, also those that forgotten guards hold. The pages and the values stay, to be used again.
    ///
    /// # Panics
    ///
    /// If the `Clear` of values does: those are dropped, all others are cleared, then the first panic goes on.
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

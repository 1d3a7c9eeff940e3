//! Operations on all entries.

use super::Pool;
use crate::{
    clear::Clear,
    config::Config,
    key_type::Key,
    raw::{Cleared, leases},
    slab::{IterMut, UniqueIter},
};

impl<T: Clear, C: Config, K: Key> Pool<T, C, K> {
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
    #[track_caller]
    pub fn retain(&self, mut keep: impl FnMut(K, &T) -> bool) {
        for entry in leases(self) {
            if !keep(entry.key(), entry.value()) {
                self.shards.remove::<Cleared>(entry.raw_key());
            }
        }
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
    pub fn unique_iter(&mut self) -> UniqueIter<'_, T, C, K> {
        UniqueIter::new(self.iter_mut())
    }

    /// Returns an iterator over all keys with mutable references to their values, in no particular order.
    pub fn iter_mut(&mut self) -> IterMut<'_, T, C, K> {
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

    /// Returns the number of entries, including cleared ones that guards or pins still hold, and those that a
    /// [`RefMut`](super::RefMut) holds.
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
}

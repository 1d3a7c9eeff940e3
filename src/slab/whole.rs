//! Operations on all entries.

use super::{Drain, IterMut, Slab, UniqueIter};
use crate::{
    config::Config,
    key_type::Key,
    raw::{Dropped, leases},
};

impl<T, C: Config, K: Key> Slab<T, C, K> {
    /// Removes every entry for which `keep` returns `false`.
    ///
    /// Other threads may use the slab meanwhile. `keep` is called once for each entry that exists throughout, unless an
    /// exclusive guard of it is active, or waited for, when its turn comes. For an entry that is inserted or removed
    /// meanwhile, `keep` may or may not be called.
    ///
    /// Lock-free, except for `keep` and destructors. Reads every slot that was ever used; for each entry it gets and
    /// drops a guard, and for each that is not kept calls [`remove`](Self::remove).
    ///
    /// # Panics
    ///
    /// If `keep` panics: that entry and the remaining ones stay. If a removed value's destructor panics: that entry is
    /// removed, and the remaining ones stay. If an entry has as many guards as can be counted, as for
    /// [`get`](Self::get).
    ///
    /// # Deadlocks
    ///
    /// `keep` is called while a guard of the entry is held. It may use the slab, but [`take`](Self::take) and
    /// [`wait_exclusive`](Self::wait_exclusive) of that entry wait for ever. So does a `keep` that waits for a thread
    /// which is in one of these calls, for that entry.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab: flagstone::Slab<_> = (0..10).collect();
    /// slab.retain(|_key, value| value % 2 == 0);
    /// assert_eq!(slab.len(), 5);
    /// ```
    #[track_caller]
    #[doc(alias("alter_all"))]
    pub fn retain(&self, mut keep: impl FnMut(K, &T) -> bool) {
        for entry in leases(self) {
            if !keep(entry.key(), entry.value()) {
                self.shards.remove::<Dropped>(entry.raw_key());
            }
        }
    }

    /// Returns an iterator over references to all values, in no particular order.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab: flagstone::Slab<_> = (1..=4).collect();
    /// assert_eq!(slab.unique_iter().sum::<i32>(), 10);
    /// ```
    #[doc(alias("values"))]
    pub fn unique_iter(&mut self) -> UniqueIter<'_, T, C, K> {
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
    #[doc(alias("values_mut"))]
    pub fn iter_mut(&mut self) -> IterMut<'_, T, C, K> {
        IterMut::new(&mut self.shards)
    }

    /// Returns an iterator that removes each entry and yields its key and value. When the iterator is dropped, it
    /// removes the entries that it has not yielded.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab: flagstone::Slab<_> = (1..=4).collect();
    /// assert_eq!(slab.drain().map(|(_key, value)| value).sum::<i32>(), 10);
    /// assert!(slab.is_empty());
    /// ```
    pub fn drain(&mut self) -> Drain<'_, T, C, K> {
        Drain::new(self)
    }

    /// Removes every entry and drops its value, including entries that leaked guards or pins hold. The pages stay.
    ///
    /// # Panics
    ///
    /// If destructors panic: all values are dropped, then the first panic is resumed. The same holds when a slab or a
    /// [`Drain`] is dropped.
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
        self.shards.clear::<Dropped>();
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
    #[doc(alias("count"))]
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Returns whether [`len`](Self::len) is zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

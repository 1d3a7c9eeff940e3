//! What concerns all entries of a slab at once.

use super::{Drain, IterMut, Slab, UniqueIter};
use crate::{
    config::Config,
    raw::{Dropped, leases},
};

impl<T, C: Config> Slab<T, C> {
    /// Removes every entry for which `keep` returns `false`.
    ///
    /// Other threads go on meanwhile: an entry that is there throughout is asked about once, unless somebody holds it
    /// exclusively when its turn comes; one that comes or goes may or may not be. `keep` is called with a guard held, and may use the slab, but for a `take` of the entry that it
    /// is asked about, which would wait for ever. If it panics, that entry and the rest stay.
    ///
    /// # Panics
    ///
    /// If an entry has as many guards as can be counted, as [`get`](Self::get) does.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab: flagstone::Slab<_> = (0..10).collect();
    /// slab.retain(|_key, value| value % 2 == 0);
    /// assert_eq!(slab.len(), 5);
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(usize, &T) -> bool) {
        for entry in leases(self) {
            if !keep(entry.key(), entry.value()) {
                self.remove(entry.key());
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
        IterMut::new(&mut self.shards)
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
    /// If destructors panic, all values are dropped before the first panic goes on. The same holds when a slab or a
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
}

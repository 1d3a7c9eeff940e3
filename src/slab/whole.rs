//! Operations on all entries of a slab.

use super::{Drain, IterMut, Slab, UniqueIter};
use crate::{
    config::Config,
    raw::{Dropped, leases},
    stats::Stats,
};

impl<T, C: Config> Slab<T, C> {
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
    pub fn retain(&self, mut keep: impl FnMut(usize, &T) -> bool) {
        for entry in leases(self) {
            if !keep(entry.key(), entry.value()) {
                self.remove(entry.key());
            }
        }
    }

    /// Returns the memory of entirely free pages to the operating system, and the number of its bytes to the caller.
    ///
    /// It trims the current thread's shard (the overflow shard, if the thread has none of its own), and the shards of
    /// all threads that have ended. The shard of another live thread is not trimmed: that thread must do so itself.
    /// Other threads may use the slab meanwhile, also with keys of these shards. The address space stays reserved. The
    /// promise about keys holds too: all slots of a trimmed page continue with the generation of the slot that is
    /// furthest ahead, at the cost of the keys that the others had left ([`Config::WRAP_GENERATIONS`]).
    ///
    /// A page stays as it is if an entry, a guard, a pin or a vacant entry holds one of its slots, or if a slot has
    /// used up its generations. Where generations wrap, a page also stays as it is if the generations of its slots are
    /// half of the period or more apart: trimming it might repeat keys at once.
    ///
    /// Memory is returned on Linux and Android only. Elsewhere, and where the allocator's memory is tagged, pages are
    /// made blank, but the system gets nothing back, and the result is 0. The global allocator must not take its memory
    /// from a private mapping of a file: the pages would show the file's contents afterwards. No allocator is known
    /// that does.
    ///
    /// Takes time proportional to the number of slots of those shards that were ever used, and a system call for each
    /// page. For each shard of an ended thread it tries the lock of the thread registry, and skips the shard if another
    /// thread holds that lock; it waits for the lock only afterwards, to give the thread number back. Threads without a
    /// shard of their own wait for each other's trimming when they insert. No other thread waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let keys: Vec<_> = (0..100_000_u64).map(|number| slab.insert(number).unwrap()).collect();
    /// for key in keys {
    ///     slab.remove(key);
    /// }
    /// let bytes = slab.trim();
    /// assert!(bytes > 1_000_000 || !cfg!(target_os = "linux"));
    /// assert_eq!(slab.stats().total().high_water, 0);
    /// ```
    pub fn trim(&self) -> usize {
        self.shards.trim()
    }

    /// Returns the memory of all entirely free pages to the operating system, and the number of its bytes to the
    /// caller: as [`trim`](Self::trim), for the shards of all threads.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab: flagstone::Slab<_> = (0..100_000_u64).collect();
    /// slab.clear();
    /// slab.shrink_to_fit();
    /// assert_eq!(slab.stats().total().high_water, 0);
    /// ```
    pub fn shrink_to_fit(&mut self) -> usize {
        self.shards.shrink_to_fit()
    }

    /// Returns statistics of the slab, by shard and page. Their `Display` is a table.
    ///
    /// Blocks no thread. Reads every slot that was ever used, and allocates.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab: flagstone::Slab<_> = (0..40).collect();
    /// let stats = slab.stats();
    /// assert_eq!(stats.total().live, 40);
    /// assert_eq!(stats.shards()[0].pages.len(), 2); // of 32 and of 64 slots
    /// println!("{stats}");
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shards.stats()
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
    pub fn drain(&mut self) -> Drain<'_, T, C> {
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
}

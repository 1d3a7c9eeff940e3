//! What concerns all entries of a slab at once.

use super::{Drain, IterMut, Slab, UniqueIter};
use crate::{
    config::Config,
    raw::{Dropped, leases},
    stats::Stats,
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

    /// Gives the memory of entirely free pages back to the operating system, and returns how many bytes that were.
    ///
    /// It looks at the current thread's shard (at the overflow shard, if the thread has none of its own), and at the shards of
    /// all threads that have ended: each thread that lives trims what it has inserted itself. Other threads go on meanwhile,
    /// with keys of these shards too. The addresses stay, and so does the promise about keys: a page's slots go on with the
    /// generations of the one that is furthest ahead, at the cost of what keys the others had left
    /// ([`Config::WRAP_GENERATIONS`]).
    ///
    /// A page of which an entry, a guard, a pin or a vacant entry holds a slot, or with a slot that has used its
    /// generations up, stays as it is; so does, where generations wrap, one whose slots are half of the generations apart or
    /// more, which might bring keys back at once.
    ///
    /// On Linux and Android; elsewhere, and where the allocator's memory is tagged, pages are made blank, but the system
    /// gets nothing, and the result is 0. The global allocator must not take its memory from a private mapping of a file,
    /// which would show the file's contents afterwards; no allocator is known that does.
    ///
    /// Takes time in proportion to the slots of those shards that were used, a system call for each page, and the lock of the
    /// thread registry for each shard of an ended thread: where that is taken, such a shard is left for another time. Threads without a shard of their own wait for each other's trimming
    /// when they insert; no other thread waits.
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

    /// Gives the memory of all entirely free pages back to the operating system, and returns how many bytes that were: as
    /// [`trim`](Self::trim), for the shards of all threads.
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

    /// Returns what the slab is made of, shard by shard and page by page. Its `Display` is a table.
    ///
    /// Blocks nobody; looks at every slot that was ever used, and allocates.
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

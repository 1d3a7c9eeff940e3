//! The memory of a slab.

use super::{ReserveError, Slab};
use crate::{config::Config, key_type::Key, stats::Stats};

impl<T, C: Config, K: Key> Slab<T, C, K> {
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
    #[doc(alias("compact", "shrink"))]
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
    #[doc(alias("compact"))]
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
}

//! The memory of a pool.

use super::Pool;
use crate::{clear::Clear, config::Config, key_type::Key, slab::ReserveError, stats::Stats};

impl<T: Clear, C: Config, K: Key> Pool<T, C, K> {
    /// Returns the number of slots in all pages that exist so far, of all threads together.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shards.capacity()
    }

    /// Makes room for `additional` more entries that the current thread creates, as [`Slab::reserve`](crate::Slab::reserve) does. No value is
    /// made.
    ///
    /// # Errors
    ///
    /// [`ReserveError::Capacity`] if the shard can never have that many entries: nothing is allocated then.
    /// [`ReserveError::Memory`] if the allocator refuses memory: pages that were added before stay.
    pub fn reserve(&self, additional: usize) -> Result<(), ReserveError> {
        Ok(self.shards.make_room(additional)?)
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
}

//! What can keep a slab or a pool alive for its guards.
//!
//! The one file below `raw` that knows types above it: to implement [`Hold`] is unsafe, so it is done here.

use std::sync::Arc;

use super::{
    ending::{Cleared, Dropped, Ending},
    shard_table::ShardTable,
};
use crate::{clear::Clear, config::Config, pool::Pool, slab::Slab};

/// A reference to a slab or a pool, borrowed or counted.
///
/// # Safety
///
/// Every call returns the same table, which lives and stays where it is as long as the hold or a clone of it (G1).
pub(crate) unsafe trait Hold<T, C: Config> {
    /// What becomes of the values.
    type Ending: Ending<T>;

    fn shards(&self) -> &ShardTable<T, C>;
}

// SAFETY: a slab has one table and keeps it; the reference keeps the slab where it is.
unsafe impl<T, C: Config> Hold<T, C> for &Slab<T, C> {
    type Ending = Dropped;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

// SAFETY: a slab has one table and keeps it; the count keeps the slab alive, and an `Arc` does not move what it holds.
unsafe impl<T, C: Config> Hold<T, C> for Arc<Slab<T, C>> {
    type Ending = Dropped;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

// SAFETY: as with a slab.
unsafe impl<T: Clear + Default, C: Config> Hold<T, C> for &Pool<T, C> {
    type Ending = Cleared;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

// SAFETY: as with a slab.
unsafe impl<T: Clear + Default, C: Config> Hold<T, C> for Arc<Pool<T, C>> {
    type Ending = Cleared;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

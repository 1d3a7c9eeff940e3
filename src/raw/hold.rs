//! References that keep a slab or a pool alive for its guards.
//!
//! The only file below `raw` that uses types of the layers above: implementing [`Hold`] is unsafe, so it is done here.

use std::sync::Arc;

use super::{
    ending::{Cleared, Dropped, Ending},
    shard_table::ShardTable,
};
use crate::{clear::Clear, config::Config, pool::Pool, slab::Slab};

/// A reference to a slab or a pool, borrowed or reference counted.
///
/// # Safety
///
/// Every call returns the same table, which lives and does not move as long as the hold or a clone of it lives (G1).
pub(crate) unsafe trait Hold<T, C: Config> {
    /// How values are ended.
    type Ending: Ending<T>;

    fn shards(&self) -> &ShardTable<T, C>;
}

// SAFETY: a slab has one table and keeps it; the reference keeps the slab from moving.
unsafe impl<T, C: Config> Hold<T, C> for &Slab<T, C> {
    type Ending = Dropped;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

// SAFETY: a slab has one table and keeps it; the reference count keeps the slab alive, and an `Arc` does not move it.
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

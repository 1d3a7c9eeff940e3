//! What can keep a slab alive for its guards.
//!
//! The one file below `raw` that knows a type above it: to implement [`Hold`] is unsafe, so it is done here.

use std::sync::Arc;

use super::{lease::Hold, shard_table::ShardTable};
use crate::{config::Config, slab::Slab};

// SAFETY: a slab has one table and keeps it; the reference keeps the slab where it is.
unsafe impl<T, C: Config> Hold<T, C> for &Slab<T, C> {
    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

// SAFETY: a slab has one table and keeps it; the count keeps the slab alive, and an `Arc` does not move what it holds.
unsafe impl<T, C: Config> Hold<T, C> for Arc<Slab<T, C>> {
    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

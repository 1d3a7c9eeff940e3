//! References that keep a slab or a pool alive for its guards.

use std::sync::Arc;

use crate::{
    config::Config,
    key_type::Key,
    raw::{shards::shard_table::ShardTable, slot::ending::Ending},
};

/// Wraps one table: a slab, a pool, the core of an executor.
///
/// Implementations return a field of `self`, the same in each call. That is all that the guards rely on; it is not an
/// `unsafe` trait, since the layers above, which implement it, have no `unsafe` code.
pub(crate) trait Store<T, C: Config> {
    /// How values are ended.
    type Ending: Ending<T>;

    /// The type of the keys that are handed out.
    type Key: Key;

    fn shards(&self) -> &ShardTable<T, C>;
}

/// A reference to a store, borrowed or reference counted.
///
/// # Safety
///
/// Every call returns the same table, which lives and does not move as long as the hold or a clone of it lives (G1).
pub(crate) unsafe trait Hold<T, C: Config> {
    /// How values are ended.
    type Ending: Ending<T>;

    /// The type of the keys that are handed out.
    type Key: Key;

    fn shards(&self) -> &ShardTable<T, C>;
}

// SAFETY: the table is a field of the store; the reference keeps the store from moving.
unsafe impl<T, C: Config, S: Store<T, C>> Hold<T, C> for &S {
    type Ending = S::Ending;
    type Key = S::Key;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        S::shards(self)
    }
}

// SAFETY: the table is a field of the store; the count keeps the store alive, and an `Arc` does not move it.
unsafe impl<T, C: Config, S: Store<T, C>> Hold<T, C> for Arc<S> {
    type Ending = S::Ending;
    type Key = S::Key;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        S::shards(self)
    }
}

//! Whether a slab or pool is whole: every slot of every shard can be used.

use flagstone::{Clear, Config, Pool, Slab};

use super::{
    filling::fill,
    pooled::{self, Pooled},
};

/// Fills every shard from threads of their own, which must be the only ones of the process that have numbers, and
/// finds as many slots as the configuration has: none was lost. Then there is nothing again.
///
/// Call it where generations cannot run out, with few threads and pages.
pub(crate) fn assert_whole<T: Send + Sync, C: Config>(slab: &Slab<T, C>, make: impl Fn(usize) -> T + Sync) {
    let sizes = || (slab.len(), slab.capacity());
    fill_and_empty::<C>(sizes, || slab.insert_with_key(&make), |key| slab.remove(key));
}

/// The same of a pool; and then there is a value for each slot.
pub(crate) fn assert_pool_whole<C: Config>(pool: &Pool<Pooled, C>) {
    pooled::without_panics(|| {
        assert_pool_whole_by(pool, Pooled::fill);
        assert_eq!(pooled::alive(), pool.capacity(), "a value for each slot");
    });
}

/// The same of a pool whose values are filled by `fill`.
pub(crate) fn assert_pool_whole_by<T, C>(pool: &Pool<T, C>, fill: impl Fn(&mut T, Option<usize>) + Sync)
where
    T: Clear + Default + Send + Sync,
    C: Config,
{
    let sizes = || (pool.len(), pool.capacity());
    fill_and_empty::<C>(sizes, || pool.create_with(|value| fill(value, None)), |key| pool.clear(key));
}

fn fill_and_empty<C: Config>(
    sizes: impl Fn() -> (usize, usize),
    add: impl Fn() -> Option<usize> + Sync,
    end: impl Fn(usize) -> bool,
) {
    assert_eq!(sizes().0, 0, "something is left");
    let shard = ((1 << C::MAX_PAGES) - 1) * C::INITIAL_PAGE_SIZE.next_power_of_two();
    let (keys, shards) = (fill::<C>(add), C::MAX_THREADS + 1);
    let lengths: Vec<_> = keys.iter().map(Vec::len).filter(|&length| length > 0).collect();
    assert_eq!(lengths.iter().sum::<usize>(), shard * shards, "{shards} shards of {shard} slots: {lengths:?}");
    assert_eq!(sizes(), (shard * shards, shard * shards));
    assert!(keys.into_iter().flatten().all(end));
    assert_eq!(sizes().0, 0);
}

//! Whether a slab is whole: every slot of every shard can be used.

use std::{sync::Barrier, thread};

use flagstone::{Config, Slab};

/// Fills every shard from threads of their own, which must be the only ones of the process that have numbers, and
/// finds as many slots as the configuration has: none was lost. Then there is nothing again.
///
/// Call it where generations cannot run out, with few threads and pages.
pub(crate) fn assert_whole<T: Send + Sync, C: Config>(slab: &Slab<T, C>, make: impl Fn(usize) -> T + Sync) {
    assert_eq!(slab.len(), 0, "something is left");
    let shard = ((1 << C::MAX_PAGES) - 1) * C::INITIAL_PAGE_SIZE.next_power_of_two();
    // One more than have shards of their own: it has the overflow shard to itself.
    let threads = C::MAX_THREADS + 1;
    let all_full = Barrier::new(threads);
    thread::scope(|scope| {
        let fillers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut keys = Vec::new();
                    while let Some(key) = slab.insert_with_key(&make) {
                        keys.push(key);
                    }
                    // No number is given back before all are taken.
                    all_full.wait();
                    keys
                })
            })
            .collect();
        let keys: Vec<Vec<usize>> = fillers.into_iter().map(|filler| filler.join().expect("no panic")).collect();
        assert!(keys.iter().all(|keys| keys.len() == shard), "of {shard} slots: {:?}", keys.iter().map(Vec::len));
        assert_eq!(slab.len(), shard * threads);
        assert_eq!(slab.capacity(), shard * threads);
        assert!(keys.into_iter().flatten().all(|key| slab.remove(key)));
    });
    assert_eq!(slab.len(), 0);
}

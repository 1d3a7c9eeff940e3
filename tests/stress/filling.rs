//! Fills every shard of a store.

use std::{sync::Barrier, thread};

use flagstone::Config;

/// Adds entries from threads of their own, which must be the only ones of the process that have numbers, until there is no
/// room in any shard. Returns the keys of each thread.
pub(crate) fn fill<C: Config>(add: impl Fn() -> Option<usize> + Sync) -> Vec<Vec<usize>> {
    // One more than have shards of their own: it has the overflow shard to itself.
    let threads = C::MAX_THREADS + 1;
    let all_full = Barrier::new(threads);
    thread::scope(|scope| {
        let fillers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut keys = Vec::new();
                    while let Some(key) = add() {
                        keys.push(key);
                    }
                    // No number is given back before all are taken.
                    all_full.wait();
                    keys
                })
            })
            .collect();
        fillers.into_iter().map(|filler| filler.join().expect("no panic")).collect()
    })
}

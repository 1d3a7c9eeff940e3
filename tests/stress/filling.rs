//! Fills every shard of a store.

use std::{sync::Barrier, thread};

use flagstone::Config;

/// More than the threads of any test that are alive at once. A shard is that of the number of the thread that was first, so
/// that there must be a thread of each of those numbers.
const MOST_NUMBERS: usize = 64;

/// Adds entries from threads of their own, which must be the only ones of the process that have numbers, until there is no
/// room in any shard. Returns the keys of each thread; those without a shard of their own share the overflow shard.
pub(crate) fn fill<C: Config>(add: impl Fn() -> Option<usize> + Sync) -> Vec<Vec<usize>> {
    let threads = MOST_NUMBERS.max(C::MAX_THREADS + 1);
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

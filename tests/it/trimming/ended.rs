//! `trim` gives back what threads that have ended have left behind. Thread numbers belong to the process, so each of these
//! runs in one of its own.

use std::{
    collections::HashSet,
    sync::{Barrier, Mutex},
    thread,
};

use flagstone::{Pool, Slab};

use crate::{
    alone::alone,
    pooled::{Call, Pooled, Workshop, attempt},
};

const THREADS: usize = 8;

/// Runs `behaviour` on so many threads, all of which have a number before any of them ends.
fn at_once<R: Send>(behaviour: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (behaviour, barrier) = (&behaviour, &barrier);
                scope.spawn(move || {
                    let result = behaviour(number);
                    barrier.wait();
                    result
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// How many slots were used of each shard.
fn high_waters<T>(slab: &Slab<T>) -> Vec<usize> {
    slab.stats().shards().iter().map(|shard| shard.total().high_water).collect()
}

alone! {
    fn trim_gives_back_the_shards_of_threads_that_have_ended() {
        const ENTRIES: usize = 100;

        for is_registered in [false, true] {
            let slab = Slab::<usize>::new();
            if is_registered {
                // The first shard is this thread's.
                assert!(slab.insert(0).is_some_and(|key| slab.remove(key)));
            }
            let keys = at_once(|_| (0..ENTRIES).map(|value| slab.insert(value).unwrap()).collect::<Vec<_>>());
            slab.trim();
            assert_eq!(slab.len(), THREADS * ENTRIES, "entries stay");
            assert_eq!(high_waters(&slab)[usize::from(is_registered)..], [ENTRIES; THREADS]);
            // Those of every second thread first.
            for keys in keys.iter().step_by(2) {
                assert!(keys.iter().all(|&key| slab.remove(key)));
            }
            slab.trim();
            assert_eq!(slab.stats().total().high_water, THREADS / 2 * ENTRIES, "{}", slab.stats());
            slab.retain(|_, _| false);
            slab.trim();
            assert_eq!((slab.stats().total().high_water, slab.len()), (0, 0), "{}", slab.stats());
            assert!(slab.stats().shards().iter().flat_map(|shard| &shard.pages).all(|page| page.high_water == 0));
            // The next threads go on with new keys, in the same shards.
            let capacity = slab.capacity();
            let seen: HashSet<_> = keys.into_iter().flatten().collect();
            let again = at_once(|_| (0..ENTRIES).map(|value| slab.insert(value).unwrap()).collect::<Vec<_>>());
            assert!(again.iter().flatten().all(|key| !seen.contains(key)));
            assert_eq!((slab.capacity(), slab.len()), (capacity, THREADS * ENTRIES));
            slab.retain(|_, _| false);
        }
    }

    fn trim_leaves_the_shards_of_threads_that_go_on() {
        let slab = Slab::<usize>::new();
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                assert!(slab.insert(1).is_some_and(|key| slab.remove(key)));
                barrier.wait();
                barrier.wait();
                slab.trim();
            });
            barrier.wait();
            assert_eq!((slab.trim(), high_waters(&slab)), (0, vec![1]));
            barrier.wait();
            other.join().unwrap();
        });
        assert_eq!(high_waters(&slab), [0]);
    }

    fn trim_drops_what_the_pool_of_threads_that_have_ended_keeps() {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new();
        let fill = |_| {
            workshop.open_here();
            let keys = [(); 10].map(|()| pool.create_with(|value| value.write("text")).unwrap());
            assert!(keys.iter().all(|&key| pool.clear(key)));
        };
        at_once(fill);
        assert_eq!((workshop.made(), workshop.dropped()), (10 * THREADS, 0));
        pool.trim();
        assert_eq!((workshop.dropped(), pool.stats().total().high_water), (10 * THREADS, 0));
        // A panic goes on when all shards are done.
        at_once(fill);
        workshop.arm(&[Call::Drop]);
        assert!(attempt(|| pool.trim()).is_err());
        assert_eq!((workshop.dropped(), pool.stats().total().high_water), (20 * THREADS, 0));
        at_once(fill);
        assert_eq!(pool.stats().shards().len(), THREADS, "all numbers have come back");
    }

    fn threads_trim_while_others_come_and_go() {
        const TURNS: usize = 200;

        let slab = Slab::<usize>::new();
        let kept = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for turn in 0..TURNS {
                        let behaviour = || {
                            let keys: Vec<_> = (0..50).map(|value| slab.insert(value).unwrap()).collect();
                            for (value, &key) in keys.iter().enumerate() {
                                assert_eq!(slab.get(key).map(|entry| *entry), Some(value));
                                assert!(value == turn % 50 || slab.remove(key));
                            }
                            kept.lock().unwrap().push((keys[turn % 50], turn % 50));
                        };
                        thread::scope(|scope| scope.spawn(behaviour).join().unwrap());
                        slab.trim();
                        let taken = kept.lock().unwrap().pop();
                        assert!(taken.is_none_or(|(key, value)| slab.take(key) == Some(value)));
                    }
                });
            }
        });
        assert!(slab.is_empty());
        slab.trim();
        assert_eq!(slab.stats().total().high_water, 0, "{}", slab.stats());
        // Numbers are borrowed for a moment, in which the next thread gets another one.
        assert!(slab.stats().shards().len() <= 8, "{}", slab.stats());
    }
}

//! Fault 10: threads that use other slabs took shards of this one. And what else follows from shards being the slab's own.
//!
//! Thread numbers belong to the process, so each of these runs in one of its own.

use std::{sync::Barrier, thread};

use flagstone::{Config, Pool, Slab};

use crate::{
    alone::alone,
    crowd::{on_a_thread_without_a_shard, others_claim_all},
};

/// Shards for four threads.
struct Four;

impl Config for Four {
    const MAX_THREADS: usize = 4;
    const MAX_PAGES: usize = 8;
}

/// Runs `behaviour` while so many other threads, each of which has done `before`, are alive.
fn among_idle_threads(count: usize, before: impl Fn() + Sync, behaviour: impl FnOnce()) {
    let barrier = Barrier::new(count + 1);
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                before();
                barrier.wait();
                barrier.wait();
            });
        }
        barrier.wait();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(behaviour));
        barrier.wait();
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// The numbers of the shards that have pages.
fn shards<T, C: Config>(slab: &Slab<T, C>) -> Vec<usize> {
    slab.stats().shards().iter().map(|shard| shard.number).collect()
}

alone! {
    fn fault_10_of_issue_13_threads_that_use_another_slab_take_no_shard_of_this_one() {
        const IDLE: usize = 64;

        let (other, pool) = (Slab::<usize>::new_with_config::<Four>(), Pool::<Vec<u8>>::new_with_config::<Four>());
        let use_others = || {
            assert!(other.insert(1).is_some() && pool.create().is_some());
            drop((other.pin(), pool.pin()));
        };
        among_idle_threads(IDLE, use_others, || {
            let slab = Slab::new_with_config::<Four>();
            let keys: Vec<_> = (0..100).map(|value| slab.insert(value).unwrap()).collect();
            assert_eq!((shards(&slab), slab.len()), (vec![1], 100));
            // And so this thread pins without guards.
            let pinned = slab.pin();
            assert!(keys.iter().all(|&key| slab.remove(key)));
            assert_eq!((slab.len(), pinned.len()), (100, 100));
            drop(pinned);
            assert!(slab.is_empty());

            let mine = Pool::<Vec<u8>>::new_with_config::<Four>();
            assert!(mine.create().is_some());
            assert_eq!(mine.stats().shards().iter().map(|shard| shard.number).collect::<Vec<_>>(), [1]);
        });
    }

    fn fault_10_of_issue_13_threads_get_shards_in_the_order_in_which_they_come_to_the_slab() {
        let slab = Slab::<usize>::new_with_config::<Four>();
        let (there_are_four, all) = (Barrier::new(4), Barrier::new(7));
        let number = |key: usize| key / Slab::<usize, Four>::KEYS_PER_PAGE / Four::MAX_PAGES;
        let mut numbers: Vec<usize> = thread::scope(|scope| {
            let first = || {
                let number = number(slab.insert(1).unwrap());
                there_are_four.wait();
                all.wait();
                number
            };
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(first)).collect();
            // One that only pins has a shard too.
            let pinning = scope.spawn(|| {
                drop(slab.pin());
                there_are_four.wait();
                let number = number(slab.insert(1).unwrap());
                all.wait();
                number
            });
            let late = || {
                while slab.stats().shards().len() < 4 {
                    thread::yield_now();
                }
                let number = number(slab.insert(1).unwrap());
                all.wait();
                number
            };
            let threads = threads.into_iter().chain([pinning]).chain((0..3).map(|_| scope.spawn(late)));
            threads.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(numbers.split_off(4), [0, 0, 0]);
        numbers.sort_unstable();
        assert_eq!((numbers, shards(&slab)), (vec![1, 2, 3, 4], vec![0, 1, 2, 3, 4]));
    }

    fn a_thread_takes_over_the_shards_of_its_number_in_each_slab_that_the_last_one_used() {
        let slabs = [(); 3].map(|()| Slab::<usize>::new_with_config::<Four>());
        for turn in 0..30 {
            let used = &slabs[..=turn % 3];
            thread::scope(|scope| {
                let use_some = || used.iter().for_each(|slab| assert!(slab.insert(turn).is_some()));
                scope.spawn(use_some).join().unwrap();
            });
        }
        assert!(slabs.iter().all(|slab| shards(slab) == [1]));
        assert_eq!(slabs.each_ref().map(Slab::len), [30, 20, 10]);
    }

    fn a_thread_that_finds_no_shard_left_has_one_in_the_next_slab() {
        on_a_thread_without_a_shard(|| {
            for _ in 0..3 {
                let (without, with) = (Slab::<u8>::new_with_config::<Four>(), Slab::<u8>::new_with_config::<Four>());
                others_claim_all::<Four>(|| drop(without.pin()));
                assert!(without.insert(1).is_some() && with.insert(1).is_some());
                assert_eq!(shards(&without)[0], 0);
                assert_eq!(shards(&with), [1]);
            }
        });
    }
}

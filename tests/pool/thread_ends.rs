//! Threads that end, that are many, or that come one after another. Their numbers belong to the process, so each of these
//! runs in one of its own.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
};

use flagstone::{Config, Pool};

use crate::{
    alone::alone,
    configs::{Odd, TwoThreads},
    crowd::{THREADS, at_the_end_of_a_thread, on_threads},
    pooled::{Pooled, Workshop},
};

alone! {
    fn a_pool_is_used_from_destructors_of_thread_locals() {
        fn check<C: Config + 'static>(pool_first: bool) {
            let workshop = Arc::new(Workshop::new());
            let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
            let key = pool.create_with(|value| value.write("text")).unwrap();
            let (kept, wait_for_kept) = mpsc::channel();
            let its_pool = Arc::clone(&pool);
            let number = Arc::clone(&workshop);
            at_the_end_of_a_thread(
                pool_first,
                || {
                    workshop.open_here();
                    assert!(pool.clear(pool.create_with(|value| value.write("text")).unwrap()));
                },
                move || {
                    number.open_here();
                    assert!(its_pool.clear(key));
                    let mut created = its_pool.create().unwrap();
                    created.write("text");
                    let shared = created.downgrade();
                    assert!(its_pool.clear(shared.key()));
                    assert_eq!(shared.text(), "text");
                    drop(shared);
                    drop(its_pool.clone().create_owned().unwrap().downgrade());
                    its_pool.retain(|_, _| false);
                    kept.send(its_pool.create_with(|value| value.write("kept")).unwrap()).unwrap();
                },
            );
            assert_eq!(pool.len(), 1);
            let kept = wait_for_kept.recv().unwrap();
            assert_eq!(pool.get(kept).unwrap().text(), "kept");
            assert!(pool.clear(kept));
            assert_eq!((pool.len(), workshop.dropped()), (0, 0));
        }

        for pool_first in [false, true] {
            check::<flagstone::DefaultConfig>(pool_first);
            check::<TwoThreads>(pool_first);
            check::<Odd>(pool_first);
        }
    }

    fn guards_are_dropped_by_destructors_of_thread_locals() {
        for pool_first in [false, true] {
            let workshop = Workshop::new();
            let pool = Arc::new(Pool::<Pooled>::new());
            let created = pool.clone().create_owned().unwrap();
            assert!(pool.clear(created.key()));
            let shared = pool.create().unwrap().key();
            let owned = pool.clone().get_owned(shared).unwrap();
            assert!(pool.clear(shared));
            let use_pool = || {
                workshop.open_here();
                assert!(pool.clear(pool.create().unwrap().key()));
            };
            at_the_end_of_a_thread(pool_first, use_pool, || drop((created, owned)));
            assert_eq!((workshop.cleared(), workshop.dropped(), pool.len()), (3, 0, 0));
        }
    }

    fn the_last_guard_of_a_pool_is_dropped_by_a_destructor_of_a_thread_local() {
        let workshop = Workshop::new();
        let pool = Arc::new(Pool::<Pooled>::new());
        let created = pool.clone().create_owned().unwrap();
        assert!(pool.clear(created.key()));
        drop(pool);
        at_the_end_of_a_thread(true, || (), || drop(created));
        assert_eq!((workshop.made(), workshop.cleared(), workshop.dropped()), (1, 1, 1));
    }

    fn the_next_thread_takes_over_the_shard_and_its_values() {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new();
        let mut left = Vec::new();
        for turn in 0..100 {
            let keys = thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    workshop.open_here();
                    (0..32 - left.len()).map(|_| pool.create_with(|value| value.write("text")).unwrap()).collect::<Vec<_>>()
                });
                thread.join().unwrap()
            });
            left.extend(keys);
            assert_eq!((pool.len(), pool.capacity(), workshop.made()), (32, 32, 32));
            // Cleared by a thread that owns no shard: the next owner finds the slots, and the values in them.
            for key in left.drain(..turn % 32 + 1) {
                assert!(pool.clear(key));
            }
        }
        assert_eq!(workshop.dropped(), 0);
    }

    fn threads_beyond_the_last_shard_use_values_again_too() {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new_with_config::<TwoThreads>();
        let barrier = Barrier::new(THREADS);
        on_threads(|number| {
            workshop.open_here();
            barrier.wait();
            for turn in 0..200 {
                let mut created = pool.create().unwrap();
                created.write("text");
                let key = created.key();
                if (turn + number) % 2 == 0 {
                    assert!(pool.clear(key));
                } else {
                    drop(created);
                    assert!(pool.get(key).is_some() && pool.clear(key));
                }
            }
            barrier.wait();
        });
        assert_eq!((pool.len(), pool.capacity(), workshop.dropped()), (0, 3 * 32, 0));
        assert!(workshop.made() <= 3 * 32 && workshop.cleared() == THREADS * 200);
    }

    fn four_hundred_threads_at_once() {
        /// On 32 bits fewer have shards of their own.
        const COUNT: usize = if usize::BITS >= 64 { 400 } else { 100 };

        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new();
        for _ in 0..2 {
            let barrier = Barrier::new(COUNT);
            thread::scope(|scope| {
                let behaviour = || {
                    workshop.open_here();
                    let key = pool.create_with(|value| value.write("text")).unwrap();
                    barrier.wait();
                    assert!(pool.clear(key));
                    assert!(pool.clear(pool.create().unwrap().key()));
                    barrier.wait();
                };
                let spawn = |_| thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, behaviour).unwrap();
                let threads: Vec<_> = (0..COUNT).map(spawn).collect();
                // Unlike the end of the scope this waits for thread-locals too, whose destructors give numbers back.
                threads.into_iter().for_each(|thread| thread.join().unwrap());
            });
            // In the second round, too: each shard, and the value in it, has been taken over.
            assert_eq!((pool.len(), pool.capacity(), workshop.made()), (0, COUNT * 32, COUNT));
        }
    }

    fn threads_that_end_by_panic_leave_their_shard_whole() {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new();
        for turn in 0..50 {
            let outcome = thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    workshop.open_here();
                    let _entry = pool.create().unwrap().downgrade();
                    let cleared = pool.create().unwrap();
                    assert!(pool.clear(cleared.key()));
                    let _created = pool.create().unwrap();
                    pool.create_with(|_| panic!("turn {turn}"));
                });
                thread.join()
            });
            outcome.unwrap_err();
            assert_eq!(pool.len(), 2);
            pool.retain(|_, _| false);
            assert_eq!((pool.len(), pool.capacity()), (0, 32));
        }
        assert_eq!(workshop.dropped(), 0);
    }

    fn what_is_made_here_and_cleared_there_needs_no_more_values_than_are_under_way() {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new();
        let (keys, received) = mpsc::sync_channel(10);
        thread::scope(|scope| {
            scope.spawn(|| {
                for key in received {
                    assert!(pool.clear(key));
                }
            });
            for _ in 0..5_000 {
                keys.send(pool.create_with(|value| value.write("text")).unwrap()).unwrap();
            }
            drop(keys);
        });
        assert_eq!((pool.len(), pool.capacity(), workshop.cleared()), (0, 32, 5_000));
        assert!(workshop.made() <= 32 && workshop.dropped() == 0);
    }
}

//! Threads that end, and others that inherit the values which they leave behind.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use flagstone::{Config, Pool};

use super::super::{
    Budget, alone,
    pooled::{self, Pooled, attempt},
    random::Random,
    whole::assert_pool_whole,
};

const NO_KEY: usize = usize::MAX;

struct Small;
impl Config for Small {
    const MAX_THREADS: usize = 3;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 2;
}

/// A few entries are made and cleared; what is made is left to others.
fn some_work(pool: &Pool<Pooled, Small>, table: &[AtomicUsize], random: &mut Random) {
    for _ in 0..random.below(24) {
        let place = &table[random.below(table.len())];
        let key = match random.below(4) {
            0 => pool.create_with(|value| value.fill(None)),
            1 => pool.create().map(|mut entry| {
                let key = entry.key();
                entry.fill(Some(key));
                key
            }),
            _ => Some(NO_KEY),
        };
        let Some(key) = key else { continue };
        let old = place.swap(key, Ordering::Relaxed);
        if old == NO_KEY {
            continue;
        }
        let guard = pool.get(old).expect("the thread that takes a key out of the table clears its entry");
        guard.check(old);
        if random.once_in(2) {
            drop(guard);
            attempt(|| assert!(pool.clear(old)));
        } else {
            assert!(pool.clear(old));
            guard.check(old);
            attempt(|| drop(guard));
        }
    }
}

fn run(threads: usize) {
    let pool: Pool<Pooled, Small> = Pool::new_with_config();
    let table: Vec<_> = (0..24).map(|_| AtomicUsize::new(NO_KEY)).collect();
    for () in Budget::new() {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| {
                        let mut random = Random::new();
                        some_work(&pool, &table, &mut random);
                        if random.once_in(2) {
                            let child = scope.spawn(|| some_work(&pool, &table, &mut Random::new()));
                            some_work(&pool, &table, &mut random);
                            child.join().expect("no panic");
                        }
                    })
                })
                .collect();
            for thread in threads {
                // Not left to the scope, which does not wait until numbers have been given back.
                thread.join().expect("no panic");
            }
        });
    }
    while !attempt(|| {
        pool.retain(|key, value| {
            value.check(key);
            false
        });
    }) {}
    assert_pool_whole(&pool);
    drop(pool);
    pooled::balance();
}

#[test]
fn threads_end_and_others_inherit_their_values() {
    alone(|| run(4));
}

#[test]
fn many_more_threads_than_shards_and_clearing_that_panics() {
    alone(|| pooled::with_panics(32, || run(12)));
}

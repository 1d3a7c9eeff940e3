//! One thread makes entries, others clear them: the values come back to it, and not more are made than needed.

use std::{
    sync::{Mutex, mpsc},
    thread,
};

use flagstone::{Config, DefaultConfig, Pool};

use super::super::{
    Budget, alone,
    pooled::{self, Pooled},
    random::Random,
    whole::assert_pool_whole,
};

const BORROWERS: usize = 3;
const UNDERWAY: usize = 64;

struct Small;
impl Config for Small {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 3;
    const INITIAL_PAGE_SIZE: usize = 4;
}

/// Runs it; how many entries there were, and the pool.
fn lend<C: Config>() -> (usize, Pool<Pooled, C>) {
    let pool: Pool<Pooled, C> = Pool::new_with_config();
    let (keys, received) = mpsc::sync_channel::<usize>(UNDERWAY);
    let received = Mutex::new(received);
    let budget = Budget::new();
    let lent = thread::scope(|scope| {
        let borrowers: Vec<_> = (0..BORROWERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut random = Random::new();
                    loop {
                        let key = received.lock().expect("no panic").recv();
                        let Ok(key) = key else { break };
                        if random.once_in(4) {
                            pool.get_exclusive(key).expect("no other thread has the key").write(key);
                        }
                        let entry = pool.get(key).expect("the thread that gets the key finds the entry");
                        entry.check(key);
                        // With a guard out the last guard clears the value, else the call does.
                        let entry = random.once_in(2).then_some(entry);
                        assert!(pool.clear(key));
                        assert!(!pool.clear(key));
                        entry.iter().for_each(|entry| entry.check(key));
                    }
                })
            })
            .collect();
        let lent = scope
            .spawn(|| {
                let (keys, mut random, mut lent) = (keys, Random::new(), 0);
                for () in budget {
                    for _ in 0..64 {
                        let key = if random.once_in(2) {
                            pool.create_with(|value| value.fill(None))
                        } else {
                            pool.create().map(|mut entry| {
                                let key = entry.key();
                                entry.fill(Some(key));
                                key
                            })
                        };
                        match key {
                            Some(key) => {
                                keys.send(key).expect("borrowers wait");
                                lent += 1;
                            }
                            None => thread::yield_now(),
                        }
                    }
                }
                lent
            })
            .join()
            .expect("no panic");
        for borrower in borrowers {
            borrower.join().expect("no panic");
        }
        lent
    });
    assert_eq!(pool.len(), 0);
    pooled::assert_no_damage();
    assert!(pooled::alive() <= pool.capacity(), "{} values in {} slots", pooled::alive(), pool.capacity());
    (lent, pool)
}

#[test]
fn values_that_others_clear_are_lent_again() {
    alone(|| {
        let (lent, pool) = lend::<DefaultConfig>();
        // As many live as are under way, and one in each hand; and why a multiple, see `remote`.
        let live = UNDERWAY + BORROWERS + 1;
        let bound = (live + DefaultConfig::INITIAL_PAGE_SIZE) << (BORROWERS + 1);
        assert!(pool.capacity() <= bound, "{} slots for {live} entries at a time, {lent} in all", pool.capacity());
        drop(pool);
        pooled::balance();
    });
}

#[test]
fn values_that_others_clear_are_lent_again_where_slots_are_few() {
    alone(|| {
        let (_, pool) = lend::<Small>();
        assert_pool_whole(&pool);
        drop(pool);
        pooled::balance();
    });
}

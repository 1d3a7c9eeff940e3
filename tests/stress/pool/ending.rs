//! An entry is ended by one thread, once, when all guards are dropped; and what other threads see of it meanwhile.

use std::thread;

use flagstone::{Config, DefaultConfig, Pool, pool::Ref};

use super::super::{
    alone,
    pooled::{self, Pooled},
    random::Random,
    together,
};

const THREADS: usize = 3;

type Entries = Pool<Pooled, DefaultConfig>;

/// Runs rounds: one thread makes an entry and, with the others, does something to it at the same time. `make` ends with
/// no guard of it left, `act` says whether it ended it.
fn one_ends_it(
    make: impl Fn(&Entries, &dyn Fn(usize), &mut Random) + Sync,
    act: impl Fn(&Entries, usize, &mut Random) -> bool + Sync,
) {
    alone(|| {
        let pool = Entries::new();
        let (cleared_before, mut rounds) = (pooled::cleared(), 0);
        together::one_ends_it(
            THREADS,
            |tell, random| make(&pool, &tell, random),
            |key, random| act(&pool, key, random),
            || {
                rounds += 1;
                assert_eq!(pool.len(), 0, "it has ended");
                assert_eq!(pooled::cleared() - cleared_before, rounds, "one clearing for each entry");
            },
        );
        assert!(pool.capacity() <= DefaultConfig::INITIAL_PAGE_SIZE * 3, "one entry at a time");
        assert!(pooled::alive() <= pool.capacity(), "a value is kept for each slot, and no more");
        drop(pool);
        pooled::balance();
    });
}

/// Reads it, perhaps twice, and clears it while a guard exists or after it was dropped.
fn read_and_clear(pool: &Entries, key: usize, random: &mut Random) -> bool {
    let guard = pool.get(key);
    let clone = guard.as_ref().filter(|_| random.once_in(2)).map(Ref::clone);
    for entry in guard.iter().chain(&clone) {
        entry.check(key);
    }
    if random.once_in(2) {
        drop(guard);
        let cleared = pool.clear(key);
        clone.iter().for_each(|clone| clone.check(key));
        cleared
    } else {
        drop(clone);
        let cleared = pool.clear(key);
        guard.iter().for_each(|guard| guard.check(key));
        cleared
    }
}

#[test]
fn one_of_many_that_clear_succeeds() {
    one_ends_it(
        |pool, tell, _| tell(pool.create_with(|value| value.fill(None)).expect("there is room")),
        read_and_clear,
    );
}

#[test]
fn what_its_creator_holds_is_cleared_when_he_lets_go() {
    one_ends_it(
        |pool, tell, random| {
            let mut entry = pool.create().expect("there is room");
            let key = entry.key();
            entry.fill(Some(key));
            tell(key);
            if random.once_in(2) {
                thread::yield_now();
            }
            // Others may have cleared it, and get nothing.
            entry.write(key);
        },
        |pool, key, random| {
            if let Some(entry) = pool.get(key) {
                entry.check(key);
            }
            if random.once_in(2) { pool.clear(key) } else { read_and_clear(pool, key, random) }
        },
    );
}

#[test]
fn what_its_creator_shares_is_cleared_by_the_last_of_all() {
    one_ends_it(
        |pool, tell, random| {
            let mut entry = pool.create().expect("there is room");
            let key = entry.key();
            entry.fill(Some(key));
            tell(key);
            entry.write(key);
            let entry = entry.downgrade();
            entry.check(key);
            let clone = random.once_in(2).then(|| Ref::clone(&entry));
            drop(entry);
            clone.iter().for_each(|clone| clone.check(key));
        },
        |pool, key, random| {
            // Until it is shared or cleared there is nothing to read.
            while random.once_in(2) {
                if let Some(entry) = pool.get(key) {
                    entry.check(key);
                }
            }
            read_and_clear(pool, key, random)
        },
    );
}

#[test]
fn an_exclusive_guard_is_alone() {
    one_ends_it(
        |pool, tell, _| {
            let mut entry = pool.create().expect("there is room");
            let key = entry.key();
            entry.fill(Some(key));
            drop(entry);
            tell(key);
        },
        |pool, key, random| {
            match pool.get_exclusive(key) {
                Ok(mut only) => {
                    only.write(key);
                    if random.once_in(2) {
                        thread::yield_now();
                    }
                    only.write(key);
                    if random.once_in(2) {
                        only.downgrade().check(key);
                    }
                }
                Err(_) => {
                    if let Some(entry) = pool.get(key) {
                        entry.check(key);
                    }
                }
            }
            pool.clear(key)
        },
    );
}

//! All operations at once, from several threads, on a shared table of keys.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use flagstone::{
    Config, Pool,
    pool::{Ref, RefMut},
};

use super::super::{
    Budget, alone,
    crowds::{Crowded, in_every_crowd},
    pooled::{self, Pooled, attempt},
    random::Random,
    whole::assert_pool_whole,
};

const NO_KEY: usize = usize::MAX;
const THREADS: usize = 4;

/// One thread's part.
struct Actor<'all, C: Config> {
    pool: &'all Pool<Pooled, C>,
    table: &'all [AtomicUsize],
    random: Random,
    guards: Vec<Ref<'all, Pooled, C>>,
    exclusives: Vec<RefMut<'all, Pooled, C>>,
    last: usize,
    /// How many pins it has out.
    pins: usize,
}

impl<C: Config> Actor<'_, C> {
    /// The key in some place of the table; perhaps it has no entry any more.
    fn some_key(&mut self) -> usize {
        let key = self.table[self.random.below(self.table.len())].load(Ordering::Relaxed);
        if key != NO_KEY {
            self.last = key;
        }
        // At times one that was seen before, and is stale by now.
        if self.random.once_in(8) { self.last } else { key }
    }

    /// Puts a key into the table, and ends what was there.
    fn put(&mut self, key: usize) {
        let place = self.random.below(self.table.len());
        let old = self.table[place].swap(key, Ordering::Relaxed);
        if old != NO_KEY {
            self.pool.clear(old);
        }
    }

    /// A step, or a pin and some steps under it. Each may panic, and so may the end of the pin.
    fn act(&mut self) {
        if self.pins == 3 || !self.random.once_in(16) {
            attempt(|| self.step());
            return;
        }
        let pinned = self.pool.pin();
        self.pins += 1;
        let mut kept = Vec::new();
        for _ in 0..self.random.below(12) {
            let key = self.some_key();
            match self.random.below(8) {
                0..3 => kept.extend(pinned.get(key).map(|value| (key, value))),
                3 => kept.extend(pinned.iter().take(self.random.below(8))),
                _ => self.act(),
            }
            kept.iter().for_each(|(key, value)| value.check(*key));
        }
        attempt(|| drop(pinned));
        self.pins -= 1;
    }

    fn step(&mut self) {
        let pool = self.pool;
        match self.random.below(24) {
            0..3 => {
                if let Some(key) = pool.create_with(|value| value.fill(None)) {
                    // Where keys come back it may be another's already; elsewhere `retain` may have ended it.
                    if C::RESERVED_BITS == 0 && self.random.once_in(2) {
                        if let Some(entry) = pool.get(key) {
                            entry.name(key);
                        }
                    }
                    self.put(key);
                }
            }
            3..6 => {
                if let Some(mut entry) = pool.create() {
                    let key = entry.key();
                    assert!(!pool.contains(key), "its creator's alone");
                    entry.fill(Some(key));
                    if self.exclusives.len() < 2 {
                        self.exclusives.push(entry);
                    } else {
                        // Now, and not by a panic out of `put`.
                        drop(entry);
                    }
                    self.put(key);
                }
            }
            6..12 => {
                let key = self.some_key();
                if let Some(entry) = pool.get(key) {
                    entry.check(key);
                    if self.guards.len() < 4 {
                        self.guards.push(entry);
                    }
                }
            }
            12 => {
                if let Some(entry) = self.guards.last() {
                    let clone = Ref::clone(entry);
                    clone.check(entry.key());
                    self.guards.push(clone);
                }
            }
            13..16 => {
                if !self.guards.is_empty() {
                    let entry = self.guards.swap_remove(self.random.below(self.guards.len()));
                    entry.check(entry.key());
                    if self.random.once_in(4) {
                        pool.clear(entry.key());
                    }
                }
            }
            16 => {
                let key = self.some_key();
                if let Ok(mut entry) = pool.get_exclusive(key) {
                    entry.write(key);
                    if self.exclusives.len() < 2 {
                        self.exclusives.push(entry);
                    }
                }
            }
            17 => {
                if let Some(mut entry) = self.exclusives.pop() {
                    let key = entry.key();
                    entry.write(key);
                    if self.random.once_in(4) {
                        pool.clear(key);
                        entry.write(key);
                    }
                }
            }
            18..20 => {
                if let Some(mut entry) = self.exclusives.pop() {
                    let key = entry.key();
                    entry.write(key);
                    let entry = entry.downgrade();
                    entry.check(key);
                    self.guards.push(entry);
                }
            }
            20 => {
                let key = self.some_key();
                pool.clear(key);
            }
            21 => {
                let key = self.some_key();
                let _ = pool.contains(key);
                let _ = pool.len() + pool.capacity();
                if self.random.once_in(4) {
                    pool.trim();
                    assert!(pool.stats().total().live <= pool.capacity());
                }
            }
            22 => {
                let keep = self.random.below(8);
                pool.retain(|key, value| {
                    value.check(key);
                    key % 8 != keep
                });
            }
            _ => {
                let key = self.some_key();
                // The neighbours of a key that exists: other slots and other generations. (Reserved bits are ignored.)
                let near = (key ^ (1 << self.random.below(12))) & (usize::MAX >> C::RESERVED_BITS);
                if let Some(entry) = pool.get(near) {
                    entry.check(near);
                }
            }
        }
    }

    /// Lets all guards go, one by one, since each may panic.
    fn let_go(&mut self) {
        while let Some(guard) = self.guards.pop() {
            attempt(|| drop(guard));
        }
        while let Some(exclusive) = self.exclusives.pop() {
            attempt(|| drop(exclusive));
        }
    }
}

/// Runs it, and balances the books; those of the slots too where they are few.
fn run<C: Config>(places: usize, is_small: bool) {
    let pool: Pool<Pooled, C> = Pool::new_with_config();
    let table: Vec<AtomicUsize> = (0..places).map(|_| AtomicUsize::new(NO_KEY)).collect();
    let budget = Budget::new();
    thread::scope(|scope| {
        let actors: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut actor = Actor {
                        pool: &pool,
                        table: &table,
                        random: Random::new(),
                        guards: Vec::new(),
                        exclusives: Vec::new(),
                        last: NO_KEY,
                        pins: 0,
                    };
                    for () in budget {
                        for _ in 0..64 {
                            actor.act();
                        }
                    }
                    actor.let_go();
                })
            })
            .collect();
        for actor in actors {
            actor.join().expect("no panic");
        }
    });
    // No guards and no pins are left, so each turn ends everything at once, up to a panic.
    while !attempt(|| {
        pool.retain(|key, value| {
            value.check(key);
            false
        });
    }) {}
    assert_eq!(pool.len(), 0);
    pooled::assert_no_damage();
    assert!(pooled::alive() <= pool.capacity(), "{} values in {} slots", pooled::alive(), pool.capacity());
    if is_small {
        assert_pool_whole(&pool);
    }
    drop(pool);
    pooled::balance();
}

in_every_crowd! { run }

#[test]
fn everything_at_once_where_clearing_panics_at_times() {
    alone(|| pooled::with_panics(64, || run::<Crowded>(16, true)));
}

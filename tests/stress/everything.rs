//! All operations at once, from several threads, on a shared table of keys.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use flagstone::{Config, Entry, ExclusiveEntry, Slab, VacantEntry};

use super::{
    Budget,
    canary::{Books, Canary},
    crowds::in_every_crowd,
    random::Random,
    whole::assert_whole,
};

const NO_KEY: usize = usize::MAX;
const THREADS: usize = 4;

type Canaries<'books, C> = Slab<Canary<'books>, C>;

/// One thread's part.
struct Actor<'all, 'books, C: Config> {
    slab: &'all Canaries<'books, C>,
    books: &'books Books,
    table: &'all [AtomicUsize],
    random: Random,
    guards: Vec<Entry<'all, Canary<'books>, C>>,
    exclusives: Vec<ExclusiveEntry<'all, Canary<'books>, C>>,
    vacancies: Vec<VacantEntry<'all, Canary<'books>, C>>,
    last: usize,
    /// How many pins it has out.
    pins: usize,
}

impl<C: Config> Actor<'_, '_, C> {
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
            self.end(old);
        }
    }

    fn end(&mut self, key: usize) {
        match self.random.below(4) {
            0 if self.pins == 0 => self.take(key),
            1 => {
                if let Some(value) = self.slab.try_take(key) {
                    value.check(key);
                } else {
                    self.slab.remove(key);
                }
            }
            _ => {
                self.slab.remove(key);
            }
        }
    }

    /// Waits for other threads, so they must not wait for it: a thread that takes holds nothing.
    fn take(&mut self, key: usize) {
        if self.pins > 0 {
            return;
        }
        self.guards.clear();
        self.exclusives.clear();
        if let Some(value) = self.slab.take(key) {
            value.check(key);
        }
    }

    /// A step, or a pin and some steps under it.
    fn act(&mut self) {
        if self.pins == 3 || !self.random.once_in(16) {
            return self.step();
        }
        let pinned = self.slab.pin();
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
        drop(pinned);
        self.pins -= 1;
    }

    fn step(&mut self) {
        let Self { slab, books, .. } = *self;
        match self.random.below(24) {
            0..4 => {
                if let Some(key) = slab.insert_with_key(|key| books.make(key)) {
                    self.put(key);
                }
            }
            4 => {
                if let Some(vacancy) = slab.vacant_entry() {
                    assert!(slab.get(vacancy.key()).is_none(), "a reserved slot has no entry");
                    self.vacancies.push(vacancy);
                }
            }
            5 => {
                if let Some(vacancy) = self.vacancies.pop() {
                    let key = vacancy.key();
                    if self.random.once_in(2) {
                        vacancy.insert(books.make(key));
                        self.put(key);
                    }
                }
            }
            6..13 => {
                let key = self.some_key();
                if let Some(entry) = slab.get(key) {
                    entry.check(key);
                    if self.guards.len() < 4 {
                        self.guards.push(entry);
                    }
                }
            }
            13 => {
                if let Some(entry) = self.guards.last() {
                    let clone = Entry::clone(entry);
                    clone.check(entry.key());
                    self.guards.push(clone);
                }
            }
            14..17 => {
                if !self.guards.is_empty() {
                    let entry = self.guards.swap_remove(self.random.below(self.guards.len()));
                    entry.check(entry.key());
                    if self.random.once_in(4) {
                        entry.remove();
                    }
                }
            }
            17 => {
                let key = self.some_key();
                if let Ok(mut entry) = slab.get_exclusive(key) {
                    entry.write();
                    entry.check(key);
                    if self.exclusives.len() < 2 {
                        self.exclusives.push(entry);
                    }
                }
            }
            18 => {
                if let Some(mut entry) = self.exclusives.pop() {
                    entry.write();
                    if self.random.once_in(4) {
                        entry.remove();
                    }
                }
            }
            19 => {
                let key = self.some_key();
                self.take(key);
            }
            20 => {
                let key = self.some_key();
                self.slab.remove(key);
            }
            21 => {
                let key = self.some_key();
                let _ = slab.contains(key);
                let _ = slab.len() + slab.capacity();
                if self.random.once_in(4) {
                    slab.trim();
                    assert!(slab.stats().total().live <= slab.capacity());
                }
            }
            22 => {
                let keep = self.random.below(8);
                slab.retain(|key, value| {
                    value.check(key);
                    key % 8 != keep
                });
            }
            _ => {
                let key = self.some_key();
                // The neighbours of a key that exists: other slots and other generations. (Reserved bits are ignored.)
                let near = (key ^ (1 << self.random.below(12))) & (usize::MAX >> C::RESERVED_BITS);
                if let Some(entry) = slab.get(near) {
                    entry.check(near);
                }
            }
        }
        if self.vacancies.len() > 2 {
            self.vacancies.clear();
        }
    }
}

/// Runs it, and balances the books; those of the slots too where they are few.
fn run<C: Config>(places: usize, is_small: bool) {
    let books = Books::new();
    let slab: Canaries<'_, C> = Slab::new_with_config();
    let table: Vec<AtomicUsize> = (0..places).map(|_| AtomicUsize::new(NO_KEY)).collect();
    let budget = Budget::new();
    thread::scope(|scope| {
        let actors: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut actor = Actor {
                        slab: &slab,
                        books: &books,
                        table: &table,
                        random: Random::new(),
                        guards: Vec::new(),
                        exclusives: Vec::new(),
                        vacancies: Vec::new(),
                        last: NO_KEY,
                        pins: 0,
                    };
                    for () in budget {
                        for _ in 0..64 {
                            actor.act();
                        }
                    }
                })
            })
            .collect();
        for actor in actors {
            actor.join().expect("no panic");
        }
    });
    // No guards and no pins are left, so this ends everything at once.
    slab.retain(|key, value| {
        value.check(key);
        false
    });
    assert_eq!(slab.len(), 0);
    books.balance();
    if is_small {
        assert_whole(&slab, |key| books.make(key));
    }
    drop(slab);
    books.balance();
}

in_every_crowd! { run }

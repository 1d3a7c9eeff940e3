//! Threads that end, and others that inherit what they leave behind.

use std::{
    cell::RefCell,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use flagstone::{Config, Slab};

use super::{
    Budget, alone,
    canary::{Books, Canary},
    random::Random,
    whole::assert_whole,
};

const THREADS: usize = 4;
const NO_KEY: usize = usize::MAX;

struct Small;
impl Config for Small {
    const MAX_THREADS: usize = 3;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 2;
}

/// A few insertions and removals; what is inserted is left to others.
fn some_work<C: Config>(
    slab: &Slab<Canary<'static>, C>,
    books: &'static Books,
    table: &[AtomicUsize],
    random: &mut Random,
) {
    for _ in 0..random.below(24) {
        let place = &table[random.below(table.len())];
        if random.once_in(2) {
            if let Some(key) = slab.insert_with_key(|key| books.make(key)) {
                let old = place.swap(key, Ordering::Relaxed);
                assert!(old == NO_KEY || slab.remove(old), "a thread that takes a key from the table removes it");
            }
        } else {
            let key = place.swap(NO_KEY, Ordering::Relaxed);
            if key != NO_KEY {
                slab.take(key).expect("the thread that takes a key out of the table removes its entry").check(key);
            }
        }
    }
}

fn new_table() -> Vec<AtomicUsize> {
    (0..24).map(|_| AtomicUsize::new(NO_KEY)).collect()
}

fn shard_of<C: Config>(key: usize) -> usize {
    let shard_bits = usize::BITS - (C::MAX_THREADS + 1).leading_zeros();
    key >> (Slab::<(), C>::USED_BITS as u32 - shard_bits)
}

#[test]
fn threads_end_and_others_inherit_their_shards() {
    static BOOKS: Books = Books::new();
    alone(|| {
        let slab = Slab::<_>::new_with_config::<Small>();
        let table = new_table();
        for () in Budget::new() {
            // Some threads live through several rounds' worth of others: each round is started before the last ends.
            thread::scope(|scope| {
                let threads: Vec<_> = (0..THREADS)
                    .map(|_| {
                        scope.spawn(|| {
                            let mut random = Random::new();
                            some_work(&slab, &BOOKS, &table, &mut random);
                            if random.once_in(2) {
                                let child = scope.spawn(|| some_work(&slab, &BOOKS, &table, &mut Random::new()));
                                some_work(&slab, &BOOKS, &table, &mut random);
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
        slab.retain(|key, value| {
            value.check(key);
            false
        });
        BOOKS.balance();
        assert_whole(&slab, |key| BOOKS.make(key));
        drop(slab);
        BOOKS.balance();
    });
}

#[test]
fn numbers_are_reused() {
    static SLAB: Slab<usize> = Slab::new();
    alone(|| {
        for () in Budget::new() {
            let keys = thread::scope(|scope| {
                let threads = [(); THREADS].map(|()| scope.spawn(|| SLAB.insert(0).expect("there is room")));
                threads.map(|thread| thread.join().expect("no panic"))
            });
            for key in keys {
                assert!((1..=THREADS).contains(&shard_of::<flagstone::DefaultConfig>(key)), "{key:#x}");
                assert!(SLAB.remove(key));
            }
            assert!(SLAB.capacity() <= THREADS * 64, "one entry and its successor in each shard");
        }
    });
}

static STATIC_BOOKS: Books = Books::new();
static STATIC_SLAB: Slab<Canary<'static>, Small> = Slab::new_with_config();
static LEFT_BEHIND: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Uses the slab when the thread's locals are destroyed: before the crate's own, or after.
struct Late {
    keys: Vec<usize>,
}

impl Drop for Late {
    fn drop(&mut self) {
        for key in self.keys.drain(..) {
            STATIC_SLAB.get(key).expect("no other thread knows the key").check(key);
            assert!(STATIC_SLAB.remove(key));
        }
        for turn in 0..4 {
            let Some(key) = STATIC_SLAB.insert_with_key(|key| STATIC_BOOKS.make(key)) else { continue };
            STATIC_SLAB.get(key).expect("no other thread knows the key").check(key);
            if turn % 2 == 0 {
                STATIC_SLAB.take(key).expect("no other thread knows the key").check(key);
            } else {
                LEFT_BEHIND.lock().expect("no panic").push(key);
            }
        }
    }
}

std::thread_local! {
    static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
}

#[test]
fn the_slab_is_used_in_thread_local_destructors() {
    alone(|| {
        for () in Budget::new() {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    thread::spawn(|| {
                        let mut random = Random::new();
                        let insert = || STATIC_SLAB.insert_with_key(|key| STATIC_BOOKS.make(key));
                        let insert_some =
                            |random: &mut Random| (0..random.below(4)).filter_map(|_| insert()).collect::<Vec<_>>();
                        // Before or after the crate's own thread-local, or without.
                        let before = random.once_in(2).then(|| insert_some(&mut random));
                        LATE.set(Some(Late { keys: before.unwrap_or_default() }));
                        let after = insert_some(&mut random);
                        LATE.with_borrow_mut(|late| late.as_mut().expect("it was just set").keys.extend(after));
                        let left = LEFT_BEHIND.lock().expect("no panic").pop();
                        if let Some(key) = left {
                            assert!(STATIC_SLAB.remove(key));
                        }
                    })
                })
                .collect();
            for thread in threads {
                thread.join().expect("no panic");
            }
            for key in LEFT_BEHIND.lock().expect("no panic").drain(..) {
                assert!(STATIC_SLAB.remove(key));
            }
            assert_eq!(STATIC_SLAB.len(), 0);
            STATIC_BOOKS.balance();
        }
        assert_whole(&STATIC_SLAB, |key| STATIC_BOOKS.make(key));
        STATIC_BOOKS.balance();
    });
}

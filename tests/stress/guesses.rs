//! Keys that are guessed while their slots, pages, shards and table are being made.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use flagstone::{Config, DefaultConfig, Slab};

use super::{
    Budget, alone,
    canary::{Books, Canary},
    random::Random,
};

/// Pages are full soon, so many are made.
struct Growing;
impl Config for Growing {
    const MAX_THREADS: usize = 3;
    const MAX_PAGES: usize = 10;
    const INITIAL_PAGE_SIZE: usize = 1;
}

const OWNERS: usize = 2;
const GUESSERS: usize = 2;
const ENTRIES: usize = 200;

/// The keys that will be handed out next: of the next slot, generation, page and shard.
fn guess<C: Config>(seen: usize, random: &mut Random) -> usize {
    let used = Slab::<(), C>::USED_BITS;
    let shard_bits = (usize::BITS - (C::MAX_THREADS + 1).leading_zeros()) as usize;
    let page_bits = (usize::BITS - (C::MAX_PAGES - 1).leading_zeros()) as usize;
    let page_shift = used - shard_bits - page_bits;
    let shard = 1 << (used - shard_bits);
    let guess = match random.below(6) {
        0 => seen.wrapping_add(1),
        1 => seen.wrapping_add(1 + random.below(8)),
        // The first slots of the next page.
        2 => (((seen >> page_shift) + 1) << page_shift).wrapping_add(random.below(4)),
        // The first slots of some shard: those that come first.
        3 => random.below(C::MAX_THREADS.min(8) + 1) * shard + random.below(4),
        // Some page of some shard, some slot of generation 0.
        4 => random.below(4) * shard + (random.below(C::MAX_PAGES.min(12)) << page_shift) + random.below(64),
        // A generation of the same slot that is to come.
        _ => seen.wrapping_add(1 << random.below(12)),
    };
    // Reserved bits are ignored.
    guess & (usize::MAX >> C::RESERVED_BITS)
}

fn run<C: Config>() {
    alone(|| {
        let books = Books::new();
        for () in Budget::new() {
            let slab: Slab<Canary<'_>, C> = Slab::new_with_config();
            let start = Barrier::new(OWNERS + GUESSERS);
            let (seen, owners) = (AtomicUsize::new(0), AtomicUsize::new(OWNERS));
            thread::scope(|scope| {
                for _ in 0..OWNERS {
                    scope.spawn(|| {
                        let mut random = Random::new();
                        start.wait();
                        let mut keys = Vec::new();
                        for _ in 0..ENTRIES {
                            let Some(key) = slab.insert_with_key(|key| books.make(key)) else { break };
                            seen.store(key, Ordering::Relaxed);
                            keys.push(key);
                            // A few are inserted and removed, so that generations pass. Correct guesses existed before.
                            if random.once_in(4) {
                                slab.remove(keys.swap_remove(random.below(keys.len())));
                            }
                        }
                        owners.fetch_sub(1, Ordering::Relaxed);
                    });
                }
                for _ in 0..GUESSERS {
                    scope.spawn(|| {
                        let mut random = Random::new();
                        start.wait();
                        while owners.load(Ordering::Relaxed) > 0 {
                            let key = guess::<C>(seen.load(Ordering::Relaxed), &mut random);
                            match random.below(8) {
                                0 => {
                                    slab.remove(key);
                                }
                                1 => {
                                    if let Some(value) = slab.take(key) {
                                        value.check(key);
                                    }
                                }
                                2 => {
                                    if let Ok(mut entry) = slab.get_exclusive(key) {
                                        entry.write();
                                    }
                                }
                                3 => slab.retain(|key, value| {
                                    value.check(key);
                                    true
                                }),
                                4 => {
                                    let _ = slab.len() + slab.capacity();
                                }
                                _ => {
                                    if let Some(entry) = slab.get(key) {
                                        entry.check(key);
                                    }
                                }
                            }
                        }
                    });
                }
            });
            drop(slab);
            books.balance();
        }
    });
}

#[test]
fn keys_are_guessed_while_pages_are_made() {
    run::<Growing>();
}

#[test]
fn keys_are_guessed_while_the_default_table_is_made() {
    run::<DefaultConfig>();
}

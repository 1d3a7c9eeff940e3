//! Generations run out: whole lives of slots, pages and shards, in configurations that are small enough to see their end.
//!
//! What becomes of each slot is known beforehand ([`lives`]), so keys and statistics are compared after every step.

mod lives;
mod shards;
mod store;

use std::collections::HashSet;

use flagstone::{Config, Slab};

use self::{
    lives::Lives,
    store::{InPool, InSlab, Store, WAYS, Way},
};
use crate::configs::{Retiring, Wrapping};

const BITS: usize = usize::BITS as usize;

/// One page of one slot that has two keys.
pub(crate) struct Least;

impl Config for Least {
    const MAX_THREADS: usize = 1;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
    const RESERVED_BITS: usize = BITS - 3; // 2 for the shard, 1 for the generation
    const WRAP_GENERATIONS: bool = false;
}

/// Pages of 8, 16, 32 and 64 slots, each with 16, 8, 4 and 2 keys.
pub(crate) struct Stairs;

impl Config for Stairs {
    const MAX_THREADS: usize = 3;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 5;
    const RESERVED_BITS: usize = BITS - 12; // 3 for the shard, 2 for the page, 3 for the offset, 4 for the generation
    const WRAP_GENERATIONS: bool = false;
}

/// Three pages, so that there is a page number that no page has; the last has 8 slots with four keys each.
pub(crate) struct Three;

impl Config for Three {
    const MAX_THREADS: usize = 5;
    const MAX_PAGES: usize = 3;
    const INITIAL_PAGE_SIZE: usize = 2;
    const RESERVED_BITS: usize = BITS - 10; // 3 for the shard, 2 for the page, 1 for the offset, 4 for the generation
    const WRAP_GENERATIONS: bool = false;
}

/// Two slots of 1,024 keys.
pub(crate) struct Lasting;

impl Config for Lasting {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 2;
    const RESERVED_BITS: usize = BITS - 13; // 2 for the shard, 1 for the offset, 10 for the generation
    const WRAP_GENERATIONS: bool = false;
}

/// Another configuration, whose keys repeat.
pub(crate) struct Again<C>(C);

impl<C: Config> Config for Again<C> {
    const MAX_THREADS: usize = C::MAX_THREADS;
    const MAX_PAGES: usize = C::MAX_PAGES;
    const INITIAL_PAGE_SIZE: usize = C::INITIAL_PAGE_SIZE;
    const RESERVED_BITS: usize = C::RESERVED_BITS;
    const WRAP_GENERATIONS: bool = true;
}

type AgainLeast = Again<Least>;
type AgainStairs = Again<Stairs>;
type AgainThree = Again<Three>;
type AgainLasting = Again<Lasting>;

const _: () = assert!(Slab::<u8, Least>::KEYS_PER_PAGE == 2);
const _: () = assert!(Slab::<u8, Stairs>::KEYS_PER_PAGE == 128 && Slab::<u8, Stairs>::generations(3) == 2);
const _: () = assert!(Slab::<u8, Three>::KEYS_PER_PAGE == 32 && Slab::<u8, Three>::generations(2) == 4);
const _: () = assert!(Slab::<u8, Lasting>::generations(0) == 1024);

/// How many keys a shard of the configuration has, by what its constants say.
const fn keys_per_shard<C: Config>() -> usize {
    C::MAX_PAGES * Slab::<u8, C>::KEYS_PER_PAGE
}

/// Tests of a behaviour of slabs and of pools over small configurations.
macro_rules! on_small_configurations {
    ($($behaviour:ident on $name:ident $configuration:ident,)*) => {$(
        mod $name {
            #[test]
            fn slab() {
                use super::*;

                $behaviour::<InSlab<$configuration>, $configuration>();
            }

            #[test]
            fn pool() {
                use super::*;

                $behaviour::<InPool<$configuration>, $configuration>();
            }
        }
    )*};
}

on_small_configurations! {
    retires on a_slot_that_is_least_retires Least,
    retires on retiring_slots_retire Retiring,
    retires on slots_of_growing_pages_retire Stairs,
    retires on slots_of_three_pages_retire Three,
    retires on lasting_slots_retire Lasting,
    wraps on keys_of_a_slot_that_is_least_repeat AgainLeast,
    wraps on wrapping_keys_repeat Wrapping,
    wraps on keys_of_growing_pages_repeat AgainStairs,
    wraps on keys_of_three_pages_repeat AgainThree,
    wraps on lasting_keys_repeat AgainLasting,
}

/// Uses all keys up with one entry at a time: each way to end an entry alone, then all in turn; then with many at a time.
fn retires<S: Store<C>, C: Config>() {
    // Threads take longer than all else.
    let is_long = keys_per_shard::<C>() > 1000;
    for way in WAYS.into_iter().filter(|way| !(is_long && way.is_elsewhere())) {
        use_up::<S, C>(&[way]);
    }
    use_up::<S, C>(&WAYS);
    for seed in 1..=if is_long { 2 } else { 5 } {
        use_up_at_random::<S, C>(seed);
    }
}

fn use_up<S: Store<C>, C: Config>(ways: &[Way]) {
    let (mut store, mut lives, mut keys) = (S::new(), Lives::<C>::new(), HashSet::new());
    let mut page = 0;
    for turn in 0.. {
        let way = ways[turn % ways.len()];
        let Some(key) = live_once(&mut store, &mut lives, way) else { break };
        assert!(keys.insert(key), "{key:#x} came twice, ended by {way:?}");
        let before = std::mem::replace(&mut page, lives.place(key).page);
        assert!(before == page || before + 1 == page && lives.are_spent(before), "page {page} after page {before}");
    }
    assert_eq!(keys.len(), keys_per_shard::<C>(), "ended by {ways:?}");
    is_spent(store, &lives, &keys);
}

/// One entry, from its beginning to its end. Its key, if there was room.
fn live_once<S: Store<C>, C: Config>(store: &mut S, lives: &mut Lives<C>, way: Way) -> Option<usize> {
    let key = if way.is_of_reservations() {
        let key = store.give_up(way)?;
        lives.begin(key);
        key
    } else {
        let key = store.insert()?;
        lives.begin(key);
        lives.check(&store.stats());
        store.end(key, way);
        key
    };
    lives.end(key);
    lives.check(&store.stats());
    Some(key)
}

/// Nothing gets a slot back that is retired.
fn is_spent<S: Store<C>, C: Config>(mut store: S, lives: &Lives<C>, keys: &HashSet<usize>) {
    let check = |store: &S| {
        store.has_no_room();
        lives.check(&store.stats());
        let total = store.stats().total();
        assert_eq!((total.retired, total.live, store.len()), (total.capacity, 0, 0));
        assert_eq!(total.capacity, (0..C::MAX_PAGES).map(lives::size::<C>).sum::<usize>());
        assert!(keys.iter().all(|&key| !store.ends(key)));
    };
    check(&store);
    assert_eq!(store.trim(), 0, "a page with a retired slot stays as it is");
    check(&store);
    assert_eq!(store.shrink_to_fit(), 0);
    check(&store);
    for way in [Way::Cleared, Way::Drained, Way::Retained] {
        store.end(usize::MAX, way);
        check(&store);
    }
    store.keeps_no_values();
}

/// Some hundred steps of any kind, with any number of entries, until there is no room for ever.
fn use_up_at_random<S: Store<C>, C: Config>(seed: u64) {
    let (mut store, mut lives, mut keys) = (S::new(), Lives::<C>::new(), HashSet::new());
    let (mut live, mut random) = (Vec::new(), seed);
    let mut below = |bound: usize| {
        // Knuth's constants, of which the high bits are random enough.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % bound
    };
    loop {
        let most = 1 + below(12);
        while live.len() < most {
            let Some(key) = store.insert() else {
                assert!(lives.are_full(), "there was room");
                break;
            };
            assert!(keys.insert(key), "{key:#x} came twice");
            lives.begin(key);
            live.push(key);
        }
        lives.check(&store.stats());
        if live.is_empty() {
            break;
        }
        for _ in 0..=below(live.len()) {
            if live.is_empty() {
                break;
            }
            let way = WAYS[below(WAYS.len())];
            if way.is_of_reservations() {
                if let Some(key) = store.give_up(way) {
                    assert!(keys.insert(key));
                    lives.begin(key);
                    lives.end(key);
                }
                continue;
            }
            let key = live.swap_remove(below(live.len()));
            store.end(key, way);
            lives.end(key);
            if way.is_of_all() {
                live.drain(..).for_each(|key| lives.end(key));
            }
            lives.check(&store.stats());
        }
        // Skipped keys are spent: a key that is missing here is handed out nowhere else.
        match below(20) {
            0 => {
                store.trim();
                lives.trim();
            }
            1 => {
                store.shrink_to_fit();
                lives.trim();
            }
            _ => {}
        }
        lives.check(&store.stats());
    }
    assert_eq!(keys.len() + lives.skipped(), keys_per_shard::<C>());
    is_spent(store, &lives, &keys);
}

/// Each slot's keys come in the same order again and again, and none within its period; in every page, in every way.
fn wraps<S: Store<C>, C: Config>() {
    let is_long = keys_per_shard::<C>() > 1000;
    for way in WAYS.into_iter().filter(|way| !is_long || !way.is_elsewhere()) {
        for page in 0..C::MAX_PAGES {
            let (mut store, mut lives) = (S::new(), Lives::<C>::new());
            if way.is_of_all() && page > 0 {
                continue; // which would end those that keep the other pages
            }
            for _ in 0..(0..page).map(lives::size::<C>).sum() {
                lives.begin(store.insert().unwrap());
            }
            // `lives` compares each key with the one that is due; that they are as many as they should be is seen here.
            let mut last = HashSet::new();
            for turn in 0..2 * Slab::<u8, C>::KEYS_PER_PAGE + 3 {
                let key = live_once(&mut store, &mut lives, way).unwrap();
                assert_eq!(lives.place(key).page, page);
                last.insert(key);
                assert!(turn > 0 || last.len() == 1);
            }
            let slots = last.iter().map(|&key| lives.place(key).offset).collect::<HashSet<_>>().len();
            assert_eq!(last.len(), slots * Slab::<u8, C>::generations(page), "ended by {way:?}");
            assert_eq!(store.stats().total().retired, 0);
        }
    }
}

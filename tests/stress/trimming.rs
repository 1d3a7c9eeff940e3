//! Some threads insert, empty and trim, over and over, while others read and remove by keys that go stale.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use flagstone::{Config, Slab};

use super::{
    Budget, alone,
    canary::{Books, Canary},
    random::Random,
};

/// Pages of several system pages. Two threads have shards, so that the third trims the overflow shard.
struct Roomy;
impl Config for Roomy {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 2;
    const INITIAL_PAGE_SIZE: usize = 512;
}

const TRIMMERS: usize = 3;
const READERS: usize = 2;
const PLACES: usize = 256;
const NO_KEY: usize = usize::MAX;

type Canaries<'books> = Slab<Canary<'books>, Roomy>;

/// What no two keys of a slab share but those of one slot.
fn slot_of(key: usize) -> (usize, usize) {
    let page_of_shard = key / Canaries::KEYS_PER_PAGE;
    (page_of_shard, key % (Roomy::INITIAL_PAGE_SIZE << (page_of_shard % Roomy::MAX_PAGES)))
}

/// Fills part of the current thread's shard, empties it with the help of others, and trims; returns how many bytes the
/// system got.
fn trim_over_and_over<'books>(slab: &Canaries<'books>, books: &'books Books, table: &[AtomicUsize]) -> usize {
    let mut random = Random::new();
    let mut last_keys = HashMap::new();
    let mut bytes = 0;
    for () in Budget::new() {
        let mut keys = Vec::new();
        for _ in 0..random.below(1_800) {
            let Some(key) = slab.insert_with_key(|key| books.make(key)) else { break };
            let last = last_keys.insert(slot_of(key), key);
            assert!(last.is_none_or(|last| key > last), "{key:#x} came back, or an older one than {last:x?}");
            table[random.below(PLACES)].store(key, Ordering::Relaxed);
            keys.push(key);
        }
        for key in keys {
            slab.remove(key); // perhaps a reader has
        }
        bytes += slab.trim();
    }
    bytes
}

fn read_until<'books>(slab: &Canaries<'books>, table: &[AtomicUsize], is_over: &AtomicBool) {
    let mut random = Random::new();
    while !is_over.load(Ordering::Relaxed) {
        let pinned = random.once_in(4).then(|| slab.pin());
        let mut kept = Vec::new();
        for _ in 0..64 {
            let key = table[random.below(PLACES)].load(Ordering::Relaxed);
            if random.once_in(4) {
                slab.remove(key);
            } else if let Some(entry) = slab.get(key) {
                entry.check(key);
            }
            if let Some(pinned) = &pinned {
                kept.extend(pinned.get(key).map(|value| (key, value)));
            }
        }
        if let (Some(pinned), true) = (&pinned, random.once_in(16)) {
            kept.extend(pinned.iter().take(500));
        }
        if random.once_in(64) {
            let total = slab.stats().total();
            assert!(total.live <= total.capacity && total.high_water <= total.capacity, "{total:?}");
        }
        kept.iter().for_each(|(key, value)| value.check(*key));
    }
}

#[test]
fn pages_are_trimmed_under_readers_of_stale_keys() {
    alone(|| {
        let books = Books::new();
        let mut slab: Canaries<'_> = Slab::new_with_config();
        let table: Vec<_> = (0..PLACES).map(|_| AtomicUsize::new(NO_KEY)).collect();
        let is_over = AtomicBool::new(false);
        let bytes: usize = thread::scope(|scope| {
            let trimmers: Vec<_> =
                (0..TRIMMERS).map(|_| scope.spawn(|| trim_over_and_over(&slab, &books, &table))).collect();
            let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(|| read_until(&slab, &table, &is_over))).collect();
            let bytes = trimmers.into_iter().map(|trimmer| trimmer.join().expect("no panic")).sum();
            is_over.store(true, Ordering::Relaxed);
            readers.into_iter().for_each(|reader| reader.join().expect("no panic"));
            bytes
        });
        assert!(bytes > 0 || !cfg!(target_os = "linux"), "nothing was ever trimmed");
        assert_eq!(slab.len(), 0);
        books.balance();
        slab.shrink_to_fit();
        assert_eq!(slab.stats().total().high_water, 0);
    });
}

//! What a trimmed page's keys go on with.
//!
//! Found by a reader: where generations wrap, the largest number was taken for the latest generation, and once a page had
//! seen it, each trimming brought back the key that was removed last.

use std::collections::{HashMap, HashSet};

use flagstone::{Config, Slab};

use crate::configs::Wrapping;

#[test]
fn a_wrapping_key_that_was_just_removed_does_not_come_back_with_trimming() {
    let slab = Slab::<usize>::new_with_config::<Wrapping>();
    let period = Slab::<usize, Wrapping>::generations(0);
    let mut keys = Vec::new();
    for round in 0..5 * period {
        let key = slab.insert(round).unwrap();
        assert!(!keys.iter().rev().take(period - 1).any(|&last| last == key), "round {round}: {key:#x} came back");
        assert!(slab.remove(key));
        slab.trim();
        keys.push(key);
    }
    assert!(keys.chunks(period).all(|lives| *lives == keys[..period]), "they come back after the documented period");
}

#[test]
fn a_slot_that_has_wrapped_beside_one_that_has_not_does_not_repeat_its_last_key_with_trimming() {
    let slab = Slab::<usize>::new_with_config::<Wrapping>();
    let period = Slab::<usize, Wrapping>::generations(0);
    for _ in 1..period {
        let keys = [0, 1].map(|value| slab.insert(value).unwrap());
        assert!(keys.iter().rev().all(|&key| slab.remove(key)));
    }
    let last = slab.insert(0).unwrap();
    assert!(slab.remove(last));
    slab.trim();
    assert_ne!(slab.insert(0), Some(last));
}

/// Pages of one size in one shard, small enough that their generations wrap many times.
struct Circling;

impl Config for Circling {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 4;
    const RESERVED_BITS: usize = usize::BITS as usize - 9; // 2 for the shard, 2 for the offset, 5 for the generation
    const WRAP_GENERATIONS: bool = true;
}

/// As `Config::WRAP_GENERATIONS` promises it: after half a period of the page's insertions, at the earliest.
#[test]
fn trimmed_pages_repeat_no_key_within_half_a_period() {
    let period = Slab::<usize, Circling>::generations(0);
    assert_eq!(period, 32);
    for hot in 1..100 {
        let slab = Slab::<usize>::new_with_config::<Circling>();
        let mut last_seen = HashMap::new();
        let mut insertions = 0;
        // Differs with `hot`: how often one slot is used, how often all are, and when there is a trimming.
        for round in 0..400 {
            let slots = if round % 7 < hot % 5 { 4 } else { 1 + (round / hot) % 3 };
            let keys: Vec<_> = (0..slots).map(|value| slab.insert(value).unwrap()).collect();
            for &key in &keys {
                insertions += 1;
                let last = last_seen.insert(key, insertions);
                assert!(
                    last.is_none_or(|last| insertions - last >= period / 2),
                    "{key:#x} after {last:?}, {insertions}"
                );
            }
            assert!(keys.iter().all(|&key| slab.remove(key)));
            if round % hot == 0 {
                slab.trim();
            }
        }
    }
}

/// As `Config::WRAP_GENERATIONS` promises it: no fewer keys than one slot has that is never trimmed.
#[test]
fn a_page_that_is_trimmed_all_the_time_hands_out_as_many_keys_as_one_slot() {
    struct Spent;
    impl Config for Spent {
        const MAX_THREADS: usize = 2;
        const MAX_PAGES: usize = 1;
        const INITIAL_PAGE_SIZE: usize = 64;
        const RESERVED_BITS: usize = usize::BITS as usize - 12; // 2 for the shard, 6 for the offset, 4 for the generation
        const WRAP_GENERATIONS: bool = false;
    }
    fn keys(trims: bool) -> usize {
        let slab = Slab::<usize>::new_with_config::<Spent>();
        let mut keys = HashSet::new();
        while let Some(key) = slab.insert(0) {
            assert!(keys.insert(key) && slab.remove(key));
            if trims {
                slab.trim();
            }
        }
        assert_eq!(slab.stats().total().retired, 64);
        keys.len()
    }
    assert_eq!(keys(false), Slab::<usize, Spent>::KEYS_PER_PAGE);
    // The first slot's last life retires it; from then on the page stays as it is, and the others have a life left.
    assert_eq!(keys(true), Slab::<usize, Spent>::generations(0) + 63);
}

/// The slot that is last on the list is not the one that was used most.
#[test]
fn slots_go_on_above_the_most_used_one() {
    let slab = Slab::<usize>::new();
    let mut seen = HashSet::new();
    let keys = [0, 1].map(|value| slab.insert(value).unwrap());
    assert!(keys.iter().all(|&key| seen.insert(key) && slab.remove(key)));
    for _ in 0..3 {
        let key = slab.insert(0).unwrap();
        assert!(seen.insert(key) && slab.remove(key));
    }
    slab.trim();
    for value in 0..2 {
        let key = slab.insert(value).unwrap();
        assert!(seen.insert(key), "{key:#x} came back");
    }
}

/// Pages larger than the system's, emptied in an order that leaves links in all words, also in those beside what the
/// system takes.
#[test]
fn slots_beside_the_systems_pages_are_blank_too() {
    let slab = Slab::<usize>::new();
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let mut keys: Vec<_> = (0..20_000).map(|value| slab.insert(value).unwrap()).collect();
        let places: HashSet<_> = keys.iter().map(|&key| std::ptr::from_ref(&*slab.get(key).unwrap())).collect();
        assert_eq!(places.len(), keys.len(), "two entries in one slot");
        assert!(keys.iter().all(|&key| seen.insert(key)), "a key came back");
        keys.sort_by_key(|key| key.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as usize));
        assert!(keys.iter().all(|&key| slab.remove(key)));
        slab.trim();
    }
}

//! Faults 5, 12, 18: keys.

use std::{
    collections::HashSet,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{ReservedByte, subject::Slab};

#[test]
fn fault_05_a_key_of_a_page_that_is_being_made_finds_nothing_or_its_entry() {
    const VALUES: usize = 100; // three pages
    const ROUNDS: usize = 200;

    let keys_of_a_fresh_slab = |slab: &Slab<Box<usize>>| -> Vec<usize> {
        (0..VALUES).map(|value| slab.insert(Box::new(value)).unwrap()).collect()
    };
    for round in 0..ROUNDS {
        let slab = Slab::new();
        let (start, done) = (Barrier::new(2), AtomicBool::new(false));
        let (guessed, wait_for_guess) = std::sync::mpsc::channel::<Vec<usize>>();
        thread::scope(|scope| {
            scope.spawn(|| {
                // The keys of a fresh slab are the same for each on the same thread.
                let guess = keys_of_a_fresh_slab(&Slab::new());
                guessed.send(guess.clone()).unwrap();
                start.wait();
                let keys = keys_of_a_fresh_slab(&slab);
                done.store(true, Ordering::Release);
                assert_eq!(keys[..32], guess[..32]);
            });
            let guess = wait_for_guess.recv().unwrap();
            start.wait();
            let mut removed = HashSet::new();
            while !done.load(Ordering::Acquire) {
                for (value, &key) in guess.iter().enumerate() {
                    if let Some(entry) = slab.get(key) {
                        assert_eq!(**entry, value);
                    }
                    // Every other round also removes, from the largest page only, lest slots be used again.
                    if round % 2 == 1 && value == VALUES - 1 && slab.remove(key) {
                        assert!(removed.insert(key));
                    }
                }
            }
        });
    }
}

/// On 32 bits, where keys come back by default, they do after 32,768 uses; in `sharded-slab` after 8,191 everywhere.
pub(super) const USES: u32 = if usize::BITS >= 64 { 100_000 } else { 32_768 };

#[test]
fn fault_12_a_key_does_not_come_back_in_100_000_uses_of_one_slot() {
    let slab = Slab::new();
    let mut keys = HashSet::new();
    for value in 0..USES {
        let key = slab.insert(value).unwrap();
        assert!(keys.insert(key), "use {value} has the key of an earlier one");
        assert!(slab.remove(key));
    }
}

#[test]
fn fault_18_slots_are_reused_with_reserved_bits() {
    let slab = Slab::new_with_config::<ReservedByte>();
    for value in 0..1000_u32 {
        let key = slab.insert(value).unwrap_or_else(|| panic!("use {value}: the slot is free, but was not found"));
        assert_eq!(key >> (usize::BITS - 8), 0);
        if value % 2 == 0 {
            assert!(slab.remove(key));
        } else {
            assert_eq!(slab.take(key), Some(value));
        }
    }
}

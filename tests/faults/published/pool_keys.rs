//! Faults 5, 12, 18, as far as they concern the pool: keys.

use std::{
    collections::HashSet,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use super::{ReservedByte, keys::USES, subject::Pool};

#[test]
fn fault_05_a_key_of_a_page_that_is_being_made_opens_nothing_or_its_entry() {
    const ENTRIES: usize = 100; // three pages
    const ROUNDS: usize = 200;

    let keys_of_a_fresh_pool = |pool: &Pool<Vec<usize>>| -> Vec<usize> {
        (0..ENTRIES).map(|number| pool.create_with(|list| list.push(number)).unwrap()).collect()
    };
    for round in 0..ROUNDS {
        let pool = Pool::new();
        let (start, done) = (Barrier::new(2), AtomicBool::new(false));
        let (guessed, wait_for_guess) = mpsc::channel::<Vec<usize>>();
        thread::scope(|scope| {
            scope.spawn(|| {
                // The keys of a fresh pool are the same for each on the same thread.
                let guess = keys_of_a_fresh_pool(&Pool::new());
                guessed.send(guess.clone()).unwrap();
                start.wait();
                let keys = keys_of_a_fresh_pool(&pool);
                done.store(true, Ordering::Release);
                assert_eq!(keys[..32], guess[..32]);
            });
            let guess = wait_for_guess.recv().unwrap();
            start.wait();
            let mut cleared = HashSet::new();
            while !done.load(Ordering::Acquire) {
                for (number, &key) in guess.iter().enumerate() {
                    if let Some(entry) = pool.get(key) {
                        assert_eq!(*entry, [number]);
                    }
                    // Every other round also clears, the last one only, lest slots be used again.
                    if round % 2 == 1 && number == ENTRIES - 1 && pool.clear(key) {
                        assert!(cleared.insert(key));
                    }
                }
            }
        });
    }
}

#[test]
fn fault_12_a_key_does_not_come_back_in_100_000_uses_of_one_pooled_value() {
    let pool = Pool::<Vec<u32>>::new();
    let mut keys = HashSet::new();
    for number in 0..USES {
        let key = pool.create_with(|list| list.push(number)).unwrap();
        assert!(keys.insert(key), "use {number} has the key of an earlier one");
        assert!(pool.clear(key));
    }
}

#[test]
fn fault_18_pooled_values_are_reused_with_reserved_bits() {
    let pool = Pool::<Vec<u32>>::new_with_config::<ReservedByte>();
    for number in 0..1000 {
        let key = pool
            .create_with(|list| {
                assert!(list.is_empty());
                list.push(number);
            })
            .unwrap_or_else(|| panic!("use {number}: the slot is free, but was not found"));
        assert_eq!(key >> (usize::BITS - 8), 0);
        assert!(pool.clear(key));
    }
}

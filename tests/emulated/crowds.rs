//! Thousands of short threads, some of them at once.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::{
    dice::Dice,
    held::{Held, Kind, SLOTS, remove_shared},
    ledger::{SLAB, alone},
    owners::{insert, number_of},
};

const AT_ONCE: usize = 6;
const THREADS: usize = 6_000;

/// A thread has one number, and keeps one more for its pins for each round in which it gets a new one.
const MOST_NUMBERS: usize = AT_ONCE * 6;

fn live_and_end(thread: usize) -> usize {
    let mut dice = Dice::new(thread as u64);
    let takes = dice.below(2) == 0;
    let mut order = [0, 1, 2, 3];
    dice.shuffle(&mut order);
    let mut number = 0;
    for step in order {
        match SLOTS.get(step) {
            Some(slot) => {
                let kinds = [Kind::Guard, Kind::Deeds, Kind::Pin];
                let kind = kinds[dice.below(if takes { 2 } else { 3 })];
                let again = dice.below(3);
                if dice.below(2) == 0 {
                    // Or the slab's thread-locals are always used before.
                    slot.set(None);
                }
                slot.set(Some(Held::new(kind, thread, dice.clone(), takes, again)));
            }
            None => {
                let key = insert(thread);
                number = number_of(key);
                assert!(SLAB.remove(key));
            }
        }
        if dice.below(4) == 0 {
            thread::yield_now();
        }
    }
    number
}

#[test]
fn crowds_of_threads_end_with_all_kinds_of_things() {
    alone(|| {
        let next = AtomicUsize::new(2_000_000);
        let spawn_and_join = || {
            loop {
                let thread = next.fetch_add(1, Ordering::Relaxed);
                if thread >= 2_000_000 + THREADS {
                    return;
                }
                let number = thread::spawn(move || live_and_end(thread)).join().unwrap();
                assert!((1..=MOST_NUMBERS).contains(&number), "numbers are lost: {number}");
            }
        };
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(spawn_and_join);
            }
        });
        remove_shared();
        let shards = SLAB.stats().shards().len();
        assert!(shards <= MOST_NUMBERS + 1, "{shards}");
    });
}

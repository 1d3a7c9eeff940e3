//! The last generation: a slot is retired, or its first key repeats, while a thread still has that key.
//!
//! Property: an old key finds nothing in a retired slot, which is never used again. Where keys repeat it finds the
//! value of this life or of a later one, always complete, and never destroys it under a guard.
//!
//! Invariants: L2, L3, F1.
//!
//! Orderings: `publish` Release with `share` Acquire, over all lives that a word's value can stand for.

use loom::thread;

use crate::{
    check::{Shared, check, key_of},
    sizes::{TwoLives, TwoLivesAgain},
};

#[test]
fn retired_slot() {
    let outcomes = ["first", "second", "no first", "no second"];
    check("generations::retired_slot", &outcomes, |slab: Shared<TwoLives>, tally| {
        let first = slab.insert(tally.value(1)).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let second = key_of::<TwoLives>(1, 0, 1, 0);
                for (key, number, found, missed) in
                    [(first, 1, "first", "no first"), (second, 2, "second", "no second")]
                {
                    tally.note_reading(slab.get(key), number, found, missed)
                }
            }
        });
        assert!(slab.remove(first));
        if let Some(second) = slab.insert(tally.value(2)) {
            assert!(slab.remove(second));
            assert!(slab.insert(tally.value(3)).is_none(), "the slot is retired");
        }
        reader.join().unwrap();
    });
}

#[test]
fn key_comes_again() {
    let outcomes = ["first life", "third life", "nothing"];
    check("generations::key_comes_again", &outcomes, |slab: Shared<TwoLivesAgain>, tally| {
        let first = slab.insert(tally.value(1)).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                tally.note(match slab.get(first).map(|entry| entry.read()) {
                    Some(1) => "first life",
                    Some(number) => {
                        assert_eq!(number, 3);
                        "third life"
                    }
                    None => "nothing",
                });
            }
        });
        assert!(slab.remove(first));
        if let Some(second) = slab.insert(tally.value(2)) {
            assert_ne!(second, first);
            assert!(slab.remove(second));
            assert_eq!(slab.insert(tally.value(3)), Some(first));
        }
        reader.join().unwrap();
    });
}

/// Another thread removes by a key that has come again: one life is ended, once.
#[test]
fn remove_by_a_key_that_comes_again() {
    let outcomes = ["removed", "too early or too late"];
    check("generations::remove_by_a_key_that_comes_again", &outcomes, |slab: Shared<TwoLivesAgain>, tally| {
        let first = slab.insert(tally.value(1)).unwrap();
        let remover = thread::spawn({
            let tally = tally.clone();
            move || tally.note(if slab.remove(first) { "removed" } else { "too early or too late" })
        });
        if slab.remove(first) {
            let second = slab.insert(tally.value(2)).unwrap();
            assert!(slab.remove(second));
            assert_eq!(slab.insert(tally.value(3)), Some(first));
        }
        remover.join().unwrap();
    });
}

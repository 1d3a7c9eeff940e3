//! The last generation: a slot is retired and its value dropped, or its first key comes again.
//!
//! Property: the thread that retires a slot clears its value, and then drops it at once. Where keys repeat a stale one
//! finds the value of this life or of a later one, filled, and the entry that it clears is cleared once.
//!
//! Invariants: L2, L3, F1, P1.
//!
//! Orderings: `publish` and `include` Release with `share` and `remove` Acquire, over all lives that a word's value can
//! stand for; `release` and `remove` Release with `claim_last` Acquire (before the value is dropped).

use loom::thread;

use super::{Create, create, create_with};
use crate::{
    check::{SharedPool, check, key_of},
    sizes::{TwoLives, TwoLivesAgain},
};

#[test]
fn retired_slot_loses_its_value() {
    let outcomes = ["first", "second", "no first", "no second", "retired", "full"];
    check("pool::lives::retired_slot_loses_its_value", &outcomes, |pool: SharedPool<TwoLives>, tally| {
        let first = create(pool, 1).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let second = key_of::<TwoLives>(1, 0, 1, 0);
                for (key, number, found, missed) in
                    [(first, 1, "first", "no first"), (second, 2, "second", "no second")]
                {
                    tally.note_reading(pool.get(key), number, found, missed)
                }
            }
        });
        assert!(pool.clear(first));
        tally.note(match create(pool, 2) {
            Some(second) => {
                tally.end();
                assert!(pool.clear(second));
                assert!(create(pool, 3).is_none(), "the slot is retired");
                "retired"
            }
            None => "full",
        });
        reader.join().unwrap();
        let is_retired = create(pool, 4).is_none();
        assert_eq!((tally.in_use(), tally.alive()), if is_retired { (0, 0) } else { (1, 1) });
    });
}

/// The slot's last life is ended under its creator's guard by one thread, and the slot retired by another.
#[test]
fn retired_elsewhere() {
    let outcomes = ["retired at once", "left to the guard"];
    check("pool::lives::retired_elsewhere", &outcomes, |pool: SharedPool<TwoLives>, tally| {
        assert!(pool.clear(create(pool, 1).unwrap()));
        let mut value = pool.create().unwrap();
        let key = value.key();
        tally.end();
        let creator = thread::spawn(move || value.fill(2));
        assert!(pool.clear(key));
        tally.note(if tally.alive() == 0 { "retired at once" } else { "left to the guard" });
        assert!(pool.create().is_none(), "the slot is retired, or about to be");
        creator.join().unwrap();
        assert!(pool.create().is_none() && pool.get(key).is_none(), "the slot is retired");
        assert_eq!((tally.in_use(), tally.alive()), (0, 0), "and the value will not be used again");
    });
}

fn key_comes_again(name: &str, create: Create<TwoLivesAgain>) {
    let outcomes = ["first life", "third life", "nothing"];
    check(name, &outcomes, move |pool: SharedPool<TwoLivesAgain>, tally| {
        let first = create(pool, 1).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                tally.note(match pool.get(first).map(|entry| entry.read()) {
                    Some(1) => "first life",
                    Some(number) => {
                        assert_eq!(number, 3);
                        "third life"
                    }
                    None => "nothing",
                });
            }
        });
        assert!(pool.clear(first));
        if let Some(second) = create(pool, 2) {
            assert_ne!(second, first);
            assert!(pool.clear(second));
            assert_eq!(create(pool, 3), Some(first));
        }
        reader.join().unwrap();
        assert_eq!(tally.alive(), 1, "the value is kept");
    });
}

#[test]
fn key_of_create_comes_again() {
    key_comes_again("pool::lives::key_of_create_comes_again", create);
}

#[test]
fn key_of_create_with_comes_again() {
    key_comes_again("pool::lives::key_of_create_with_comes_again", create_with);
}

/// Another thread clears by a key that has come again, under its creator's guard too: one life is ended, once.
#[test]
fn clear_by_a_key_that_comes_again() {
    let outcomes = ["first life", "third life", "neither"];
    check("pool::lives::clear_by_a_key_that_comes_again", &outcomes, |pool: SharedPool<TwoLivesAgain>, tally| {
        let first = create(pool, 1).unwrap();
        let clearer = thread::spawn(move || pool.clear(first));
        if pool.clear(first) {
            assert!(pool.clear(create(pool, 2).unwrap()));
            let mut value = pool.create().unwrap();
            assert_eq!(value.key(), first);
            value.fill(3);
            drop(value);
            let cleared = clearer.join().unwrap();
            tally.note(if cleared { "third life" } else { "neither" });
            assert_eq!(pool.contains(first), !cleared);
        } else {
            assert!(clearer.join().unwrap());
            tally.note("first life");
        }
        assert_eq!(tally.alive(), 1, "the value is kept");
    });
}

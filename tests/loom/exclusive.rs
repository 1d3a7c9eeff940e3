//! An exclusive guard has exclusive access to its value, and the next thread that reads the value sees what it wrote.
//!
//! Property: while an exclusive guard exists no other thread reads the value. If the entry is removed or taken
//! meanwhile, the guard becomes an ordinary one, whose drop destroys the value or wakes the taker.
//!
//! Invariants: L2, L3.
//!
//! Orderings: `release` Release with `exclude` Acquire; `include` Release with `share`, `exclude`, `remove_unshared`
//! and `take` Acquire.

use flagstone::{ExclusiveError, GetError};
use loom::thread;

use crate::{
    check::{Shared, check},
    sizes::OneSlot,
};

#[test]
fn exclusive_against_get() {
    let outcomes = ["changed", "in use", "old", "new", "nothing"];
    check("exclusive::exclusive_against_get", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let writer = thread::spawn({
            let tally = tally.clone();
            move || match slab.get_exclusive(key) {
                Ok(mut entry) => {
                    entry.change(2);
                    tally.note("changed");
                }
                Err(error) => {
                    assert_eq!(error, ExclusiveError::InUse);
                    tally.note("in use");
                }
            }
        });
        tally.note(match slab.get(key).map(|entry| entry.read()) {
            Some(1) => "old",
            Some(_) => "new",
            None => "nothing",
        });
        writer.join().unwrap();
    });
}

/// A reader that asks for the reason is never told that an entry is absent that no thread removes.
#[test]
fn exclusive_against_try_get() {
    let outcomes = ["exclusive", "old", "new"];
    check("exclusive::exclusive_against_try_get", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let writer = thread::spawn(move || {
            if let Ok(mut entry) = slab.get_exclusive(key) {
                entry.change(2);
            }
        });
        tally.note(match slab.try_get(key).map(|entry| entry.read()) {
            Ok(1) => "old",
            Ok(_) => "new",
            Err(error) => {
                assert_eq!(error, GetError::Exclusive);
                "exclusive"
            }
        });
        writer.join().unwrap();
    });
}

#[test]
fn two_exclusives() {
    let outcomes = ["both", "one"];
    check("exclusive::two_exclusives", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let change = move || match slab.get_exclusive(key) {
            Ok(mut entry) => {
                let number = entry.read();
                entry.change(number + 1);
                1
            }
            Err(_) => 0,
        };
        let other = thread::spawn(change);
        let changes = change() + other.join().unwrap();
        assert_eq!(slab.get(key).unwrap().read(), 1 + changes);
        tally.note(if changes == 2 { "both" } else { "one" });
    });
}

#[test]
fn exclusive_against_remove() {
    let outcomes = ["changed", "absent", "removed at once", "left to the guard"];
    check("exclusive::exclusive_against_remove", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let writer = thread::spawn({
            let tally = tally.clone();
            move || match slab.get_exclusive(key) {
                Ok(mut entry) => {
                    entry.change(2);
                    tally.note("changed");
                }
                Err(error) => {
                    assert_eq!(error, ExclusiveError::Absent);
                    tally.note("absent");
                }
            }
        });
        assert!(slab.remove(key));
        tally.note(if tally.alive() == 0 { "removed at once" } else { "left to the guard" });
        writer.join().unwrap();
        assert_eq!(tally.alive(), 0);
        assert!(slab.insert(tally.value(3)).is_some(), "the slot came back");
    });
}

#[test]
fn exclusive_against_take() {
    check("exclusive::exclusive_against_take", &["old", "new"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let taker = thread::spawn(move || slab.take(key).unwrap().read());
        if let Ok(mut entry) = slab.get_exclusive(key) {
            entry.change(2);
        }
        tally.note(if taker.join().unwrap() == 1 { "old" } else { "new" });
    });
}

#[test]
fn exclusive_against_guard_drop() {
    let outcomes = ["changed", "in use"];
    check("exclusive::exclusive_against_guard_drop", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let writer = thread::spawn({
            let tally = tally.clone();
            move || match slab.get_exclusive(key) {
                Ok(mut entry) => {
                    entry.change(2);
                    tally.note("changed");
                }
                Err(error) => {
                    assert_eq!(error, ExclusiveError::InUse);
                    tally.note("in use");
                }
            }
        });
        assert_eq!(entry.read(), 1);
        drop(entry);
        writer.join().unwrap();
    });
}

/// A walk skips an entry that is held exclusively.
#[test]
fn exclusive_against_walk() {
    let outcomes = ["old", "new", "passed by"];
    check("exclusive::exclusive_against_walk", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let walker = thread::spawn({
            let tally = tally.clone();
            move || {
                let mut seen = "passed by";
                slab.retain(|_, value| {
                    seen = if value.read() == 1 { "old" } else { "new" };
                    true
                });
                tally.note(seen);
            }
        });
        if let Ok(mut entry) = slab.get_exclusive(key) {
            entry.change(2);
        }
        walker.join().unwrap();
    });
}

//! A removed value is destroyed once, after every guard's last look, and its slot goes on to the next value.
//!
//! Property: of several that remove an entry one succeeds; the value lives while any guard does, and is dropped exactly
//! once, by the remover or by the last guard; an old key finds nothing from then on.
//!
//! Invariants: L2, L3.
//!
//! Orderings: `release` Release with `remove_unshared`, `remove` and `claim_last` Acquire (reads before the value's
//! end); `remove` Release with `claim_last` Acquire (what the remover did before it).

use flagstone::Entry;
use loom::thread;

use crate::{
    check::{Shared, check, insert_watched},
    sizes::OneSlot,
};

#[test]
fn remove_against_get() {
    let outcomes = ["read", "nothing", "reused", "full"];
    check("removal::remove_against_get", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || tally.note_reading(slab.get(key), 1, "read", "nothing")
        });
        assert!(slab.remove(key));
        assert!(!slab.contains(key));
        match slab.try_insert(tally.value(2)) {
            Ok(next) => {
                assert_ne!(next, key);
                tally.note("reused");
            }
            Err(_) => tally.note("full"),
        }
        reader.join().unwrap();
        assert!(slab.get(key).is_none());
    });
}

#[test]
fn remove_against_guard_drop() {
    let outcomes = ["removed at once", "left to the last guard"];
    check("removal::remove_against_guard_drop", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let threads = [slab.get(key).unwrap(), slab.get(key).unwrap()].map(|entry| {
            thread::spawn(move || {
                entry.read();
                drop(entry);
            })
        });
        assert!(slab.remove(key));
        tally.note(if tally.alive() == 0 { "removed at once" } else { "left to the last guard" });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(tally.alive(), 0);
        assert!(slab.insert(tally.value(2)).is_some(), "the slot came back");
    });
}

/// What the remover wrote before is seen by the value's destructor, on whichever thread that runs.
#[test]
fn removers_writes_are_seen() {
    let outcomes = ["removed at once", "left to the guard"];
    check("removal::removers_writes_are_seen", &outcomes, |slab: Shared<OneSlot>, tally| {
        let (key, witness) = insert_watched(slab, tally);
        let entry = slab.get(key).unwrap();
        let reader = thread::spawn(move || drop(entry));
        witness.write(1);
        assert!(slab.remove(key));
        tally.note(if tally.alive() == 0 { "removed at once" } else { "left to the guard" });
        reader.join().unwrap();
    });
}

#[test]
fn remove_against_guard_clone() {
    check("removal::remove_against_guard_clone", &["cloned"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let first = slab.get(key).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let second = Entry::clone(&first);
                drop(first);
                assert_eq!(second.read(), 1);
                tally.note("cloned");
            }
        });
        assert!(slab.remove(key));
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn two_removers() {
    check("removal::two_removers", &["left", "right"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let removers = ["left", "right"].map(|name| {
            let tally = tally.clone();
            thread::spawn(move || {
                let removed = slab.remove(key);
                if removed {
                    tally.note(name);
                }
                removed
            })
        });
        entry.read();
        drop(entry);
        let removed = removers.map(|remover| remover.join().unwrap());
        assert_eq!(removed.iter().filter(|&&removed| removed).count(), 1);
        assert_eq!(tally.alive(), 0);
        assert!(slab.insert(tally.value(2)).is_some(), "the slot came back, and once");
        assert!(slab.insert(tally.value(3)).is_none(), "the slot came back, and once");
    });
}

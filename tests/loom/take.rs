//! A taken value is handed over once, after the last read through a guard, and the waiting thread is woken.
//!
//! Property: `take` returns the value to one caller, when no guard is left. The last guard wakes it if it sleeps. Later
//! callers get nothing, and no thread waits for ever (`loom` reports that as a deadlock).
//!
//! Invariants: L2, L3, W1 (no lost wake).
//!
//! Orderings: `release` Release with `take` and `await_release` Acquire.

use loom::thread;

use crate::{
    check::{Shared, check},
    sizes::OneSlot,
};

#[test]
fn take_against_guard_drop() {
    check("take::take_against_guard_drop", &["taken"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let taker = thread::spawn(move || slab.take(key).unwrap());
        entry.read();
        drop(entry);
        assert_eq!(taker.join().unwrap().read(), 1);
        assert!(!slab.contains(key));
        assert!(slab.insert(tally.value(2)).is_some(), "the slot came back");
        tally.note("taken");
    });
}

/// Two guards: only the second one to go wakes.
#[test]
fn take_against_two_guard_drops() {
    check("take::take_against_two_guard_drops", &["taken"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let (first, second) = (slab.get(key).unwrap(), slab.get(key).unwrap());
        let taker = thread::spawn(move || slab.take(key).unwrap());
        let reader = thread::spawn(move || {
            second.read();
            drop(second);
        });
        first.read();
        drop(first);
        assert_eq!(taker.join().unwrap().read(), 1);
        reader.join().unwrap();
        tally.note("taken");
    });
}

#[test]
fn take_against_get() {
    check("take::take_against_get", &["read", "nothing"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let taker = thread::spawn(move || assert_eq!(slab.take(key).unwrap().read(), 1));
        tally.note_reading(slab.get(key), 1, "read", "nothing");
        taker.join().unwrap();
    });
}

#[test]
fn remover_against_taker() {
    check("take::remover_against_taker", &["removed", "taken"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let taker = thread::spawn(move || slab.take(key).map(|value| value.read()).is_some());
        let remover = thread::spawn(move || slab.remove(key));
        entry.read();
        drop(entry);
        let (taken, removed) = (taker.join().unwrap(), remover.join().unwrap());
        assert!(taken != removed, "one of the two has it");
        tally.note(if taken { "taken" } else { "removed" });
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn two_takers() {
    check("take::two_takers", &["left", "right"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let takers = ["left", "right"].map(|name| {
            let tally = tally.clone();
            thread::spawn(move || match slab.take(key) {
                Some(value) => {
                    assert_eq!(value.read(), 1);
                    tally.note(name);
                    1
                }
                None => 0,
            })
        });
        drop(entry);
        assert_eq!(takers.map(|taker| taker.join().unwrap()).iter().sum::<i32>(), 1);
    });
}

/// Two takers of two entries sleep on the same condition: each is woken by its own guard.
#[test]
fn two_sleepers() {
    use crate::sizes::TwoSlots;
    check("take::two_sleepers", &["taken"], |slab: Shared<TwoSlots>, tally| {
        let keys = [1, 2].map(|number| slab.insert(tally.value(number)).unwrap());
        let [first, second] = keys.map(|key| slab.get(key).unwrap());
        let takers = keys.map(|key| thread::spawn(move || slab.take(key).unwrap().read()));
        drop(first);
        drop(second);
        assert_eq!(takers.map(|taker| taker.join().unwrap()), [1, 2]);
        tally.note("taken");
    });
}

#[test]
fn try_take_against_guard_drop() {
    check("take::try_take_against_guard_drop", &["in use", "taken"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let taker = thread::spawn(move || slab.try_take(key).map(|value| value.read()).is_some());
        entry.read();
        drop(entry);
        if taker.join().unwrap() {
            tally.note("taken");
            assert!(!slab.contains(key));
        } else {
            tally.note("in use");
            assert!(slab.contains(key));
        }
    });
}

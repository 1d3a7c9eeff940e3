//! What a pinned thread may be reading stays, and what it writes nobody shares.
//!
//! Property: a value that a pinned thread has found is neither dropped nor moved nor written until the pin is dropped;
//! then it goes at once, exactly once, with the last reader out.
//!
//! Invariants: N1 (no end under a pin), N2 (no exclusive access under a pin), N3 (an obligation is given back once).
//!
//! Orderings: the two barriers of `raw/pin.rs`; `Pin::leave` Release with `is_pinned` and `push` Acquire; `push` Release
//! with `leave` Acquire; `is_readable` and `readable_generation` Acquire with `publish`, `include` and `downgrade`
//! Release; `release_after_pins` Release with its own Acquire and that of `await_release`.

use flagstone::ExclusiveError;
use loom::thread;

use crate::{
    check::{Shared, check},
    sizes::{OneSlot, ThreeThreads},
};

#[test]
fn pin_against_remove() {
    let outcomes = ["read", "absent", "ended at once", "left to the pin"];
    check("pins::pin_against_remove", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                match pinned.get(key) {
                    Some(value) => {
                        thread::yield_now();
                        assert_eq!(value.read(), 1);
                        tally.note("read");
                    }
                    None => tally.note("absent"),
                }
            }
        });
        assert!(slab.remove(key));
        tally.note(if tally.alive() == 0 { "ended at once" } else { "left to the pin" });
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0, "it goes with the last reader");
        assert!(slab.insert(tally.value(2)).is_some(), "the slot came back");
    });
}

#[test]
fn pin_against_remove_while_a_guard_is_out() {
    let outcomes = ["read", "absent"];
    check("pins::pin_against_remove_while_a_guard_is_out", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                match pinned.get(key) {
                    Some(value) => {
                        assert_eq!(value.read(), 1);
                        tally.note("read");
                    }
                    None => tally.note("absent"),
                }
            }
        });
        assert!(slab.remove(key));
        assert_eq!(entry.read(), 1);
        drop(entry);
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn pin_against_the_last_guard_elsewhere() {
    let outcomes = ["read", "absent"];
    check("pins::pin_against_the_last_guard_elsewhere", &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                match pinned.get(key) {
                    Some(value) => {
                        assert_eq!(value.read(), 1);
                        tally.note("read");
                    }
                    None => tally.note("absent"),
                }
            }
        });
        let holder = thread::spawn(move || drop(entry));
        assert!(slab.remove(key));
        reader.join().unwrap();
        holder.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn two_pins_against_remove() {
    let outcomes = ["both", "one", "none"];
    check("pins::two_pins_against_remove", &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let read = move || usize::from(slab.pin().get(key).is_some_and(|value| value.read() == 1));
        let readers = [thread::spawn(read), thread::spawn(read)];
        assert!(slab.remove(key));
        let reads: usize = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        tally.note(["none", "one", "both"][reads]);
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn nested_pins() {
    let outcomes = ["read twice", "read once", "absent"];
    check("pins::nested_pins", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let outer = slab.pin();
                let value = outer.get(key);
                let inner = slab.pin();
                let again = inner.get(key);
                again.inspect(|value| assert_eq!(value.read(), 1));
                tally.note(match (value.is_some(), again.is_some()) {
                    (true, true) => "read twice",
                    (true, false) => "read once",
                    (false, _) => "absent",
                });
                drop(inner);
                value.inspect(|value| assert_eq!(value.read(), 1));
            }
        });
        assert!(slab.remove(key));
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn pin_against_reuse_of_the_slot() {
    let outcomes = ["first", "second", "absent"];
    check("pins::pin_against_reuse_of_the_slot", &outcomes, |slab: Shared<OneSlot>, tally| {
        let first = slab.insert(tally.value(1)).unwrap();
        let second = first + 1; // one slot: its next generation
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                let (new, old) = (pinned.get(second), pinned.get(first));
                old.inspect(|value| assert_eq!(value.read(), 1));
                new.inspect(|value| assert_eq!(value.read(), 2));
                tally.note(match (old, new) {
                    (Some(_), _) => "first",
                    (_, Some(_)) => "second",
                    _ => "absent",
                });
            }
        });
        assert!(slab.remove(first));
        if let Ok(key) = slab.try_insert(tally.value(2)) {
            assert_eq!(key, second);
        }
        reader.join().unwrap();
    });
}

#[test]
fn pin_against_take() {
    let outcomes = ["read", "absent"];
    check("pins::pin_against_take", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let taker = thread::spawn(move || slab.take(key).unwrap().change(2));
        {
            let pinned = slab.pin();
            match pinned.get(key) {
                Some(value) => {
                    assert_eq!(value.read(), 1);
                    tally.note("read");
                }
                None => tally.note("absent"),
            }
        }
        taker.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn pin_against_try_take() {
    let outcomes = ["read", "absent", "taken", "left"];
    check("pins::pin_against_try_take", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let taker = thread::spawn({
            let tally = tally.clone();
            move || match slab.try_take(key) {
                Some(mut value) => {
                    value.change(2);
                    tally.note("taken");
                }
                None => tally.note("left"),
            }
        });
        {
            let pinned = slab.pin();
            match pinned.get(key) {
                Some(value) => {
                    assert_eq!(value.read(), 1);
                    tally.note("read");
                }
                None => tally.note("absent"),
            }
        }
        taker.join().unwrap();
    });
}

#[test]
fn pin_against_exclusive() {
    let outcomes = ["old", "new", "absent", "changed", "in use"];
    check("pins::pin_against_exclusive", &outcomes, |slab: Shared<OneSlot>, tally| {
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
        {
            let pinned = slab.pin();
            tally.note(match pinned.get(key).map(|value| value.read()) {
                Some(1) => "old",
                Some(_) => "new",
                None => "absent",
            });
        }
        writer.join().unwrap();
    });
}

/// A removal under the remover's own pin.
#[test]
fn remove_under_own_pin() {
    let outcomes = ["read", "absent"];
    check("pins::remove_under_own_pin", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || match slab.pin().get(key) {
                Some(value) => {
                    assert_eq!(value.read(), 1);
                    tally.note("read");
                }
                None => tally.note("absent"),
            }
        });
        {
            let pinned = slab.pin();
            let value = pinned.get(key).unwrap();
            assert!(slab.remove(key));
            assert_eq!(value.read(), 1);
        }
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// A value is found by a walk as soon as it is found by its key.
#[test]
fn walk_under_a_pin() {
    let outcomes = ["old", "new", "nothing"];
    check("pins::walk_under_a_pin", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let walker = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                let seen: Vec<_> = pinned.iter().map(|(_, value)| value.read()).collect();
                tally.note(match seen[..] {
                    [1] => "old",
                    [2] => "new",
                    _ => "nothing",
                });
            }
        });
        assert!(slab.remove(key));
        let _ = slab.try_insert(tally.value(2));
        walker.join().unwrap();
    });
}

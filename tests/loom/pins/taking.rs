//! A value that a pinned thread may be reading is not moved: `take` waits for the pin, `try_take` gives up.

use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::thread;

use super::{read, reader};
use crate::{
    check::{Shared, check, check_fewer},
    sizes::{OneSlot, ThreeThreads},
};

#[test]
fn pin_against_take() {
    let outcomes = ["read", "absent"];
    check("pins::taking::pin_against_take", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let taker = thread::spawn(move || slab.take(key).unwrap().change(2));
        read(slab, key, tally);
        taker.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// The taker waits for both, whichever goes last.
#[test]
fn pin_against_take_while_a_guard_is_out() {
    for (name, guard_first) in [
        ("pins::taking::pin_against_take_while_a_guard_is_out (guard first)", true),
        ("pins::taking::pin_against_take_while_a_guard_is_out (pin first)", false),
    ] {
        let outcomes = ["read", "absent"];
        check(name, &outcomes, move |slab: Shared<OneSlot>, tally| {
            let key = slab.insert(tally.value(1)).unwrap();
            let entry = slab.get(key).unwrap();
            let taker = thread::spawn(move || slab.take(key).unwrap().change(2));
            let pinned = slab.pin();
            let value = pinned.get(key);
            if guard_first {
                assert_eq!(entry.read(), 1);
                drop(entry);
                tally.note_reading(value, 1, "read", "absent");
                drop(pinned);
            } else {
                tally.note_reading(value, 1, "read", "absent");
                drop(pinned);
                assert_eq!(entry.read(), 1);
                drop(entry);
            }
            taker.join().unwrap();
            assert_eq!(tally.alive(), 0);
        });
    }
}

/// The last guard, the last pin and the taker are three threads'.
#[test]
fn pin_against_take_and_the_last_guard_elsewhere() {
    let outcomes = ["read", "absent"];
    let name = "pins::taking::pin_against_take_and_the_last_guard_elsewhere";
    check(name, &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let taker = thread::spawn(move || slab.take(key).unwrap().change(2));
        let holder = thread::spawn(move || {
            assert_eq!(entry.read(), 1);
            drop(entry);
        });
        read(slab, key, tally);
        holder.join().unwrap();
        taker.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// One pin is out before, one comes and goes.
#[test]
fn two_pins_against_take() {
    let outcomes = ["read", "absent"];
    check_fewer("pins::taking::two_pins_against_take", 1, &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        let taker = thread::spawn(move || slab.take(key).unwrap().change(2));
        let reader = reader(slab, key, tally);
        assert_eq!(value.read(), 1);
        drop(pinned);
        reader.join().unwrap();
        taker.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn pin_against_try_take() {
    let outcomes = ["read", "absent", "taken", "left"];
    check("pins::taking::pin_against_try_take", &outcomes, |slab: Shared<OneSlot>, tally| {
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
        read(slab, key, tally);
        taker.join().unwrap();
    });
}

/// `try_take` sees the pin and steps back, while another thread removes the entry: then it is left to the pin.
#[test]
fn try_take_under_a_pin_against_remove() {
    let outcomes = ["removed", "taken"];
    check("pins::taking::try_take_under_a_pin_against_remove", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        let taker = thread::spawn(move || match slab.try_take(key) {
            Some(mut value) => {
                value.change(2);
                true
            }
            None => false,
        });
        let remover = thread::spawn(move || slab.remove(key));
        assert_eq!(value.read(), 1);
        drop(pinned);
        let (taken, removed) = (taker.join().unwrap(), remover.join().unwrap());
        assert!(taken != removed, "one of the two has it");
        tally.note(if taken { "taken" } else { "removed" });
        assert_eq!(tally.alive(), 0);
    });
}

/// The key of a reserved slot: whether the entry comes before, between or after, the taker never waits for itself.
#[test]
fn take_of_a_reserved_key_under_an_own_pin() {
    let outcomes = ["refused", "absent"];
    check("pins::taking::take_of_a_reserved_key_under_an_own_pin", &outcomes, |slab: Shared<OneSlot>, tally| {
        let vacant = slab.vacant_entry().unwrap();
        let key = vacant.key();
        let inserter = thread::spawn({
            let tally = tally.clone();
            move || vacant.insert(tally.value(1))
        });
        let pinned = slab.pin();
        match catch_unwind(AssertUnwindSafe(|| slab.take(key))) {
            Ok(taken) => {
                assert!(taken.is_none());
                tally.note("absent");
            }
            Err(_) => tally.note("refused"),
        }
        drop(pinned);
        inserter.join().unwrap();
        assert!(slab.remove(key), "the entry stays");
    });
}

/// A guard and a pin exist before: the taker waits for both, and gets the complete value.
#[test]
fn take_against_a_guard_and_a_pin() {
    check_fewer("pins::taking::take_against_a_guard_and_a_pin", 1, &[], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        let holder = thread::spawn(move || {
            assert_eq!(entry.read(), 1);
            drop(entry);
        });
        let taker = thread::spawn(move || slab.take(key).unwrap().change(2));
        assert_eq!(value.read(), 1);
        drop(pinned);
        holder.join().unwrap();
        taker.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

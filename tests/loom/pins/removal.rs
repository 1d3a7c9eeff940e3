//! A removal against pins, with and without guards.

use loom::thread;

use super::{note_where_it_ends, read, reader};
use crate::{
    check::{Shared, check, check_fewer},
    sizes::{OneSlot, OneThread, ThreeThreads},
};

/// The first pin ever: the remover may still find that no shard was ever pinned.
#[test]
fn pin_against_remove() {
    let outcomes = ["read", "absent", "ended at once", "left to the pin", "ended by the pin"];
    check("pins::removal::pin_against_remove", &outcomes, |slab: Shared<OneSlot>, tally| {
        let mut value = tally.value(1);
        note_where_it_ends(&mut value, tally, None, "ended by the pin");
        let key = slab.insert(value).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                let value = pinned.get(key);
                thread::yield_now();
                tally.note_reading(value, 1, "read", "absent");
            }
        });
        assert!(slab.remove(key));
        tally.note(if tally.alive() == 0 { "ended at once" } else { "left to the pin" });
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0, "it goes with the last reader");
        assert!(slab.insert(tally.value(2)).is_some(), "the slot came back");
    });
}

/// The guard is the remover's, so the removal leaves the end to it, and it to the pin.
#[test]
fn pin_against_remove_while_a_guard_is_out() {
    let outcomes = ["read", "absent"];
    check("pins::removal::pin_against_remove_while_a_guard_is_out", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let reader = reader(slab, key, tally);
        assert!(slab.remove(key));
        assert_eq!(entry.read(), 1);
        drop(entry);
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// Three threads: one pins, one drops the last guard, one removes.
#[test]
fn pin_against_the_last_guard_elsewhere() {
    let outcomes = ["read", "absent"];
    check("pins::removal::pin_against_the_last_guard_elsewhere", &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let reader = reader(slab, key, tally);
        let holder = thread::spawn(move || drop(entry));
        assert!(slab.remove(key));
        reader.join().unwrap();
        holder.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// The last pin is dropped while another thread drops the last guard of the removed entry.
#[test]
fn last_pin_against_the_last_guard() {
    let outcomes = ["ended by the pin", "ended by the guard"];
    check("pins::removal::last_pin_against_the_last_guard", &outcomes, |slab: Shared<OneSlot>, tally| {
        let mut value = tally.value(1);
        note_where_it_ends(&mut value, tally, Some("ended by the pin"), "ended by the guard");
        let key = slab.insert(value).unwrap();
        let entry = slab.get(key).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        assert!(slab.remove(key));
        let holder = thread::spawn(move || {
            assert_eq!(entry.read(), 1);
            drop(entry);
        });
        assert_eq!(value.read(), 1);
        drop(pinned);
        holder.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn two_pins_against_remove() {
    let outcomes = ["both", "one", "none"];
    check_fewer("pins::removal::two_pins_against_remove", 1, &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let read = move || usize::from(slab.pin().get(key).is_some_and(|value| value.read() == 1));
        let readers = [thread::spawn(read), thread::spawn(read)];
        assert!(slab.remove(key));
        let reads: usize = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        tally.note(["none", "one", "both"][reads]);
        assert_eq!(tally.alive(), 0);
    });
}

/// As many threads are pinned as possible, so a record is pushed for each; the remover's own count is one more.
#[test]
fn all_pinned_against_remove() {
    let outcomes = ["ended by the pin", "left to the remover"];
    check("pins::removal::all_pinned_against_remove", &outcomes, |slab: Shared<OneThread>, tally| {
        let mut value = tally.value(1);
        note_where_it_ends(&mut value, tally, Some("ended by the pin"), "left to the remover");
        let key = slab.insert(value).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        let remover = thread::spawn(move || assert!(slab.remove(key)));
        assert_eq!(value.read(), 1);
        drop(pinned);
        remover.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn two_removers_against_a_pin() {
    let outcomes = ["read", "absent", "left", "right"];
    check("pins::removal::two_removers_against_a_pin", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
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
        read(slab, key, tally);
        let removed = removers.map(|remover| remover.join().unwrap());
        assert!(removed[0] != removed[1], "one of the two has it");
        assert_eq!(tally.alive(), 0);
    });
}

/// Two first pins are put on the list at once, and the remover may see one of the two alone.
#[test]
fn pin_while_another_thread_pins_first() {
    let outcomes = ["read", "absent"];
    let name = "pins::removal::pin_while_another_thread_pins_first";
    check_fewer(name, 1, &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let other = thread::spawn(move || drop(slab.pin()));
        let remover = thread::spawn(move || assert!(slab.remove(key)));
        read(slab, key, tally);
        other.join().unwrap();
        remover.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn remove_under_own_pin() {
    let outcomes = ["read", "absent"];
    check("pins::removal::remove_under_own_pin", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let reader = reader(slab, key, tally);
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

#[test]
fn pin_against_reuse_of_the_slot() {
    let outcomes = ["first", "second", "absent"];
    check("pins::removal::pin_against_reuse_of_the_slot", &outcomes, |slab: Shared<OneSlot>, tally| {
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

/// A guard and a pin are out: whichever of them, or of the remover, is the last ends the value.
#[test]
fn remove_against_a_guard_and_a_pin() {
    let outcomes = ["ended by the pin", "ended elsewhere", "ended by the remover"];
    let name = "pins::removal::remove_against_a_guard_and_a_pin";
    check_fewer(name, 1, &outcomes, |slab: Shared<OneSlot>, tally| {
        let mut value = tally.value(1);
        note_where_it_ends(&mut value, tally, Some("ended by the pin"), "ended elsewhere");
        let key = slab.insert(value).unwrap();
        let entry = slab.get(key).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        let holder = thread::spawn(move || {
            assert_eq!(entry.read(), 1);
            drop(entry);
        });
        let remover = thread::spawn({
            let tally = tally.clone();
            move || {
                let before = tally.alive();
                assert!(slab.remove(key));
                if (before, tally.alive()) == (1, 0) {
                    tally.note("ended by the remover");
                }
            }
        });
        assert_eq!(value.read(), 1);
        drop(pinned);
        holder.join().unwrap();
        remover.join().unwrap();
        assert_eq!(tally.alive(), 0);
        assert!(slab.insert(tally.value(2)).is_some(), "the slot came back");
    });
}

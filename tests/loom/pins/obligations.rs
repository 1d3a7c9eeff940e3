//! Deferred-release records: several removals, several removers, nested pins, user code at the end.

use std::{
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use flagstone::Slab;
use loom::thread::{self, JoinHandle};

use super::reader;
use crate::{
    check::{Shared, check, check_bare},
    sizes::{OneSlot, TwoSlots},
    value::{Tally, Value},
};

/// Two values, and how many of them have ended on another thread than this one.
fn two_values(tally: &Tally) -> ([Value; 2], Arc<AtomicUsize>) {
    let (here, elsewhere) = (thread::current().id(), Arc::new(AtomicUsize::new(0)));
    let values = [1, 2].map(|number| {
        let (mut value, elsewhere) = (tally.value(number), Arc::clone(&elsewhere));
        value.at_end(move || {
            if thread::current().id() != here {
                elsewhere.fetch_add(1, Ordering::Relaxed);
            }
        });
        value
    });
    (values, elsewhere)
}

/// The pin is dropped while deferred-release records are being pushed: it has none, one or a list of two.
#[test]
fn unpin_against_push() {
    let outcomes = ["read two", "read one", "read none", "owed none", "owed one", "owed two"];
    check("pins::obligations::unpin_against_push", &outcomes, |slab: Shared<TwoSlots>, tally| {
        let (values, elsewhere) = two_values(tally);
        let keys = values.map(|value| slab.insert(value).unwrap());
        let reader = thread::spawn(move || {
            let pinned = slab.pin();
            let values = keys.map(|key| pinned.get(key));
            values.into_iter().flatten().map(Value::read).count()
        });
        for key in keys {
            assert!(slab.remove(key));
        }
        tally.note(["read none", "read one", "read two"][reader.join().unwrap()]);
        tally.note(["owed none", "owed one", "owed two"][elsewhere.load(Ordering::Relaxed)]);
        assert_eq!(tally.alive(), 0);
        assert!(slab.insert(tally.value(3)).is_some(), "the slots came back");
        assert!(slab.insert(tally.value(4)).is_some(), "the slots came back");
    });
}

/// Two threads push on one pin, whose thread drops it meanwhile.
#[test]
fn unpin_against_two_pushes() {
    let outcomes = ["owed none", "owed one", "owed two"];
    check("pins::obligations::unpin_against_two_pushes", &outcomes, |slab: Shared<TwoSlots>, tally| {
        let owed = Arc::new(AtomicUsize::new(0));
        let here = thread::current().id();
        let keys = [1, 2].map(|number| {
            let (mut value, owed) = (tally.value(number), Arc::clone(&owed));
            value.at_end(move || {
                if thread::current().id() == here {
                    owed.fetch_add(1, Ordering::Relaxed);
                }
            });
            slab.insert(value).unwrap()
        });
        let pinned = slab.pin();
        let values = keys.map(|key| pinned.get(key).unwrap());
        let removers = keys.map(|key| thread::spawn(move || assert!(slab.remove(key))));
        assert_eq!(values.map(Value::read), [1, 2]);
        drop(pinned);
        for remover in removers {
            remover.join().unwrap();
        }
        tally.note(["owed none", "owed one", "owed two"][owed.load(Ordering::Relaxed)]);
        assert_eq!(tally.alive(), 0);
    });
}

#[test]
fn nested_pins() {
    let outcomes = ["read twice", "read once", "absent"];
    check("pins::obligations::nested_pins", &outcomes, |slab: Shared<OneSlot>, tally| {
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
                thread::yield_now();
                value.inspect(|value| assert_eq!(value.read(), 1));
            }
        });
        assert!(slab.remove(key));
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// Two pins, one after the other: the records of the first do not wait for the second.
#[test]
fn pin_after_pin() {
    let outcomes = ["read", "absent"];
    check("pins::obligations::pin_after_pin", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let readers = thread::spawn({
            let tally = tally.clone();
            move || {
                super::read(slab, key, &tally);
                super::read(slab, key, &tally);
            }
        });
        assert!(slab.remove(key));
        readers.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// The end of a value that was left to a pin removes another entry, which some other thread may be reading.
#[test]
fn settled_value_removes_another() {
    let outcomes = ["read", "absent"];
    check("pins::obligations::settled_value_removes_another", &outcomes, |slab: Shared<TwoSlots>, tally| {
        let inner = slab.insert(tally.value(1)).unwrap();
        let mut value = tally.value(2);
        value.at_end(move || assert!(slab.remove(inner)));
        let outer = slab.insert(value).unwrap();
        let reader = reader(slab, inner, tally);
        {
            let pinned = slab.pin();
            let value = pinned.get(outer).unwrap();
            assert!(slab.remove(outer));
            assert_eq!(value.read(), 2);
            assert_eq!(tally.alive(), 2);
        }
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// A pin that is forgotten keeps what is removed under it until the slab is dropped, and no longer.
#[test]
fn forgotten_pin() {
    let outcomes = ["read", "absent", "kept", "gone"];
    check_bare("pins::obligations::forgotten_pin", &outcomes, |tally| {
        let slab = Arc::new(Slab::<Value>::new_with_config::<OneSlot>());
        let key = slab.insert(tally.value(1)).unwrap();
        let forgetful = thread::spawn({
            let slab = Arc::clone(&slab);
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                tally.note_reading(pinned.get(key), 1, "read", "absent");
                mem::forget(pinned);
            }
        });
        assert!(slab.remove(key));
        forgetful.join().unwrap();
        tally.note(if tally.alive() == 1 { "kept" } else { "gone" });
    });
}

/// A pin has a record for a removed entry, whose value's end waits for a taker, and one for the entry that the taker
/// takes. The counts are released before values are ended, whichever record was pushed first.
#[test]
fn settled_value_waits_for_a_taker() {
    let outcomes = ["the end waits", "taken before"];
    check("pins::obligations::settled_value_waits_for_a_taker", &outcomes, |slab: Shared<TwoSlots>, tally| {
        let taker = Arc::new(Mutex::new(None::<JoinHandle<()>>));
        let is_taken = Arc::new(AtomicUsize::new(0));
        let mut value = tally.value(1);
        value.at_end({
            let (taker, is_taken, tally) = (Arc::clone(&taker), Arc::clone(&is_taken), tally.clone());
            move || {
                let taker = taker.lock().unwrap().take().unwrap();
                let outcome = if is_taken.load(Ordering::Relaxed) == 0 { "the end waits" } else { "taken before" };
                tally.note(outcome);
                taker.join().unwrap();
            }
        });
        let keys = [value, tally.value(2)].map(|value| slab.insert(value).unwrap());
        let pinned = slab.pin();
        let values = keys.map(|key| pinned.get(key).unwrap());
        *taker.lock().unwrap() = Some(thread::spawn({
            let is_taken = Arc::clone(&is_taken);
            move || {
                assert_eq!(slab.take(keys[1]).unwrap().read(), 2);
                is_taken.store(1, Ordering::Relaxed);
            }
        }));
        assert!(slab.remove(keys[0]));
        assert_eq!(values.map(Value::read), [1, 2]);
        drop(pinned);
        assert_eq!(tally.alive(), 0);
    });
}

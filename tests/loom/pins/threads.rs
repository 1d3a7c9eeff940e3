//! Pins of threads that come and go, and of those that have no shard to pin.

use loom::thread;

use super::{read, reader};
use crate::{
    check::{Shared, check, key_of},
    sizes::{OneThread, ThreeThreads},
};

/// A thread that was pinned ends, and the next one with its number pins too. (One that was joined may still have its
/// number under `loom`.)
#[test]
fn number_is_inherited_after_a_pin() {
    let outcomes = ["read", "absent", "inherited", "a number of its own"];
    check("pins::threads::number_is_inherited_after_a_pin", &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        reader(slab, key, tally).join().unwrap();
        let second = thread::spawn({
            let tally = tally.clone();
            move || {
                read(slab, key, &tally);
                slab.insert(tally.value(2)).unwrap()
            }
        });
        assert!(slab.remove(key));
        let is_second = second.join().unwrap() == key_of::<ThreeThreads>(2, 0, 0, 0);
        tally.note(if is_second { "inherited" } else { "a number of its own" });
        assert_eq!(tally.alive(), 1);
    });
}

/// It holds a guard of what it looks up.
#[test]
fn thread_without_a_shard() {
    let outcomes = ["read", "absent", "ended at once", "left to the pin"];
    check("pins::threads::thread_without_a_shard", &outcomes, |slab: Shared<OneThread>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                let value = pinned.get(key);
                if let (Some(value), Some(again)) = (value, pinned.get(key)) {
                    assert!(std::ptr::eq(value, again));
                }
                tally.note_reading(value, 1, "read", "absent");
            }
        });
        assert!(slab.remove(key));
        tally.note(if tally.alive() == 0 { "ended at once" } else { "left to the pin" });
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// A walk holds guards like a look by key.
#[test]
fn walk_without_a_shard() {
    let outcomes = ["read", "absent"];
    check("pins::threads::walk_without_a_shard", &outcomes, |slab: Shared<OneThread>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let walker = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                let seen = pinned.iter().next().map(|(_, value)| value);
                thread::yield_now();
                tally.note_reading(seen, 1, "read", "absent");
            }
        });
        assert!(slab.remove(key));
        walker.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

//! No thread has exclusive access to an entry while a pinned thread may be reading it.

use flagstone::ExclusiveError;
use loom::thread;

use crate::{
    check::{Shared, check},
    sizes::OneSlot,
};

#[test]
fn pin_against_exclusive() {
    let outcomes = ["old", "new", "absent", "changed", "in use"];
    check("pins::exclusive::pin_against_exclusive", &outcomes, |slab: Shared<OneSlot>, tally| {
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

/// The writer sees the pin and steps back, while another thread removes the entry: then it is left to the pin.
#[test]
fn exclusive_under_a_pin_against_remove() {
    let outcomes = ["changed", "in use", "absent"];
    check("pins::exclusive::exclusive_under_a_pin_against_remove", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        let writer = thread::spawn({
            let tally = tally.clone();
            move || match slab.get_exclusive(key) {
                Ok(mut entry) => {
                    entry.change(2);
                    tally.note("changed");
                }
                Err(ExclusiveError::InUse) => tally.note("in use"),
                Err(_) => tally.note("absent"),
            }
        });
        let remover = thread::spawn(move || assert!(slab.remove(key)));
        assert_eq!(value.read(), 1);
        drop(pinned);
        writer.join().unwrap();
        remover.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

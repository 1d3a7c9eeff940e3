//! A pinned thread finds a value when it is whole.

use loom::thread;

use super::reader;
use crate::{
    check::{Shared, check, key_of},
    sizes::{OneSlot, TwoPages},
};

/// The key is guessed before it is handed out.
#[test]
fn pin_against_insert() {
    check("pins::publishing::pin_against_insert", &["read", "absent"], |slab: Shared<OneSlot>, tally| {
        let first = slab.insert(tally.value(2)).unwrap();
        assert!(slab.remove(first));
        let next = first + 1; // one slot: its next generation
        let reader = reader(slab, next, tally);
        assert_eq!(slab.insert(tally.value(1)), Some(next));
        reader.join().unwrap();
    });
}

/// The same, and the page is new.
#[test]
fn pin_against_insert_into_a_new_page() {
    let outcomes = ["read", "absent"];
    check("pins::publishing::pin_against_insert_into_a_new_page", &outcomes, |slab: Shared<TwoPages>, tally| {
        slab.insert(tally.value(2)).unwrap();
        let key = key_of::<TwoPages>(1, 1, 0, 0);
        let reader = reader(slab, key, tally);
        assert_eq!(slab.insert(tally.value(1)), Some(key));
        reader.join().unwrap();
    });
}

/// The value is changed between two looks at it.
#[test]
fn pin_after_pin_against_exclusive() {
    let outcomes = ["old", "new"];
    check("pins::publishing::pin_after_pin_against_exclusive", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                for _ in 0..2 {
                    if let Some(value) = slab.pin().get(key) {
                        tally.note(if value.read() == 1 { "old" } else { "new" });
                    }
                }
            }
        });
        if let Ok(mut entry) = slab.get_exclusive(key) {
            entry.change(2);
        }
        reader.join().unwrap();
    });
}

//! A reserved slot is filled, or given back, on another thread than the one that reserved it.
//!
//! Property: until it is filled its key finds nothing, then the whole value; given back, the slot is used again under
//! another key; `len` is exact in either case.
//!
//! Invariants: L2 (a reservation owns its slot), F1, F4.
//!
//! Orderings: `publish` Release with `share` Acquire; `RemoteStack::push` Release with `take_all` Acquire.

use loom::thread;

use crate::{
    check::{Shared, check, fill},
    sizes::TwoSlots,
};

#[test]
fn filled_elsewhere() {
    check("vacant::filled_elsewhere", &["read", "nothing"], |slab: Shared<TwoSlots>, tally| {
        let vacant = slab.vacant_entry().unwrap();
        let key = vacant.key();
        let filler = thread::spawn({
            let tally = tally.clone();
            move || vacant.insert(tally.value(1))
        });
        tally.note(match slab.get(key) {
            Some(entry) => {
                assert_eq!(entry.read(), 1);
                "read"
            }
            None => "nothing",
        });
        assert!(slab.insert(tally.value(2)).is_some());
        filler.join().unwrap();
        assert_eq!(slab.len(), 2);
    });
}

#[test]
fn given_back_elsewhere() {
    check("vacant::given_back_elsewhere", &["reused", "full"], |slab: Shared<TwoSlots>, tally| {
        slab.insert(tally.value(1)).unwrap();
        let vacant = slab.vacant_entry().unwrap();
        let key = vacant.key();
        let other = thread::spawn(move || drop(vacant));
        tally.note(match slab.insert(tally.value(2)) {
            Some(next) => {
                assert_ne!(next, key);
                "reused"
            }
            None => "full",
        });
        other.join().unwrap();
        assert!(!slab.contains(key));
        assert_eq!(slab.len() + fill(slab, tally), 2, "no slot is lost");
    });
}

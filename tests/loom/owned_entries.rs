//! The slab goes with the last that holds it, be it a guard.
//!
//! Property: an owned guard keeps the slab and its value alive after the handle is dropped. The last guard or handle,
//! on any thread, drops the slab, which drops every value once.
//!
//! Invariants: G1 (a hold keeps the table), L2.
//!
//! Orderings: the `Arc`'s, which is the standard library's and unknown to `loom`; so `Token` stands for its count, at
//! the same places, and what is modelled is all that the slab does around it.

use std::sync::Arc;

use flagstone::Slab;
use loom::thread;

use crate::{check::check_bare, handle::Token, sizes::TwoSlots, value::Value};

type Handle = Arc<Slab<Value, TwoSlots>>;

#[test]
fn guard_outlives_the_handle() {
    let outcomes = ["slab dropped by the handle", "slab dropped by the guard's thread"];
    check_bare("owned_entries::guard_outlives_the_handle", &outcomes, |tally| {
        let token = Token::new();
        let slab = Handle::new(Slab::<Value>::new_with_config::<TwoSlots>());
        let key = slab.insert(tally.value(1)).unwrap();
        slab.insert(tally.value(2)).unwrap();
        let entry = slab.clone().get_owned(key).unwrap();
        let reader = thread::spawn({
            let (token, tally) = (token.clone(), tally.clone());
            move || {
                let slab = Arc::clone(entry.slab());
                assert_eq!(entry.read(), 1);
                drop(entry);
                if token.let_go(slab, &tally) {
                    tally.note("slab dropped by the guard's thread");
                }
            }
        });
        assert!(slab.remove(key));
        if token.let_go(slab, tally) {
            tally.note("slab dropped by the handle");
        }
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0, "the slab is dropped with all its values");
    });
}

/// The guard's own hold is the last one: the slab goes while the guard is dropped.
#[test]
fn guard_is_the_last_hold() {
    check_bare("owned_entries::guard_is_the_last_hold", &["last", "not last"], |tally| {
        let token = Token::new();
        let slab = Handle::new(Slab::<Value>::new_with_config::<TwoSlots>());
        let key = slab.insert(tally.value(1)).unwrap();
        slab.insert(tally.value(2)).unwrap();
        let entry = slab.clone().get_owned(key).unwrap();
        let reader = thread::spawn({
            let (token, tally) = (token.clone(), tally.clone());
            move || {
                if token.gone() == 1 {
                    drop(entry);
                    assert_eq!(tally.alive(), 0, "the slab is dropped with all its values");
                    tally.note("last");
                } else {
                    let slab = Arc::clone(entry.slab());
                    drop(entry);
                    token.let_go(slab, &tally);
                    tally.note("not last");
                }
            }
        });
        assert!(slab.remove(key));
        token.let_go(slab, tally);
        reader.join().unwrap();
        assert_eq!(tally.alive(), 0, "the slab is dropped with all its values");
    });
}

//! A lent value ends with its guard, once, whatever other threads do with its key.
//!
//! Property: no other thread reads a lent value. When its guard is dropped, or its key was removed before, the value is
//! cleared once, and its slot comes back once.
//!
//! Invariants: L2, L3, P1.
//!
//! Orderings: those of a removal under an exclusive guard, in `pool::exclusive`.

use flagstone::{GetError, pool::Lent};
use loom::thread;

use crate::{
    check::{SharedPool, check, fill},
    sizes::OneSlot,
};

#[test]
fn return_against_remove() {
    let outcomes = ["removed", "nothing"];
    check("pool::lending::return_against_remove", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.lend().unwrap();
        let key = value.key();
        let remover = thread::spawn({
            let tally = tally.clone();
            move || tally.note(if pool.remove(key) { "removed" } else { "nothing" })
        });
        value.fill(1);
        drop(value);
        remover.join().unwrap();
        assert_eq!((tally.in_use(), pool.len()), (0, 0));
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

#[test]
fn return_against_looks() {
    let outcomes = ["exclusive", "absent"];
    check("pool::lending::return_against_looks", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.lend().unwrap();
        let key = value.key();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                tally.note(match pool.try_get(key).map(drop).unwrap_err() {
                    GetError::Exclusive => "exclusive",
                    GetError::Absent => "absent",
                });
                assert!(pool.iter().next().is_none());
            }
        });
        value.fill(1);
        drop(value);
        reader.join().unwrap();
    });
}

/// No pinned thread can have read the value, so its end waits for none.
#[test]
fn return_against_pinned_look() {
    check("pool::lending::return_against_pinned_look", &[], |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.lend().unwrap();
        let key = value.key();
        let reader = thread::spawn(move || {
            let pinned = pool.pin();
            assert!(pinned.get(key).is_none() && pinned.iter().next().is_none());
        });
        value.fill(1);
        drop(value);
        assert_eq!(tally.in_use(), 0, "it is cleared at once");
        reader.join().unwrap();
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
    });
}

/// The value comes back on a thread that does not own its slot, while the owner lends again.
#[test]
fn return_elsewhere_against_lend() {
    let outcomes = ["lent again", "full"];
    check("pool::lending::return_elsewhere_against_lend", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.lend().unwrap();
        value.fill(1);
        let other = thread::spawn(move || drop(value));
        match pool.lend() {
            Some(mut value) => {
                value.fill(2);
                tally.note("lent again");
            }
            None => tally.note("full"),
        }
        other.join().unwrap();
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

/// A value that is kept is an entry; if its key was removed meanwhile, it ends with the guard that is left.
#[test]
fn keep_against_remove() {
    let outcomes = ["removed while lent", "removed later", "cleared at once"];
    check("pool::lending::keep_against_remove", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.lend().unwrap();
        let key = value.key();
        let remover = thread::spawn({
            let tally = tally.clone();
            move || {
                assert!(pool.remove(key), "it was not given back");
                tally.note(if tally.in_use() == 0 { "cleared at once" } else { "removed while lent" });
            }
        });
        value.fill(1);
        drop(Lent::keep(value));
        if tally.in_use() == 1 {
            tally.note("removed later");
        }
        remover.join().unwrap();
        assert_eq!((tally.in_use(), pool.len()), (0, 0));
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
    });
}

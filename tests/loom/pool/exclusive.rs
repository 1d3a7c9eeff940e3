//! A creator's guard is alone with its entry until it is dropped or downgraded, also when the entry ends meanwhile.
//!
//! Property: `clear` under a creator's guard succeeds at once and leaves the value to the guard, or to what that was
//! downgraded to, on whichever thread; a downgraded guard counts as one, and others read what was written before.
//!
//! Invariants: L2, L3, P1.
//!
//! Orderings: `downgrade` and `include` Release with `share`, `remove`, `remove_unshared` and `exclude` Acquire; `remove`
//! Release with `claim_last` Acquire; that `publish_exclusive` needs none.

use std::sync::Arc;

use flagstone::{ExclusiveError, pool::Ref};
use loom::thread;

use super::create;
use crate::{
    check::{SharedPool, check, fill},
    sizes::OneSlot,
    value::Canary,
};

/// The guard and the clearing are on different threads, and what the clearer wrote before is seen where the value is
/// cleared.
#[test]
fn clear_under_the_guard() {
    let outcomes = ["cleared at once", "left to the guard"];
    check("pool::exclusive::clear_under_the_guard", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let witness = Arc::new(Canary::new(0));
        let mut value = pool.create().unwrap();
        let key = value.key();
        let creator = thread::spawn({
            let witness = Arc::clone(&witness);
            move || {
                value.fill(1);
                value.at_end(move || assert_eq!(witness.read(), 1));
            }
        });
        witness.write(1);
        assert!(pool.clear(key), "it is an entry since before its creator knew the key");
        tally.note(if tally.in_use() == 0 { "cleared at once" } else { "left to the guard" });
        assert!(!pool.clear(key) && pool.get(key).is_none());
        creator.join().unwrap();
        assert_eq!(tally.in_use(), 0);
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

/// The guard is dropped on one thread, the entry cleared on another, and the slot used again on a third, its owner's.
#[test]
fn clear_under_the_guard_against_create() {
    let outcomes = ["reused", "full"];
    check("pool::exclusive::clear_under_the_guard_against_create", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        let key = value.key();
        let writer = thread::spawn(move || value.fill(1));
        let clearer = thread::spawn(move || assert!(pool.clear(key)));
        match pool.create() {
            Some(mut value) => {
                assert_ne!(value.key(), key);
                value.fill(2);
                tally.note("reused");
            }
            None => tally.note("full"),
        }
        for thread in [writer, clearer] {
            thread.join().unwrap();
        }
        assert_eq!(pool.len() + fill(pool, tally), 1, "no slot is lost");
        assert_eq!(tally.alive(), 1, "the value was kept");
    });
}

#[test]
fn two_clearers_under_the_guard() {
    let outcomes = ["left", "right"];
    check("pool::exclusive::two_clearers_under_the_guard", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        let key = value.key();
        let clearers = ["left", "right"].map(|name| {
            let tally = tally.clone();
            thread::spawn(move || {
                let cleared = pool.clear(key);
                if cleared {
                    tally.note(name);
                }
                cleared
            })
        });
        value.fill(1);
        drop(value);
        let cleared = clearers.map(|clearer| clearer.join().unwrap());
        assert_eq!(cleared.iter().filter(|&&cleared| cleared).count(), 1);
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

#[test]
fn downgrade_against_get() {
    check("pool::exclusive::downgrade_against_get", &["read", "nothing"], |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        let key = value.key();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || tally.note_reading(pool.get(key), 1, "read", "nothing")
        });
        value.fill(1);
        let entry = value.downgrade();
        assert_eq!(entry.read(), 1);
        assert_eq!(pool.get(key).unwrap().read(), 1, "others can read it too");
        reader.join().unwrap();
        assert!(matches!(pool.get_exclusive(key), Err(ExclusiveError::InUse)));
        drop(entry);
        assert!(pool.get_exclusive(key).is_ok());
    });
}

/// While a downgraded guard exists no thread gets exclusive access.
#[test]
fn downgrade_against_exclusive() {
    let outcomes = ["changed", "in use"];
    check("pool::exclusive::downgrade_against_exclusive", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        let key = value.key();
        let writer = thread::spawn({
            let tally = tally.clone();
            move || match pool.get_exclusive(key) {
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
        value.fill(1);
        let entry = value.downgrade();
        assert_eq!(entry.read(), 1);
        drop(entry);
        writer.join().unwrap();
    });
}

#[test]
fn downgrade_against_clear() {
    let outcomes = ["cleared at once", "left to the guard"];
    check("pool::exclusive::downgrade_against_clear", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let witness = Arc::new(Canary::new(0));
        let mut value = pool.create().unwrap();
        let key = value.key();
        let clearer = thread::spawn({
            let (tally, witness) = (tally.clone(), Arc::clone(&witness));
            move || {
                witness.write(1);
                assert!(pool.clear(key));
                tally.note(if tally.in_use() == 0 { "cleared at once" } else { "left to the guard" });
                assert!(pool.get(key).is_none());
            }
        });
        value.fill(1);
        value.at_end(move || assert_eq!(witness.read(), 1));
        let entry = value.downgrade();
        assert_eq!(entry.read(), 1, "it stays while the guard does");
        drop(entry);
        clearer.join().unwrap();
        assert_eq!(tally.in_use(), 0);
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

/// The downgraded guard, a clone of it on a third thread, or the clearer: the last of them clears the value.
#[test]
fn downgrade_against_clear_and_get() {
    let outcomes = ["read", "nothing", "cleared at once", "left to a guard"];
    check("pool::exclusive::downgrade_against_clear_and_get", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        let key = value.key();
        let clearer = thread::spawn({
            let tally = tally.clone();
            move || {
                assert!(pool.clear(key));
                tally.note(if tally.in_use() == 0 { "cleared at once" } else { "left to a guard" });
            }
        });
        let reader = thread::spawn({
            let tally = tally.clone();
            move || tally.note_reading(pool.get(key), 1, "read", "nothing")
        });
        value.fill(1);
        let entry = value.downgrade();
        assert_eq!(entry.read(), 1);
        drop(entry);
        for thread in [clearer, reader] {
            thread.join().unwrap();
        }
        assert_eq!(tally.in_use(), 0);
        assert!(create(pool, 2).is_some(), "the slot came back");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

/// A guard that was downgraded after its entry had ended is cloned, and the last of the two clears the value.
#[test]
fn downgraded_and_cloned_against_clear() {
    let outcomes = ["cleared at once", "left to a guard"];
    check("pool::exclusive::downgraded_and_cloned_against_clear", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        let key = value.key();
        let clearer = thread::spawn({
            let tally = tally.clone();
            move || {
                assert!(pool.clear(key));
                tally.note(if tally.in_use() == 0 { "cleared at once" } else { "left to a guard" });
            }
        });
        value.fill(1);
        let entry = value.downgrade();
        let other = Ref::clone(&entry);
        let reader = thread::spawn(move || assert_eq!(other.read(), 1));
        assert_eq!(entry.read(), 1);
        drop(entry);
        for thread in [clearer, reader] {
            thread.join().unwrap();
        }
        assert_eq!(tally.in_use(), 0);
        assert!(create(pool, 2).is_some(), "the slot came back");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

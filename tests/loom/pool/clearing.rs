//! A value is cleared once, after every guard's last look, and its slot goes on to the next entry with it.
//!
//! Property: of several threads that clear an entry one succeeds. No thread reads a value that is being cleared or was
//! cleared. The next creator, on any thread, finds it empty. A stale key finds nothing, whatever the slot holds by
//! then.
//!
//! Invariants: L2, L3, P1, F1.
//!
//! Orderings: `release` Release with `remove_unshared`, `remove` and `claim_last` Acquire; `remove` Release with
//! `claim_last` Acquire (what the clearer did before); `RemoteStack::push` Release with `take_all` Acquire (the end of
//! the clearing).

use std::sync::Arc;

use flagstone::ExclusiveError;
use loom::thread;

use super::{Create, create, create_with};
use crate::{
    check::{SharedPool, check, fill},
    sizes::{OneSlot, TwoSlots},
    value::{Canary, EMPTY},
};

fn clear_against_get(name: &str, create: Create<OneSlot>) {
    check(name, &["read", "nothing", "reused", "full"], move |pool: SharedPool<OneSlot>, tally| {
        let key = create(pool, 1).unwrap();
        let reader = thread::spawn({
            let tally = tally.clone();
            move || tally.note_reading(pool.get(key), 1, "read", "nothing")
        });
        assert!(pool.clear(key));
        assert!(!pool.contains(key));
        tally.note(match create(pool, 2) {
            Some(next) => {
                assert_eq!(pool.get(next).unwrap().read(), 2);
                "reused"
            }
            None => "full",
        });
        reader.join().unwrap();
        assert!(pool.get(key).is_none());
        assert_eq!(tally.alive(), 1, "the value was kept");
    });
}

#[test]
fn clear_against_get_then_create() {
    clear_against_get("pool::clearing::clear_against_get_then_create", create);
}

#[test]
fn clear_against_get_then_create_with() {
    clear_against_get("pool::clearing::clear_against_get_then_create_with", create_with);
}

#[test]
fn clear_against_guard_drop() {
    let outcomes = ["cleared at once", "left to the last guard"];
    check("pool::clearing::clear_against_guard_drop", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let key = create(pool, 1).unwrap();
        let threads = [pool.get(key).unwrap(), pool.get(key).unwrap()].map(|entry| {
            thread::spawn(move || {
                assert_eq!(entry.read(), 1);
                drop(entry);
            })
        });
        assert!(pool.clear(key));
        tally.note(if tally.in_use() == 0 { "cleared at once" } else { "left to the last guard" });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(tally.in_use(), 0);
        assert!(create(pool, 2).is_some(), "the slot came back");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

/// What the clearer wrote before is seen by the value's `Clear`, on whichever thread that runs.
#[test]
fn clearers_writes_are_seen() {
    let outcomes = ["cleared at once", "left to the guard"];
    check("pool::clearing::clearers_writes_are_seen", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let witness = Arc::new(Canary::new(0));
        let mut value = pool.create().unwrap();
        value.fill(1);
        value.at_end({
            let witness = Arc::clone(&witness);
            move || assert_eq!(witness.read(), 1)
        });
        let entry = value.downgrade();
        let key = entry.key();
        let reader = thread::spawn(move || drop(entry));
        witness.write(1);
        assert!(pool.clear(key));
        tally.note(if tally.in_use() == 0 { "cleared at once" } else { "left to the guard" });
        reader.join().unwrap();
        assert_eq!(tally.in_use(), 0);
    });
}

#[test]
fn two_clearers() {
    check("pool::clearing::two_clearers", &["left", "right"], |pool: SharedPool<OneSlot>, tally| {
        let key = create(pool, 1).unwrap();
        let entry = pool.get(key).unwrap();
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
        assert_eq!(entry.read(), 1);
        drop(entry);
        let cleared = clearers.map(|clearer| clearer.join().unwrap());
        assert_eq!(cleared.iter().filter(|&&cleared| cleared).count(), 1);
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

/// The owner reuses values that other threads cleared, and makes no new ones.
#[test]
fn clear_elsewhere_against_create() {
    let outcomes = ["reused", "full"];
    check("pool::clearing::clear_elsewhere_against_create", &outcomes, |pool: SharedPool<TwoSlots>, tally| {
        let keys = [1, 2].map(|number| create_with(pool, number).unwrap());
        let clearer = thread::spawn(move || {
            for key in keys {
                assert!(pool.clear(key));
                assert!(pool.get(key).is_none());
            }
        });
        match pool.create() {
            Some(mut value) => {
                assert!(!keys.contains(&value.key()));
                assert_eq!(value.read(), EMPTY);
                value.fill(3);
                tally.note("reused");
            }
            None => tally.note("full"),
        }
        clearer.join().unwrap();
        assert_eq!(pool.len() + fill(pool, tally), 2, "no slot is lost");
        assert_eq!(tally.alive(), 2, "no value is made anew");
    });
}

/// Others have cleared the value and the owner uses it again, while a third still holds the old key.
#[test]
fn old_key_against_reuse() {
    let outcomes = ["reused", "full", "read", "nothing"];
    check("pool::clearing::old_key_against_reuse", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let key = create_with(pool, 1).unwrap();
        let clearer = thread::spawn(move || assert!(pool.clear(key)));
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                tally.note(match pool.get(key) {
                    Some(entry) => {
                        assert_eq!(entry.read(), 1);
                        "read"
                    }
                    None => "nothing",
                });
            }
        });
        tally.note(match create(pool, 2) {
            Some(next) => {
                assert_eq!(pool.get(next).unwrap().read(), 2);
                "reused"
            }
            None => "full",
        });
        for thread in [clearer, reader] {
            thread.join().unwrap();
        }
        assert!(!pool.clear(key));
        assert_eq!(pool.len() + fill(pool, tally), 1, "no slot is lost");
    });
}

/// The values are cleared by the last guards of entries that the owner itself has ended.
#[test]
fn last_guards_clear_elsewhere() {
    let outcomes = ["reused", "full"];
    check("pool::clearing::last_guards_clear_elsewhere", &outcomes, |pool: SharedPool<TwoSlots>, tally| {
        let keys = [1, 2].map(|number| create(pool, number).unwrap());
        let readers = keys.map(|key| {
            let entry = pool.get(key).unwrap();
            thread::spawn(move || drop(entry))
        });
        assert!(pool.clear(keys[0]) && pool.clear(keys[1]));
        tally.note(if create(pool, 3).is_some() { "reused" } else { "full" });
        for reader in readers {
            reader.join().unwrap();
        }
        assert_eq!(pool.len() + fill(pool, tally), 2, "no slot is lost");
        assert_eq!(tally.alive(), 2, "no value is made anew");
    });
}

#[test]
fn exclusive_against_get_and_clear() {
    let outcomes = ["changed", "in use", "absent", "old", "new", "nothing"];
    check("pool::clearing::exclusive_against_get_and_clear", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let key = create(pool, 1).unwrap();
        let writer = thread::spawn({
            let tally = tally.clone();
            move || match pool.get_exclusive(key) {
                Ok(mut entry) => {
                    assert_eq!(entry.read(), 1);
                    entry.change(2);
                    tally.note("changed");
                }
                Err(ExclusiveError::InUse) => tally.note("in use"),
                Err(ExclusiveError::Absent) => tally.note("absent"),
            }
        });
        tally.note(match pool.get(key).map(|entry| entry.read()) {
            Some(1) => "old",
            Some(number) => {
                assert_eq!(number, 2);
                "new"
            }
            None => "nothing",
        });
        assert!(pool.clear(key));
        writer.join().unwrap();
        assert_eq!(tally.in_use(), 0);
        assert!(create(pool, 3).is_some(), "the slot came back");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

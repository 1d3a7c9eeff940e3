//! Values go on from thread to thread with their slots: where numbers are handed on, and in the overflow shard.
//!
//! Property: the next owner of a slot, on whichever thread, finds it empty of values or with a cleared one.
//!
//! Invariants: T1, T2, T3, P1.
//!
//! Orderings: the two locks', as in `threads`; `RemoteStack::push` Release with `take_all` Acquire.

use loom::thread;

use super::{Create, create, create_with};
use crate::{
    check::{SharedPool, check, key_of},
    sizes::{OneSlot, OneThread},
};

fn overflow_shard(name: &str, create: Create<OneThread>) {
    check(name, &["created", "full"], move |pool: SharedPool<OneThread>, tally| {
        let key = create(pool, 1).unwrap();
        assert_eq!(key, key_of::<OneThread>(1, 0, 0, 0), "the only shard that a thread has to itself");
        let threads = [2, 3].map(|number| {
            let tally = tally.clone();
            thread::spawn(move || match create(pool, number) {
                Some(key) => {
                    assert_eq!(pool.get(key).unwrap().read(), number);
                    assert!(pool.clear(key));
                    tally.note("created");
                }
                None => tally.note("full"),
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(tally.in_use(), 1);
        assert_eq!(tally.alive(), 2, "one value for each slot");
    });
}

#[test]
fn overflow_shard_by_create() {
    overflow_shard("pool::threads::overflow_shard_by_create", create);
}

#[test]
fn overflow_shard_by_create_with() {
    overflow_shard("pool::threads::overflow_shard_by_create_with", create_with);
}

/// The thread that has cleared a value ends, and the next one with its number uses it.
#[test]
fn kept_value_is_inherited() {
    let outcomes = ["inherited", "a shard of its own"];
    check("pool::threads::kept_value_is_inherited", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        for number in [1, 2] {
            let thread = thread::spawn(move || assert!(pool.clear(create(pool, number).unwrap())));
            thread.join().unwrap();
        }
        tally.note(if tally.alive() == 1 { "inherited" } else { "a shard of its own" });
        assert_eq!(tally.alive(), pool.capacity(), "one value for each slot");
    });
}

/// The owner of the slot ends, and the next one with its number uses the value that a third thread has cleared.
#[test]
fn value_cleared_elsewhere_is_inherited() {
    let outcomes = ["inherited", "full", "a shard of its own"];
    check("pool::threads::value_cleared_elsewhere_is_inherited", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let first = thread::spawn(move || create(pool, 1).unwrap()).join().unwrap();
        let second = thread::spawn(move || create(pool, 2));
        assert!(pool.clear(first));
        tally.note(match second.join().unwrap() {
            None => "full",
            Some(key) if key == key_of::<OneSlot>(1, 0, 1, 0) => "inherited",
            Some(key) => {
                assert_eq!(key, key_of::<OneSlot>(2, 0, 0, 0));
                "a shard of its own"
            }
        });
        assert_eq!(tally.alive(), pool.capacity(), "one value for each slot");
    });
}

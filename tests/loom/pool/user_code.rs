//! `Default`, `Clear` and closures that use the pool, or panic, while other threads go on.
//!
//! Property: user code may create, get and clear other entries of the same pool; after a panic in it the slot is free
//! again, and holds a value exactly if that was cleared to its end; the next entry finds a cleared value or a new one.
//!
//! Invariants: L2, L3, P1, F1, and that no lock is held and no list half changed where user code runs.
//!
//! Orderings: those of `clearing`. A panic is seen by no other thread, but note that under `loom` all threads are one to
//! the standard library: while one unwinds, `panicking` is true on all.

use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::thread;

use super::{Create, create, create_with};
use crate::{
    check::{SharedPool, check, fill, key_of},
    sizes::{OneSlot, TwoPages, TwoSlots},
    value::{Tally, Wanted},
};

/// Whether `call` panics, as the model wants it to.
fn panics<R>(call: impl FnOnce() -> R) -> bool {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(_) => false,
        Err(panic) => {
            assert!(panic.is::<Wanted>());
            true
        }
    }
}

/// While the value of an entry is made, another entry is, for which the shard needs its second page.
fn make_within_make(name: &str, create: Create<TwoPages>) {
    let outcomes = ["outer", "no outer", "inner", "no inner", "inner cleared"];
    check(name, &outcomes, move |pool: SharedPool<TwoPages>, tally| {
        let [outer, inner] = [0, 1].map(|page| key_of::<TwoPages>(1, page, 0, 0));
        let other = thread::spawn({
            let tally = tally.clone();
            move || {
                for (key, number, found, missed) in [(outer, 1, "outer", "no outer"), (inner, 2, "inner", "no inner")] {
                    tally.note_reading(pool.get(key), number, found, missed)
                }
                if pool.clear(inner) {
                    tally.note("inner cleared");
                }
            }
        });
        tally.when_made(move || assert_eq!(create(pool, 2), Some(inner)));
        assert_eq!(create(pool, 1), Some(outer));
        other.join().unwrap();
        assert_eq!(pool.len() + fill(pool, tally), 3, "no slot is lost");
    });
}

#[test]
fn create_within_default_of_create() {
    make_within_make("pool::user_code::create_within_default_of_create", create);
}

#[test]
fn create_within_default_of_create_with() {
    make_within_make("pool::user_code::create_within_default_of_create_with", create_with);
}

/// A parent, and a child that ends it when it is cleared itself, as a span does in a registry of spans.
fn parent_and_child(pool: SharedPool<TwoSlots>) -> [usize; 2] {
    let parent = create(pool, 1).unwrap();
    let mut child = pool.create().unwrap();
    child.fill(2);
    child.at_end(move || assert!(pool.clear(parent)));
    [parent, child.key()]
}

#[test]
fn clear_within_clear() {
    let outcomes = ["both at once", "parent left to its guard", "both left to their guards"];
    check("pool::user_code::clear_within_clear", &outcomes, |pool: SharedPool<TwoSlots>, tally| {
        let keys = parent_and_child(pool);
        let holders = keys.map(|key| {
            let entry = pool.get(key).unwrap();
            thread::spawn(move || {
                entry.read();
                drop(entry);
            })
        });
        assert!(pool.clear(keys[1]));
        tally.note(match tally.in_use() {
            0 => "both at once",
            1 => "parent left to its guard",
            _ => "both left to their guards",
        });
        for holder in holders {
            holder.join().unwrap();
        }
        assert_eq!(tally.in_use(), 0, "the child has ended its parent");
        assert_eq!(fill(pool, tally), 2, "both slots came back");
        assert_eq!(tally.alive(), 2, "with their values");
    });
}

/// Another thread makes entries meanwhile, of the very values.
#[test]
fn clear_within_clear_against_create() {
    let outcomes = ["none", "one", "both"];
    check("pool::user_code::clear_within_clear_against_create", &outcomes, move |pool: SharedPool<TwoSlots>, tally| {
        let [parent, child] = parent_and_child(pool);
        let clearer = thread::spawn(move || {
            assert!(pool.clear(child));
            assert!(!pool.contains(parent));
        });
        let made = [3, 4].map(|number| create(pool, number)).iter().flatten().count();
        tally.note(outcomes[made]);
        clearer.join().unwrap();
        assert_eq!(made + fill(pool, tally), 2, "both slots came back");
        assert_eq!(tally.alive(), 2, "with their values");
    });
}

/// While a value is cleared it reads another one, which a third thread clears.
#[test]
fn get_within_clear() {
    let outcomes = ["read", "nothing"];
    check("pool::user_code::get_within_clear", &outcomes, |pool: SharedPool<TwoSlots>, tally| {
        let parent = create(pool, 1).unwrap();
        let mut child = pool.create().unwrap();
        child.fill(2);
        child.at_end({
            let tally = tally.clone();
            move || {
                tally.note(match pool.get(parent) {
                    Some(entry) => {
                        assert_eq!(entry.read(), 1);
                        "read"
                    }
                    None => "nothing",
                });
            }
        });
        let clearer = thread::spawn(move || assert!(pool.clear(parent)));
        assert!(pool.clear(child.key()), "it is left to the guard");
        drop(child);
        clearer.join().unwrap();
        assert_eq!(tally.in_use(), 0);
        assert_eq!(fill(pool, tally), 2, "both slots came back");
        assert_eq!(tally.alive(), 2, "with their values");
    });
}

/// Of an entry whose value panics when it is cleared one thread drops a guard, another ends it, and the slot's owner
/// creates. Says whether the owner got the slot.
fn panic_in_clear<G: Send + 'static>(pool: SharedPool<OneSlot>, tally: &Tally, key: usize, guard: G) {
    let clearer = thread::spawn({
        let tally = tally.clone();
        move || {
            let panicked = panics(|| assert!(pool.clear(key)));
            if panicked {
                tally.note("panic of the clearer");
            }
            panicked
        }
    });
    let holder = thread::spawn({
        let tally = tally.clone();
        move || {
            let panicked = panics(|| drop(guard));
            if panicked {
                tally.note("panic of the guard's holder");
            }
            panicked
        }
    });
    tally.note(match create(pool, 2) {
        Some(_) => "reused",
        None => "full",
    });
    let panicked = [clearer, holder].map(|thread| thread.join().unwrap());
    assert_eq!(panicked.iter().filter(|&&panicked| panicked).count(), 1);
    assert_eq!(pool.len() + fill(pool, tally), 1, "the slot came back, and once");
    assert_eq!(tally.alive(), 1, "with a new value");
}

const PANIC_OUTCOMES: [&str; 4] = ["panic of the clearer", "panic of the guard's holder", "reused", "full"];

#[test]
fn panic_in_clear_under_a_guard() {
    let name = "pool::user_code::panic_in_clear_under_a_guard";
    check(name, &PANIC_OUTCOMES, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        value.fill(1);
        value.at_end(|| Wanted::panic());
        let entry = value.downgrade();
        panic_in_clear(pool, tally, entry.key(), entry);
    });
}

#[test]
fn panic_in_clear_under_a_creators_guard() {
    let name = "pool::user_code::panic_in_clear_under_a_creators_guard";
    check(name, &PANIC_OUTCOMES, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        value.fill(1);
        value.at_end(|| Wanted::panic());
        panic_in_clear(pool, tally, value.key(), value);
    });
}

/// A slot that its creator gives back is not found by its first key, and another thread finds the next entry complete.
fn panic_in_making(name: &str, make: fn(SharedPool<OneSlot>, &Tally), alive_then: usize) {
    check(name, &["read", "nothing"], move |pool: SharedPool<OneSlot>, tally| {
        let [first, second] = [0, 1].map(|generation| key_of::<OneSlot>(1, 0, generation, 0));
        let other = thread::spawn({
            let tally = tally.clone();
            move || {
                tally.note(match pool.get(second) {
                    Some(entry) => {
                        assert_eq!(entry.read(), 2);
                        "read"
                    }
                    None => "nothing",
                });
                assert!(!pool.clear(first) && pool.get(first).is_none());
            }
        });
        assert!(panics(|| make(pool, tally)));
        assert_eq!((tally.in_use(), tally.alive()), (0, alive_then));
        assert_eq!(create(pool, 2), Some(second));
        assert_eq!(tally.alive(), 1);
        other.join().unwrap();
    });
}

#[test]
fn panic_in_default() {
    panic_in_making(
        "pool::user_code::panic_in_default",
        |pool, tally| {
            tally.when_made(|| Wanted::panic());
            create(pool, 1);
        },
        0,
    );
}

/// The value is cleared and kept.
#[test]
fn panic_in_the_closure() {
    panic_in_making(
        "pool::user_code::panic_in_the_closure",
        |pool, _| {
            pool.create_with(|value| {
                value.fill(1);
                Wanted::panic()
            });
        },
        1,
    );
}

/// The value is cleared, and dropped since that panics too.
#[test]
fn panic_in_the_closure_and_in_clear() {
    panic_in_making(
        "pool::user_code::panic_in_the_closure_and_in_clear",
        |pool, _| {
            pool.create_with(|value| {
                value.fill(1);
                value.at_end(|| Wanted::panic());
                Wanted::panic()
            });
        },
        0,
    );
}

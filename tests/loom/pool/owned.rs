//! The pool goes with the last that holds it, be it a guard.
//!
//! Property: an owned guard, including a creator's, keeps the pool and its value alive after the handle is dropped. If
//! its entry has ended it clears the value first. The last guard or handle, on any thread, drops the pool, which drops
//! every value once, including kept ones.
//!
//! Invariants: G1 (a hold keeps the table), L2, P1.
//!
//! Orderings: the `Arc`'s, for which `Token` stands, as in `owned_entries`.

use std::sync::Arc;

use flagstone::{
    Pool,
    pool::{OwnedRef, OwnedRefMut},
};
use loom::thread;

use crate::{
    check::{Store, check_bare},
    handle::Token,
    sizes::TwoSlots,
    value::Value,
};

type Handle = Arc<Pool<Value, TwoSlots>>;

/// A pool that keeps a value in a slot, and has an entry in another.
fn new_pool() -> Handle {
    let pool = Handle::new(Store::new());
    let kept = pool.create_with(|value| value.fill(3)).unwrap();
    pool.create_with(|value| value.fill(4)).unwrap();
    assert!(pool.clear(kept));
    pool
}

/// Runs with an owned guard of an entry, which `end` drops on a thread of its own, keeping the pool meanwhile.
fn guard_outlives_the_handle<G: Send + 'static>(
    name: &str,
    outcomes: &[&'static str],
    make: fn(&Handle) -> (G, usize),
    end: fn(G) -> Handle,
) {
    check_bare(name, outcomes, move |tally| {
        let token = Token::new();
        let pool = new_pool();
        let (guard, key) = make(&pool);
        let holder = thread::spawn({
            let (token, tally) = (token.clone(), tally.clone());
            move || {
                let pool = end(guard);
                if token.let_go(pool, &tally) {
                    tally.note("pool dropped by the guard's thread");
                }
            }
        });
        assert!(pool.clear(key));
        tally.note(if tally.in_use() == 1 { "cleared at once" } else { "left to the guard" });
        if token.let_go(pool, tally) {
            tally.note("pool dropped by the handle");
        }
        holder.join().unwrap();
        assert_eq!(tally.alive(), 0, "the pool is dropped with all its values");
    });
}

const OUTCOMES: [&str; 4] =
    ["cleared at once", "left to the guard", "pool dropped by the handle", "pool dropped by the guard's thread"];

fn new_ref(pool: &Handle) -> (OwnedRef<Value, TwoSlots>, usize) {
    let (mut value, key) = new_ref_mut(pool);
    value.fill(1);
    (value.downgrade(), key)
}

fn new_ref_mut(pool: &Handle) -> (OwnedRefMut<Value, TwoSlots>, usize) {
    let value = Arc::clone(pool).create_owned().unwrap();
    let key = value.key();
    (value, key)
}

#[test]
fn ref_outlives_the_handle() {
    guard_outlives_the_handle("pool::owned::ref_outlives_the_handle", &OUTCOMES, new_ref, |entry| {
        let pool = Arc::clone(OwnedRef::pool(&entry));
        assert_eq!(entry.read(), 1);
        pool
    });
}

#[test]
fn ref_mut_outlives_the_handle() {
    guard_outlives_the_handle("pool::owned::ref_mut_outlives_the_handle", &OUTCOMES, new_ref_mut, |mut value| {
        let pool = Arc::clone(OwnedRefMut::pool(&value));
        value.fill(1);
        pool
    });
}

/// The guard's own hold is the last one: the pool goes while the guard is dropped.
fn guard_is_the_last_hold<G: Send + 'static>(
    name: &str,
    make: fn(&Handle) -> (G, usize),
    end: fn(&mut G) -> Handle,
    is_cleared: bool,
) {
    check_bare(name, &["last", "not last"], move |tally| {
        let token = Token::new();
        let pool = new_pool();
        let (mut guard, key) = make(&pool);
        let holder = thread::spawn({
            let (token, tally) = (token.clone(), tally.clone());
            move || {
                let pool = end(&mut guard);
                if token.gone() == 1 {
                    drop(pool);
                    tally.end();
                    drop(guard);
                    assert_eq!(tally.alive(), 0, "the pool is dropped with all its values");
                    tally.note("last");
                } else {
                    drop(guard);
                    token.let_go(pool, &tally);
                    tally.note("not last");
                }
            }
        });
        if is_cleared {
            assert!(pool.clear(key));
        }
        token.let_go(pool, tally);
        holder.join().unwrap();
        assert_eq!(tally.alive(), 0, "the pool is dropped with all its values");
    });
}

fn pool_of_ref(entry: &mut OwnedRef<Value, TwoSlots>) -> Handle {
    assert_eq!(entry.read(), 1);
    Arc::clone(OwnedRef::pool(entry))
}

fn pool_of_ref_mut(value: &mut OwnedRefMut<Value, TwoSlots>) -> Handle {
    value.fill(1);
    Arc::clone(OwnedRefMut::pool(value))
}

#[test]
fn ref_is_the_last_hold() {
    guard_is_the_last_hold("pool::owned::ref_is_the_last_hold", new_ref, pool_of_ref, true);
}

#[test]
fn ref_mut_is_the_last_hold() {
    guard_is_the_last_hold("pool::owned::ref_mut_is_the_last_hold", new_ref_mut, pool_of_ref_mut, true);
}

/// The entry was not cleared: it is dropped with the pool.
#[test]
fn ref_mut_of_a_present_entry_is_the_last_hold() {
    let name = "pool::owned::ref_mut_of_a_present_entry_is_the_last_hold";
    guard_is_the_last_hold(name, new_ref_mut, pool_of_ref_mut, false);
}

//! The memory of free pages goes back while other threads go on.
//!
//! Property: a page is blanked only if all of its slots are free. No other thread sees an intermediate state. No slot
//! is lost, and no key repeats.
//!
//! Invariants: F1, F2 (a detached slot is on no list), L1 (a blanked page goes on with the generations of its most used
//! slot), P1 (a blank slot keeps no value), T1 and T2 (a number that is borrowed no other thread has).
//!
//! Orderings: `RemoteStack::push` Release with `take_all` Acquire; else none of its own: a thread that loads a word
//! that is being blanked finds it free before and after.

use loom::thread;

use crate::{
    check::{Shared, SharedPool, check, fill, key_of},
    sizes::{OneSlot, OneThread, ThreeThreads, TwoPages, TwoSlots},
};

#[test]
fn trim_against_stale_readers() {
    check("trimming::trim_against_stale_readers", &[], |slab: Shared<OneSlot>, tally| {
        let stale = slab.insert(tally.value(1)).unwrap();
        assert!(slab.remove(stale));
        let reader = thread::spawn(move || {
            assert!(slab.get(stale).is_none());
            assert!(slab.pin().get(stale).is_none());
            assert!(!slab.remove(stale));
        });
        slab.trim();
        let key = slab.insert(tally.value(2)).unwrap();
        assert_ne!(key, stale, "a key that comes back");
        reader.join().unwrap();
        assert_eq!(slab.get(key).unwrap().read(), 2);
    });
}

/// The last entry of the page goes on another thread: the page is blanked with its slot, or stays with it.
#[test]
fn trim_against_remote_free() {
    let outcomes = ["blanked", "stayed"];
    check("trimming::trim_against_remote_free", &outcomes, |slab: Shared<TwoSlots>, tally| {
        let keys = [1, 2].map(|number| slab.insert(tally.value(number)).unwrap());
        assert!(slab.remove(keys[0]));
        let remover = thread::spawn(move || assert!(slab.remove(keys[1])));
        slab.trim();
        tally.note(if slab.stats().total().high_water == 0 { "blanked" } else { "stayed" });
        remover.join().unwrap();
        assert_eq!(fill(slab, tally), 2, "no slot is lost");
        assert!(keys.iter().all(|&key| !slab.contains(key)));
    });
}

/// Two pages, one of them with an entry that others read.
#[test]
fn trim_beside_an_entry() {
    let outcomes = ["read", "walked"];
    check("trimming::trim_beside_an_entry", &outcomes, |slab: Shared<TwoPages>, tally| {
        let keys = [1, 2, 3].map(|number| slab.insert(tally.value(number)).unwrap());
        assert!(slab.remove(keys[1]) && slab.remove(keys[2]));
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                assert_eq!(slab.get(keys[0]).unwrap().read(), 1);
                tally.note("read");
                let pinned = slab.pin();
                let mut walked = pinned.iter().map(|(key, value)| (key, value.read()));
                assert_eq!((walked.next(), walked.next()), (Some((keys[0], 1)), None));
                tally.note("walked");
            }
        });
        slab.trim();
        reader.join().unwrap();
        assert_eq!(slab.get(keys[0]).unwrap().read(), 1);
        assert_eq!(fill(slab, tally), 2, "no slot is lost");
    });
}

/// A thread that is still reading under a pin keeps the page, and then gives its slot back.
#[test]
fn trim_against_unpin() {
    let outcomes = ["blanked", "stayed"];
    check("trimming::trim_against_unpin", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let reader = thread::spawn(move || {
            let pinned = slab.pin();
            if let Some(value) = pinned.get(key) {
                assert_eq!(value.read(), 1);
            }
        });
        assert!(slab.remove(key));
        slab.trim();
        tally.note(if slab.stats().total().high_water == 0 { "blanked" } else { "stayed" });
        reader.join().unwrap();
        assert_eq!(fill(slab, tally), 1, "no slot is lost");
    });
}

/// The overflow shard has no owner: two threads trim it, and one inserts, in turns.
#[test]
fn trims_of_the_overflow_shard() {
    check("trimming::trims_of_the_overflow_shard", &[], |slab: Shared<OneThread>, tally| {
        // The main thread has the one number.
        let own = slab.insert(tally.value(1)).unwrap();
        let other = |number| {
            let tally = tally.clone();
            move || {
                if let Some(key) = slab.insert(tally.value(number)) {
                    assert_eq!(slab.get(key).unwrap().read(), number);
                    assert!(slab.remove(key));
                }
                slab.trim();
            }
        };
        let others = [thread::spawn(other(2)), thread::spawn(other(3))];
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(slab.get(own).unwrap().read(), 1);
        assert_eq!(slab.len(), 1);
    });
}

/// A number is inherited, with a page that was blanked.
#[test]
fn an_inherited_page_is_blank() {
    check("trimming::an_inherited_page_is_blank", &[], |slab: Shared<ThreeThreads>, tally| {
        let first = thread::spawn({
            let tally = tally.clone();
            move || {
                let key = slab.insert(tally.value(1)).unwrap();
                assert!(slab.remove(key));
                slab.trim();
                key
            }
        });
        let stale = first.join().unwrap();
        let second = thread::spawn({
            let tally = tally.clone();
            move || slab.insert(tally.value(2)).unwrap()
        });
        let key = second.join().unwrap();
        assert_ne!(key, stale);
        assert_eq!(slab.get(key).unwrap().read(), 2);
    });
}

/// A pool's kept values are dropped, while others clear.
#[test]
fn trim_of_a_pool_against_clear() {
    let outcomes = ["blanked", "stayed"];
    check("trimming::trim_of_a_pool_against_clear", &outcomes, |pool: SharedPool<TwoSlots>, tally| {
        let keys = [1, 2].map(|number| pool.create_with(|value| value.fill(number)).unwrap());
        assert!(pool.clear(keys[0]));
        let other = thread::spawn(move || assert!(pool.clear(keys[1])));
        tally.end(); // what the slots keep may be dropped from now on
        pool.trim();
        tally.note(if pool.stats().total().high_water == 0 { "blanked" } else { "stayed" });
        other.join().unwrap();
        assert_eq!(fill(pool, tally), 2, "no slot is lost");
    });
}

/// A thread that finds only free slots finds room, even while another thread trims them (F3).
#[test]
fn room_in_the_overflow_shard_while_it_is_trimmed() {
    check("trimming::room_in_the_overflow_shard_while_it_is_trimmed", &[], |slab: Shared<OneThread>, tally| {
        // The main thread has the one number.
        let own = slab.insert(tally.value(1)).unwrap();
        let first = thread::spawn({
            let tally = tally.clone();
            move || {
                let key = slab.insert(tally.value(2)).unwrap();
                assert!(slab.remove(key));
            }
        });
        first.join().unwrap();
        let trimmer = thread::spawn(move || slab.trim());
        let second = thread::spawn({
            let tally = tally.clone();
            move || {
                let key = slab.insert(tally.value(3)).expect("the one slot was free before");
                assert!(slab.remove(key));
            }
        });
        trimmer.join().unwrap();
        second.join().unwrap();
        assert_eq!(slab.get(own).unwrap().read(), 1);
    });
}

/// A pin with deferred-release records, and a taker, while the page is trimmed and used again.
#[test]
fn pin_and_take_against_trim_and_reuse() {
    check("trimming::pin_and_take_against_trim_and_reuse", &["taken", "missed"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let taker = thread::spawn({
            let tally = tally.clone();
            move || match slab.take(key) {
                Some(value) => {
                    assert_eq!(value.read(), 1);
                    tally.note("taken");
                }
                None => tally.note("missed"),
            }
        });
        let pinned = slab.pin();
        if let Some(value) = pinned.get(key) {
            assert_eq!(value.read(), 1);
        }
        slab.trim();
        drop(pinned);
        slab.remove(key);
        slab.trim();
        if let Some(new) = slab.insert(tally.value(2)) {
            assert_ne!(new, key);
            slab.trim();
            assert_eq!(slab.get(new).unwrap().read(), 2);
            assert!(slab.remove(new));
            slab.trim();
        }
        taker.join().unwrap();
        assert_eq!(fill(slab, tally), 1);
    });
}

/// A thread asks for exclusive access by a key that becomes stale meanwhile.
#[test]
fn exclusive_against_trim_and_reuse() {
    check("trimming::exclusive_against_trim_and_reuse", &["held", "missed"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let other = thread::spawn({
            let tally = tally.clone();
            move || match slab.get_exclusive(key) {
                Ok(value) => {
                    assert_eq!(value.read(), 1);
                    tally.note("held");
                }
                Err(_) => tally.note("missed"),
            }
        });
        assert!(slab.remove(key));
        slab.trim();
        if let Some(new) = slab.insert(tally.value(2)) {
            assert_ne!(new, key);
            assert_eq!(slab.get(new).unwrap().read(), 2);
        }
        slab.trim();
        other.join().unwrap();
    });
}

/// A thread borrows the number of one that has ended, to trim its shard, while a new thread asks for a number: that gets this
/// one before or after, or another one.
#[test]
fn trim_of_an_ended_threads_shard_against_the_next_thread() {
    let outcomes = ["the same shard", "a shard of its own", "blanked", "stayed"];
    let name = "trimming::trim_of_an_ended_threads_shard_against_the_next_thread";
    check(name, &outcomes, |slab: Shared<ThreeThreads>, tally| {
        slab.insert(tally.value(1)).unwrap(); // the main thread has a number
        let first = thread::spawn({
            let tally = tally.clone();
            move || {
                let key = slab.insert(tally.value(2)).unwrap();
                assert!(slab.remove(key));
                key
            }
        });
        let stale = first.join().unwrap();
        let next = thread::spawn({
            let tally = tally.clone();
            move || {
                let key = slab.insert(tally.value(3)).unwrap();
                assert_eq!(slab.get(key).unwrap().read(), 3);
                assert!(slab.remove(key));
                key
            }
        });
        slab.trim();
        let is_blank = slab.stats().shards()[1].total().high_water == 0;
        tally.note(if is_blank { "blanked" } else { "stayed" });
        let key = next.join().unwrap();
        assert_ne!(key, stale, "a key that comes back");
        let is_same = key < key_of::<ThreeThreads>(3, 0, 0, 0);
        tally.note(if is_same { "the same shard" } else { "a shard of its own" });
    });
}

//! A slot that another thread frees comes back to its shard's owner, and none is lost.
//!
//! Property: whatever others remove while the owner inserts, in the end the owner can insert as many values as its
//! shard has slots, no key is handed out twice, and `len` is exact.
//!
//! Invariants: F1 to F4 (which thread works on which list; a shard is full only when every stack was found empty).
//!
//! Orderings: `RemoteStack::push` Release with `take_all` Acquire.

use std::sync::Arc;

use loom::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::{
    check::{Shared, check, fill},
    sizes::{OneSlot, TwoPages, TwoSlots},
};

#[test]
fn remote_free_against_insert() {
    check("remote::remote_free_against_insert", &["reused", "full"], |slab: Shared<TwoSlots>, tally| {
        let keys = [1, 2].map(|number| slab.insert(tally.value(number)).unwrap());
        let remover = thread::spawn(move || {
            for key in keys {
                assert!(slab.remove(key));
            }
        });
        match slab.insert(tally.value(3)) {
            Some(key) => {
                assert!(!keys.contains(&key));
                assert_eq!(slab.get(key).unwrap().read(), 3);
                tally.note("reused");
            }
            None => tally.note("full"),
        }
        remover.join().unwrap();
        assert_eq!(slab.len() + fill(slab, tally), 2, "no slot is lost");
        assert!(keys.iter().all(|&key| !slab.contains(key)));
    });
}

/// Two pages are announced in one mask.
#[test]
fn remote_frees_on_two_pages() {
    let outcomes = ["reused", "full"];
    check("remote::remote_frees_on_two_pages", &outcomes, |slab: Shared<TwoPages>, tally| {
        let keys = [1, 2, 3].map(|number| slab.insert(tally.value(number)).unwrap());
        let remover = thread::spawn(move || assert!(slab.remove(keys[0]) && slab.remove(keys[1])));
        for number in [4, 5] {
            tally.note(if slab.insert(tally.value(number)).is_some() { "reused" } else { "full" });
        }
        remover.join().unwrap();
        assert_eq!(slab.len() + fill(slab, tally), 3, "no slot is lost");
    });
}

/// The owner's list and the others' stack at once: one of two slots is freed on each.
#[test]
fn remote_free_against_local_free() {
    let outcomes = ["one", "both"];
    check("remote::remote_free_against_local_free", &outcomes, |slab: Shared<TwoSlots>, tally| {
        let keys = [1, 2].map(|number| slab.insert(tally.value(number)).unwrap());
        let remover = thread::spawn(move || assert!(slab.remove(keys[0])));
        assert!(slab.remove(keys[1]));
        assert!(slab.insert(tally.value(3)).is_some(), "its own slot is there");
        tally.note(if slab.insert(tally.value(4)).is_some() { "both" } else { "one" });
        remover.join().unwrap();
        assert_eq!(slab.len() + fill(slab, tally), 2, "no slot is lost");
    });
}

#[test]
fn two_remote_frees() {
    check("remote::two_remote_frees", &["reused", "full"], |slab: Shared<TwoSlots>, tally| {
        let keys = [1, 2].map(|number| slab.insert(tally.value(number)).unwrap());
        let removers = keys.map(|key| thread::spawn(move || assert!(slab.remove(key))));
        for number in [3, 4] {
            match slab.insert(tally.value(number)) {
                Some(key) => {
                    assert!(!keys.contains(&key), "no key comes twice");
                    tally.note("reused");
                }
                None => tally.note("full"),
            }
        }
        for remover in removers {
            remover.join().unwrap();
        }
        assert_eq!(slab.len() + fill(slab, tally), 2, "no slot is lost");
    });
}

/// The slots are freed by the last guards of entries that the owner itself removed.
#[test]
fn last_guards_free_elsewhere() {
    let outcomes = ["reused", "full"];
    check("remote::last_guards_free_elsewhere", &outcomes, |slab: Shared<TwoSlots>, tally| {
        let keys = [1, 2].map(|number| slab.insert(tally.value(number)).unwrap());
        let readers = keys.map(|key| {
            let entry = slab.get(key).unwrap();
            thread::spawn(move || drop(entry))
        });
        assert!(slab.remove(keys[0]) && slab.remove(keys[1]));
        tally.note(if slab.insert(tally.value(3)).is_some() { "reused" } else { "full" });
        for reader in readers {
            reader.join().unwrap();
        }
        assert_eq!(slab.len() + fill(slab, tally), 2, "no slot is lost");
    });
}

/// A slot whose removal is over is found, even where another remover has stopped between its push and its announcement:
/// the shard is called full only when it is.
#[test]
fn full_only_when_full() {
    check("remote::full_only_when_full", &["found"], |slab: Shared<TwoPages>, tally| {
        let [first, second, third] = [1, 2, 3].map(|number| slab.insert(tally.value(number)).unwrap());
        let done = Arc::new(AtomicUsize::new(0));
        let slow = thread::spawn(move || assert!(slab.remove(second)));
        let remover = thread::spawn({
            let done = done.clone();
            move || {
                assert!(slab.remove(first) && slab.remove(third));
                done.store(1, Ordering::Release);
            }
        });
        // Yields, so that getting here costs no preemption.
        thread::yield_now();
        slab.insert(tally.value(4));
        while done.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
        assert!(slab.insert(tally.value(5)).is_some(), "two slots were free, and one of them still is");
        tally.note("found");
        for thread in [slow, remover] {
            thread.join().unwrap();
        }
        assert_eq!(slab.len() + fill(slab, tally), 3, "no slot is lost");
    });
}

/// The owner puts the slot to use again while the other still holds its old key.
#[test]
fn old_key_against_reuse() {
    let outcomes = ["reused", "full"];
    check("remote::old_key_against_reuse", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let remover = thread::spawn(move || {
            assert!(slab.remove(key));
            assert!(slab.get(key).is_none());
            assert!(!slab.remove(key));
        });
        match slab.insert(tally.value(2)) {
            Some(next) => {
                tally.note("reused");
                assert!(slab.remove(next));
                assert!(slab.insert(tally.value(3)).is_some());
            }
            None => tally.note("full"),
        }
        remover.join().unwrap();
        assert_eq!(slab.len() + fill(slab, tally), 1, "no slot is lost");
    });
}

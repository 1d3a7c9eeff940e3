//! An entry that is promised to a thread which waits for exclusive access: no new guard is given out, the last guard or pin
//! wakes that thread, and the entry can still be removed and taken.
//!
//! Property: the thread that waits is alone with the value when it gets it, is woken by whatever ends its wait, and sees
//! what others wrote before; a removal or taking meanwhile ends the value once.
//!
//! Invariants: L2, L3, N1, N2, N3, W1.
//!
//! Orderings: `release`, `release_after_pins` and `include` Release with `claim_promised` Acquire; the barriers of
//! `raw/pin.rs` around `promise`; else the waiters' lock.

use flagstone::{Config, Entry};
use loom::thread::{self, JoinHandle};

use crate::{
    check::{Shared, check, check_fewer, insert_watched},
    sizes::{OneSlot, TwoSlots},
    value::Tally,
};

/// A thread that waits for the entry whose value is 1 (or 3), and makes 2 (or 4) of that. Whether it was there.
fn waiter<C: Config + 'static>(slab: Shared<C>, key: usize) -> JoinHandle<bool> {
    thread::spawn(move || wait(slab, key))
}

/// Waits for the entry, and adds 1 to its value. Whether it was there.
fn wait<C: Config>(slab: Shared<C>, key: usize) -> bool {
    let Some(mut entry) = slab.wait_exclusive(key) else { return false };
    let number = entry.read();
    entry.change(number + 1);
    true
}

/// Reads the value, as whatever it was.
fn note_what_is_read(read: Option<usize>, tally: &Tally) {
    tally.note(match read {
        Some(1) => "old",
        Some(_) => "new",
        None => "hidden",
    });
}

#[test]
fn wait_against_guard_drop() {
    check("promises::wait_against_guard_drop", &["changed"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let waiter = waiter(slab, key);
        assert_eq!(entry.read(), 1);
        drop(entry);
        assert!(waiter.join().unwrap());
        assert_eq!(slab.get(key).unwrap().read(), 2);
        tally.note("changed");
    });
}

/// Two guards go on two threads, of which one is the last.
#[test]
fn wait_against_two_guards() {
    check("promises::wait_against_two_guards", &[], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entries = [(); 2].map(|()| slab.get(key).unwrap());
        let waiter = waiter(slab, key);
        let [first, second] = entries;
        let holder = thread::spawn(move || {
            assert_eq!(first.read(), 1);
            drop(first);
        });
        assert_eq!(second.read(), 1);
        drop(second);
        holder.join().unwrap();
        assert!(waiter.join().unwrap());
        assert_eq!(slab.get(key).unwrap().read(), 2);
    });
}

#[test]
fn wait_against_get() {
    let outcomes = ["old", "new", "hidden"];
    check("promises::wait_against_get", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let waiter = waiter(slab, key);
        note_what_is_read(slab.get(key).map(|entry| entry.read()), tally);
        assert!(waiter.join().unwrap());
        assert_eq!(slab.get(key).unwrap().read(), 2);
    });
}

/// A guard is cloned while the entry is promised: the clone is waited for too.
#[test]
fn wait_against_clone() {
    check("promises::wait_against_clone", &[], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let waiter = waiter(slab, key);
        let clone = Entry::clone(&entry);
        drop(entry);
        assert_eq!(clone.read(), 1);
        drop(clone);
        assert!(waiter.join().unwrap());
        assert_eq!(slab.get(key).unwrap().read(), 2);
    });
}

#[test]
fn wait_against_pin() {
    let outcomes = ["old", "new", "hidden"];
    check("promises::wait_against_pin", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let waiter = waiter(slab, key);
        {
            let pinned = slab.pin();
            let value = pinned.get(key);
            thread::yield_now();
            note_what_is_read(value.map(|value| value.read()), tally);
        }
        assert!(waiter.join().unwrap());
        assert_eq!(slab.get(key).unwrap().read(), 2);
    });
}

/// The pin exists before, so the thread waits for it, or begins after it was dropped.
#[test]
fn wait_against_unpin() {
    check("promises::wait_against_unpin", &[], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        let waiter = waiter(slab, key);
        assert_eq!(value.read(), 1);
        drop(pinned);
        assert!(waiter.join().unwrap());
        assert_eq!(slab.get(key).unwrap().read(), 2);
    });
}

#[test]
fn wait_against_remove() {
    let outcomes = ["changed", "absent"];
    check("promises::wait_against_remove", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let waiter = waiter(slab, key);
        assert!(slab.remove(key));
        tally.note(if waiter.join().unwrap() { "changed" } else { "absent" });
        assert_eq!(tally.alive(), 0);
        assert!(slab.insert(tally.value(3)).is_some(), "the slot came back");
    });
}

/// A guard is out: the thread waits for it while the entry is removed.
#[test]
fn wait_against_remove_while_a_guard_is_out() {
    let name = "promises::wait_against_remove_while_a_guard_is_out";
    check(name, &["absent"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let waiter = waiter(slab, key);
        assert!(slab.remove(key));
        assert_eq!(entry.read(), 1);
        drop(entry);
        assert!(!waiter.join().unwrap());
        tally.note("absent");
        assert_eq!(tally.alive(), 0);
        assert!(slab.insert(tally.value(3)).is_some(), "the slot came back");
    });
}

/// What the remover of a promised entry wrote before is seen by the value's destructor: that remover has no count of its own
/// whose release would publish it.
#[test]
fn removers_writes_are_seen() {
    let outcomes = ["removed at once", "left to the guard or the thread that waits"];
    check("promises::removers_writes_are_seen", &outcomes, |slab: Shared<OneSlot>, tally| {
        let (key, witness) = insert_watched(slab, tally);
        let entry = slab.get(key).unwrap();
        let waiter = waiter(slab, key);
        let reader = thread::spawn(move || drop(entry));
        witness.write(1);
        assert!(slab.remove(key));
        tally.note(if tally.alive() == 0 { "removed at once" } else { "left to the guard or the thread that waits" });
        reader.join().unwrap();
        waiter.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// The guard, the removal and the thread that waits are three threads'.
#[test]
fn wait_against_remove_and_the_last_guard_elsewhere() {
    let outcomes = ["changed", "absent"];
    let name = "promises::wait_against_remove_and_the_last_guard_elsewhere";
    check_fewer(name, 1, &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let waiter = waiter(slab, key);
        let remover = thread::spawn(move || assert!(slab.remove(key)));
        assert_eq!(entry.read(), 1);
        drop(entry);
        remover.join().unwrap();
        tally.note(if waiter.join().unwrap() { "changed" } else { "absent" });
        assert_eq!(tally.alive(), 0);
    });
}

/// A pin is out: the thread waits for it while the entry is removed.
#[test]
fn wait_against_remove_under_a_pin() {
    check("promises::wait_against_remove_under_a_pin", &["absent"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        let waiter = waiter(slab, key);
        assert!(slab.remove(key));
        assert_eq!(value.read(), 1);
        drop(pinned);
        assert!(!waiter.join().unwrap());
        tally.note("absent");
        assert_eq!(tally.alive(), 0);
        assert!(slab.insert(tally.value(3)).is_some(), "the slot came back");
    });
}

#[test]
fn wait_against_take() {
    let outcomes = ["changed", "absent"];
    check("promises::wait_against_take", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let waiter = waiter(slab, key);
        let mut value = slab.take(key).unwrap();
        let number = value.read();
        value.change(number + 2);
        tally.note(match (waiter.join().unwrap(), number) {
            (true, 2) => "changed",
            (false, 1) => "absent",
            other => unreachable!("{other:?}"),
        });
        drop(value);
        assert!(slab.insert(tally.value(3)).is_some(), "the slot came back");
    });
}

/// A guard is out, of which both wait for the end; the taker gets the value.
#[test]
fn wait_against_take_while_a_guard_is_out() {
    let outcomes = ["changed", "absent"];
    let name = "promises::wait_against_take_while_a_guard_is_out";
    check(name, &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let waiter = waiter(slab, key);
        let taker = thread::spawn(move || slab.take(key).unwrap().read());
        assert_eq!(entry.read(), 1);
        drop(entry);
        tally.note(match (waiter.join().unwrap(), taker.join().unwrap()) {
            (true, 2) => "changed",
            (false, 1) => "absent",
            other => unreachable!("{other:?}"),
        });
    });
}

#[test]
fn wait_against_try_take() {
    let outcomes = ["changed, then taken", "changed, not taken", "taken"];
    check("promises::wait_against_try_take", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let waiter = waiter(slab, key);
        let taken = slab.try_take(key).map(|value| value.read());
        tally.note(match (waiter.join().unwrap(), taken) {
            (true, Some(2)) => "changed, then taken",
            (true, None) => "changed, not taken",
            (false, Some(1)) => "taken",
            other => unreachable!("{other:?}"),
        });
    });
}

/// Both get it, one after the other.
#[test]
fn two_that_wait() {
    check("promises::two_that_wait", &[], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let other = waiter(slab, key);
        assert!(wait(slab, key));
        assert!(other.join().unwrap());
        assert_eq!(slab.get(key).unwrap().read(), 3);
    });
}

/// Both wait for a guard, and get it one after the other.
#[test]
fn two_that_wait_for_a_guard() {
    check("promises::two_that_wait_for_a_guard", &[], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let entry = slab.get(key).unwrap();
        let waiters = [waiter(slab, key), waiter(slab, key)];
        assert_eq!(entry.read(), 1);
        drop(entry);
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
        assert_eq!(slab.get(key).unwrap().read(), 3);
    });
}

/// Two wait for one entry that is removed: neither sleeps for ever.
#[test]
fn two_that_wait_against_remove() {
    let outcomes = ["none", "one", "two"];
    check("promises::two_that_wait_against_remove", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let waiters = [waiter(slab, key), waiter(slab, key)];
        assert!(slab.remove(key));
        let changed: usize = waiters.into_iter().map(|waiter| usize::from(waiter.join().unwrap())).sum();
        tally.note(["none", "one", "two"][changed]);
        assert_eq!(tally.alive(), 0);
    });
}

/// Two wait for two entries, and are woken by one condition.
#[test]
fn two_that_wait_for_two_entries() {
    check("promises::two_that_wait_for_two_entries", &[], |slab: Shared<TwoSlots>, tally| {
        let keys = [1, 3].map(|number| slab.insert(tally.value(number)).unwrap());
        let entries = keys.map(|key| slab.get(key).unwrap());
        let waiters = keys.map(|key| waiter(slab, key));
        drop(entries);
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
        assert_eq!(keys.map(|key| slab.get(key).unwrap().read()), [2, 4]);
    });
}

/// An exclusive guard is out: what it wrote is seen.
#[test]
fn wait_against_exclusive() {
    check("promises::wait_against_exclusive", &[], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let mut entry = slab.get_exclusive(key).unwrap();
        let waiter = waiter(slab, key);
        entry.change(3);
        drop(entry);
        assert!(waiter.join().unwrap());
        assert_eq!(slab.get(key).unwrap().read(), 4);
    });
}

/// The attempt succeeds before or after, or is refused.
#[test]
fn wait_against_get_exclusive() {
    let outcomes = ["both", "one"];
    check("promises::wait_against_get_exclusive", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let waiter = waiter(slab, key);
        let changed = slab.get_exclusive(key).map(|mut entry| {
            let number = entry.read();
            entry.change(number + 1);
        });
        assert!(waiter.join().unwrap());
        assert_eq!(slab.get(key).unwrap().read(), 2 + usize::from(changed.is_ok()));
        tally.note(if changed.is_ok() { "both" } else { "one" });
    });
}

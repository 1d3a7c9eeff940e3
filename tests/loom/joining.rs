//! A thread comes to a slab while others use it: the directory and the roster are replaced by larger copies under them.
//!
//! Property: whatever a thread has put into a table is in every later one, and found by whoever has learned of it, in
//! whichever directory it looks; the first use of a slab by two threads at once loses neither thread's entry; the pin of a
//! thread whose shard has just been made is seen by a remover.
//!
//! Invariants: L3, N1, T1, T2 and T3, and that a word of a table is written once, by its filler or by the thread that copies
//! the table.
//!
//! Orderings: `Once::fill` Release with `get` and `close` Acquire; `join`, `found`, `grow_directory` and `grow_roster` Release
//! with `directory` and `roster` Acquire.

use std::cell::RefCell;

use flagstone::{Config, Slab};
use loom::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use crate::{
    check::{Shared, check, check_fewer, key_of},
    mailbox::Mailbox,
    sizes::{OneSlot, OneThread, OneThreadTwoPages, ThreeThreads, TwoPages},
    value::Tally,
};

/// A thread that makes an entry whose value is this, and finds it.
fn newcomer<C: Config + 'static>(slab: Shared<C>, number: usize, tally: &Tally) -> JoinHandle<usize> {
    let tally = tally.clone();
    thread::spawn(move || insert(slab, number, &tally))
}

/// Makes an entry whose value is this, and finds it.
fn insert<C: Config>(slab: Shared<C>, number: usize, tally: &Tally) -> usize {
    let key = slab.insert(tally.value(number)).expect("there is room");
    assert_eq!(slab.get(key).expect("it was inserted").read(), number);
    key
}

/// Gives the current thread a number, so that no other one has the same after it has ended. With the key of an entry in the
/// slab that is used for that.
fn register() -> (Slab<usize, OneSlot>, usize) {
    let slab = Slab::new_with_config::<OneSlot>();
    let key = slab.insert(0).unwrap();
    (slab, key)
}

/// A second page comes into the directory that another thread is about to replace, since it needs a row.
#[test]
fn second_page_against_first_insertion() {
    let outcomes = ["found before", "found after"];
    check("joining::second_page_against_first_insertion", &outcomes, |slab: Shared<TwoPages>, tally| {
        let first = slab.insert(tally.value(1)).unwrap();
        let mailbox = Mailbox::new();
        let other = thread::spawn({
            let (mailbox, tally) = (mailbox.clone(), tally.clone());
            move || {
                let key = insert(slab, 3, &tally);
                assert_eq!(slab.get(first).expect("it is there throughout").read(), 1);
                if let Some(second) = mailbox.receive() {
                    assert_eq!(slab.get(second).expect("the key was handed over").read(), 2);
                    tally.note("found before");
                }
                key
            }
        });
        let second = insert(slab, 2, tally);
        assert_eq!(second, key_of::<TwoPages>(1, 1, 0, 0));
        mailbox.hand_over(second);
        let third = other.join().unwrap();
        assert_eq!([first, second, third].map(|key| slab.get(key).unwrap().read()), [1, 2, 3]);
        assert_eq!(slab.stats().shards().len(), 2);
        tally.note("found after");
    });
}

/// The same, but a page is reserved: a thread that finds its directory closed looks for the newer one.
#[test]
fn reservation_against_first_insertion() {
    check("joining::reservation_against_first_insertion", &[], |slab: Shared<TwoPages>, tally| {
        let first = slab.insert(tally.value(1)).unwrap();
        let other = newcomer(slab, 3, tally);
        slab.reserve(2).unwrap();
        let second = insert(slab, 2, tally);
        let third = other.join().unwrap();
        assert_eq!([first, second, third].map(|key| slab.get(key).unwrap().read()), [1, 2, 3]);
    });
}

/// The key of an entry in a page of its own is handed over while a third thread joins.
#[test]
fn key_handed_over_while_a_third_joins() {
    let outcomes = ["found", "not there yet"];
    let name = "joining::key_handed_over_while_a_third_joins";
    check_fewer(name, 1, &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let _number = register();
        let mailbox = Mailbox::new();
        let third = newcomer(slab, 3, tally);
        let reader = thread::spawn({
            let (mailbox, tally) = (mailbox.clone(), tally.clone());
            move || {
                let Some(key) = mailbox.receive() else { return tally.note("not there yet") };
                assert_eq!(slab.get(key).expect("the key was handed over").read(), 1);
                assert!(slab.contains(key));
                tally.note("found");
            }
        });
        mailbox.hand_over(slab.insert(tally.value(1)).unwrap());
        reader.join().unwrap();
        third.join().unwrap();
        assert_eq!(slab.len(), 2);
    });
}

/// The key is that of a newcomer, in a directory that is no older than its row.
#[test]
fn key_handed_over_by_a_newcomer() {
    let outcomes = ["found", "not there yet"];
    check("joining::key_handed_over_by_a_newcomer", &outcomes, |slab: Shared<TwoPages>, tally| {
        let first = slab.insert(tally.value(1)).unwrap();
        let mailbox = Mailbox::new();
        let other = thread::spawn({
            let (mailbox, tally) = (mailbox.clone(), tally.clone());
            move || mailbox.hand_over(slab.insert(tally.value(3)).unwrap())
        });
        let second = slab.insert(tally.value(2)).unwrap();
        match mailbox.receive() {
            None => tally.note("not there yet"),
            Some(key) => {
                assert_eq!(slab.get(key).expect("the key was handed over").read(), 3);
                assert!(slab.remove(key));
                tally.note("found");
            }
        }
        other.join().unwrap();
        assert_eq!([first, second].map(|key| slab.get(key).unwrap().read()), [1, 2]);
    });
}

/// Two threads use a fresh slab at once.
#[test]
fn founding_by_two() {
    let outcomes = ["the other is first", "this one is first"];
    check("joining::founding_by_two", &outcomes, |slab: Shared<OneSlot>, tally| {
        let _number = register();
        let other = newcomer(slab, 2, tally);
        let key = insert(slab, 1, tally);
        let others = other.join().unwrap();
        assert_ne!(key, others);
        assert_eq!([key, others].map(|key| slab.get(key).unwrap().read()), [1, 2]);
        let is_first = key == key_of::<OneSlot>(1, 0, 0, 0);
        tally.note(if is_first { "this one is first" } else { "the other is first" });
        assert_eq!(slab.len(), 2);
    });
}

/// One of the two founds the slab by a pin.
#[test]
fn founding_by_a_pin_and_an_insertion() {
    let outcomes = ["the other is first", "this one is first", "found", "not there yet"];
    check("joining::founding_by_a_pin_and_an_insertion", &outcomes, |slab: Shared<OneSlot>, tally| {
        let _number = register();
        let mailbox = Mailbox::new();
        let other = thread::spawn({
            let (mailbox, tally) = (mailbox.clone(), tally.clone());
            move || {
                let pinned = slab.pin();
                match mailbox.receive() {
                    None => tally.note("not there yet"),
                    Some(key) => {
                        assert_eq!(pinned.get(key).expect("the key was handed over").read(), 1);
                        tally.note("found");
                    }
                }
            }
        });
        let key = insert(slab, 1, tally);
        mailbox.hand_over(key);
        let is_first = key == key_of::<OneSlot>(1, 0, 0, 0);
        tally.note(if is_first { "this one is first" } else { "the other is first" });
        other.join().unwrap();
    });
}

/// The only row goes to one of the two, and the other one shares the overflow shard.
#[test]
fn founding_by_two_of_which_one_has_no_shard() {
    let outcomes = ["the other has it", "this one has it"];
    let name = "joining::founding_by_two_of_which_one_has_no_shard";
    check(name, &outcomes, |slab: Shared<OneThread>, tally| {
        let _number = register();
        let other = newcomer(slab, 2, tally);
        let key = insert(slab, 1, tally);
        let others = other.join().unwrap();
        let [own, overflow] = [1, 0].map(|row| key_of::<OneThread>(row, 0, 0, 0));
        assert!([[own, overflow], [overflow, own]].contains(&[key, others]));
        assert_eq!([key, others].map(|key| slab.get(key).unwrap().read()), [1, 2]);
        tally.note(if key == own { "this one has it" } else { "the other has it" });
    });
}

loom::thread_local! {
    static AT_EXIT: RefCell<Option<AtExit>> = RefCell::new(None);
}

/// Inserts when its thread's locals are torn down, so without a number.
struct AtExit {
    slab: Shared<OneSlot>,
    tally: Tally,
    done: Arc<AtomicUsize>,
}

impl Drop for AtExit {
    fn drop(&mut self) {
        let key = insert(self.slab, 2, &self.tally);
        assert_eq!(key, key_of::<OneSlot>(0, 0, 0, 0), "the overflow shard");
        self.done.store(1, Ordering::Release);
    }
}

/// One of the two has no number, so what it founds begins with the overflow shard.
#[test]
fn founding_by_a_thread_without_a_number() {
    check("joining::founding_by_a_thread_without_a_number", &[], |slab: Shared<OneSlot>, tally| {
        let done = Arc::new(AtomicUsize::new(0));
        let (before, key) = register();
        let before = std::sync::Arc::new(before);
        thread::spawn({
            let (tally, done, before) = (tally.clone(), Arc::clone(&done), std::sync::Arc::clone(&before));
            move || {
                // Asks who it is, and has no number, nor ever gets one.
                assert!(before.remove(key));
                AT_EXIT.with(|at_exit| *at_exit.borrow_mut() = Some(AtExit { slab, tally, done }));
            }
        });
        let key = insert(slab, 1, tally);
        assert_eq!(key, key_of::<OneSlot>(1, 0, 0, 0), "a row of its own");
        while done.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
        let others = key_of::<OneSlot>(0, 0, 0, 0);
        assert_eq!([key, others].map(|key| slab.get(key).unwrap().read()), [1, 2]);
    });
}

/// The pin's directory has been replaced when the entry comes, and its page is not in it.
#[test]
fn pin_finds_what_is_inserted_after_its_directory_was_replaced() {
    let outcomes = ["found", "not there yet"];
    let name = "joining::pin_finds_what_is_inserted_after_its_directory_was_replaced";
    check(name, &outcomes, |slab: Shared<OneSlot>, tally| {
        let own = slab.insert(tally.value(1)).unwrap();
        let mailbox = Mailbox::new();
        let pinned = slab.pin();
        let other = thread::spawn({
            let (mailbox, tally) = (mailbox.clone(), tally.clone());
            move || {
                let key = slab.insert(tally.value(2)).unwrap();
                mailbox.hand_over(key);
                key
            }
        });
        match mailbox.receive() {
            None => tally.note("not there yet"),
            Some(key) => {
                assert_eq!(pinned.get(key).expect("the key was handed over").read(), 2);
                assert!(pinned.iter().any(|(found, _)| found == key));
                tally.note("found");
            }
        }
        assert_eq!(pinned.get(own).expect("it is there throughout").read(), 1);
        let key = other.join().unwrap();
        assert_eq!(pinned.get(key).expect("the thread was joined").read(), 2);
    });
}

/// The entry that is removed is in a page that the pin's directory does not have.
#[test]
fn remove_of_what_the_pins_directory_does_not_have() {
    let outcomes = ["read", "absent"];
    let name = "joining::remove_of_what_the_pins_directory_does_not_have";
    check(name, &outcomes, |slab: Shared<OneSlot>, tally| {
        slab.insert(tally.value(2)).unwrap();
        let pinned = slab.pin();
        let other = thread::spawn({
            let tally = tally.clone();
            move || {
                let key = slab.insert(tally.value(1)).unwrap();
                assert!(slab.remove(key));
            }
        });
        let value = pinned.get(key_of::<OneSlot>(2, 0, 0, 0));
        thread::yield_now();
        tally.note_reading(value, 1, "read", "absent");
        drop(pinned);
        other.join().unwrap();
        assert_eq!(tally.alive(), 1);
    });
}

/// The first pin of its thread, against a removal, while a third thread replaces the tables in which that thread is.
#[test]
fn first_pin_against_remove_while_a_third_joins() {
    let outcomes = ["read", "absent", "ended at once", "left to the pin"];
    let name = "joining::first_pin_against_remove_while_a_third_joins";
    check_fewer(name, 1, &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let third = thread::spawn(move || drop(slab.vacant_entry().unwrap()));
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                let value = pinned.get(key);
                thread::yield_now();
                tally.note_reading(value, 1, "read", "absent");
            }
        });
        assert!(slab.remove(key));
        tally.note(if tally.alive() == 0 { "ended at once" } else { "left to the pin" });
        reader.join().unwrap();
        third.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// Two threads come to the overflow shard at once: it is made once, and has a page for each.
#[test]
fn two_without_a_shard() {
    check_fewer("joining::two_without_a_shard", 1, &[], |slab: Shared<OneThreadTwoPages>, tally| {
        let own = slab.insert(tally.value(1)).unwrap();
        let others = [2, 3].map(|number| newcomer(slab, number, tally));
        let [left, right] = others.map(|other| other.join().unwrap());
        assert_ne!(left, right);
        assert_eq!([own, left, right].map(|key| slab.get(key).unwrap().read()), [1, 2, 3]);
        assert_eq!(slab.stats().shards().len(), 2);
    });
}

//! A thread comes to a slab while others use it: the directory and the roster are replaced by larger copies under them.
//!
//! Property: all that a thread has put into a table is in every later one. A thread that has learned of it finds it, in
//! whichever directory it looks. A remover sees the pin of a thread whose shard has just been made.
//!
//! Invariants: L3, N1, T1, T2 and T3, and that a word of a table is written once, by its filler or by the thread that copies
//! the table.
//!
//! Orderings: `Once::fill` Release with `get` and `close` Acquire; `grow_directory` and `grow_roster` Release with `directory`
//! and `roster` Acquire.

use flagstone::Config;
use loom::thread::{self, JoinHandle};

use crate::{
    check::{Shared, check, check_fewer, key_of},
    founding::register,
    mailbox::Mailbox,
    sizes::{OneSlot, OneThreadTwoPages, ThreeThreads, TwoPages},
    value::Tally,
};

/// A thread that makes an entry whose value is this, and finds it.
pub(crate) fn newcomer<C: Config + 'static>(slab: Shared<C>, number: usize, tally: &Tally) -> JoinHandle<usize> {
    let tally = tally.clone();
    thread::spawn(move || insert(slab, number, &tally))
}

/// Makes an entry whose value is this, and finds it.
pub(crate) fn insert<C: Config>(slab: Shared<C>, number: usize, tally: &Tally) -> usize {
    let key = slab.insert(tally.value(number)).expect("there is room");
    assert_eq!(slab.get(key).expect("it was inserted").read(), number);
    key
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

/// The key is guessed, and its page known only from the copy that this thread has made of the directory.
#[test]
fn guessed_key_in_a_page_that_was_copied() {
    let outcomes = ["read", "absent"];
    check("joining::guessed_key_in_a_page_that_was_copied", &outcomes, |slab: Shared<TwoPages>, tally| {
        slab.insert(tally.value(2)).unwrap();
        let other = thread::spawn({
            let tally = tally.clone();
            move || {
                drop(slab.vacant_entry().unwrap());
                tally.note_reading(slab.get(key_of::<TwoPages>(1, 1, 0, 0)), 1, "read", "absent");
            }
        });
        slab.insert(tally.value(1)).unwrap();
        other.join().unwrap();
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

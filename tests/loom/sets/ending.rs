//! A future, or its set, is dropped while it is woken.
//!
//! Property: a wake of a removed future causes at most one spurious poll, of the next future in its slot. A set that is
//! dropped leaves the tree to the wakers, the last of which frees it; its owner's waker is dropped once.
//!
//! Invariants: B1, B6.
//!
//! Orderings: `ReadyTree::wake_owner` Release with `ReadyTree::end` Acquire.

use loom::thread;

use super::Owner;
use crate::check::{check_bare, check_less};

/// The next future in the slot is another one, which its own waker wakes later.
#[test]
fn wake_against_reuse_of_the_slot() {
    let outcomes = ["two polls", "three polls"];
    check_bare("sets::ending::wake_against_reuse_of_the_slot", &outcomes, move |tally| {
        let (mut owner, [desk]) = Owner::asleep(1, [0], tally);
        let caller = desk.caller();
        let waker = thread::spawn(|| caller.call());
        let key = owner.set.keys().next().unwrap();
        assert!(owner.set.remove(key));
        let (next, next_key) = owner.push(1, 2);
        assert_ne!(next_key, key);
        owner.poll();
        assert_eq!(next.polls.get(), 1, "it was pushed");
        waker.join().unwrap();
        owner.settle();
        let caller = next.caller();
        thread::spawn(|| caller.call()).join().unwrap();
        owner.settle();
        tally.note(outcomes[next.polls.get() - 2]);
        assert_eq!(desk.polls.get(), 1);
        owner.end(&[2]);
    });
}

#[test]
fn wakes_against_clear() {
    check_less("sets::ending::wakes_against_clear", 1, &["once", "once too often"], |tally| {
        let (mut owner, desks) = Owner::asleep(2, [0, 1], tally);
        let wakers = desks.map(|desk| {
            let caller = desk.caller();
            thread::spawn(|| caller.call())
        });
        owner.set.clear();
        assert_eq!(tally.alive(), 0);
        let (next, _) = owner.push(1, 3);
        owner.poll();
        for waker in wakers {
            waker.join().unwrap();
        }
        owner.settle();
        tally.note(["once", "once too often"][next.polls.get() - 1]);
        owner.set.clear();
        owner.end(&[]);
    });
}

/// The set is dropped: the waker in its place is called or dropped. The last waker of the future frees the tree.
#[test]
fn wake_against_drop() {
    check_bare("sets::ending::wake_against_drop", &["called", "not called"], |tally| {
        let (owner, [desk]) = Owner::asleep(1, [0], tally);
        let (caller, bell) = (desk.caller(), owner.bell().clone());
        let waker = thread::spawn(|| caller.call());
        drop(owner);
        assert_eq!(tally.alive(), 0, "the future goes with the set");
        waker.join().unwrap();
        bell.is_let_go();
        tally.note(["not called", "called"][bell.rung()]);
    });
}

/// One waker wakes; a clone of it is dropped, and so is the set.
#[test]
fn wake_against_drop_of_all() {
    check_bare("sets::ending::wake_against_drop_of_all", &["called", "not called"], |tally| {
        let (owner, [desk]) = Owner::asleep(1, [0], tally);
        let (caller, bell) = (desk.caller(), owner.bell().clone());
        let clone = caller.waker.clone();
        let threads = [thread::spawn(|| caller.call()), thread::spawn(|| drop(clone))];
        drop(owner);
        for thread in threads {
            thread.join().unwrap();
        }
        bell.is_let_go();
        tally.note(["not called", "called"][bell.rung()]);
    });
}

/// The owner polls and is dropped, while its waker is called.
#[test]
fn wake_against_poll_and_drop() {
    check_bare("sets::ending::wake_against_poll_and_drop", &["polled", "dropped"], |tally| {
        let (mut owner, [desk, other]) = Owner::asleep(2, [0, 1], tally);
        let (caller, bell) = (desk.caller(), owner.bell().clone());
        let waker = thread::spawn(|| caller.call());
        owner.poll();
        tally.note(if owner.outputs.is_empty() { "dropped" } else { "polled" });
        drop(owner);
        waker.join().unwrap();
        bell.is_let_go();
        assert_eq!(other.polls.get(), 1);
    });
}

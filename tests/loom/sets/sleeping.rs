//! The owner falls asleep, or wakes up, while its waker is called.
//!
//! Property: a thread that wakes a future calls the last waker that the owner left, or the owner looks again; every
//! waker that the owner left is dropped once; no thread reads a waker while another writes it.
//!
//! Invariants: B3; who may touch the outer waker's place.
//!
//! Orderings: `ReadyTree::fall_asleep` Release with `Anchor::mark_top` Acquire; `ReadyTree::wake_owner` Release with
//! `fall_asleep` Acquire.

use loom::thread;

use super::Owner;
use crate::check::{check_bare, check_less};

/// There was no waker before.
#[test]
fn wake_against_first_sleep() {
    let outcomes = ["found", "called"];
    check_bare("sets::sleeping::wake_against_first_sleep", &outcomes, |tally| {
        let mut owner = Owner::new(1, tally);
        let (desk, _) = owner.push_one(1, 1, true);
        owner.poll();
        assert!(owner.is_called(), "it woke itself, and the owner has not slept");
        let caller = desk.caller();
        let waker = thread::spawn(|| caller.call());
        owner.poll();
        tally.note(if owner.outputs.is_empty() { "called" } else { "found" });
        waker.join().unwrap();
        owner.end(&[1]);
    });
}

/// The owner polls with another waker than before, twice: the waker that was left last is called, or none must be.
#[test]
fn wake_against_another_waker() {
    let outcomes = ["found, and the first called", "found, and the second called", "found", "the third called"];
    check_bare("sets::sleeping::wake_against_another_waker", &outcomes, |tally| {
        let (mut owner, [desk]) = Owner::asleep(1, [0], tally);
        let caller = desk.caller();
        let waker = thread::spawn(|| caller.call());
        owner.poll_anew();
        owner.poll_anew();
        let is_found = !owner.outputs.is_empty();
        waker.join().unwrap();
        tally.note(match owner.bells.iter().map(|bell| bell.rung()).collect::<Vec<_>>()[..] {
            [1, _, _] if is_found => "found, and the first called",
            [_, 1, _] if is_found => "found, and the second called",
            _ if is_found => "found",
            _ => "the third called",
        });
        owner.end(&[1]);
    });
}

/// A thread is still busy waking the owner when the owner wants to sleep again, since another future is left.
#[test]
fn sleep_against_taking() {
    let outcomes = ["asleep again", "asked again"];
    check_bare("sets::sleeping::sleep_against_taking", &outcomes, |tally| {
        let (mut owner, [desk, _]) = Owner::asleep(2, [0, 1], tally);
        let caller = desk.caller();
        let waker = thread::spawn(|| caller.call());
        owner.poll_anew();
        let is_found = !owner.outputs.is_empty();
        waker.join().unwrap();
        if is_found && owner.bells[0].rung() == 1 {
            tally.note(if owner.is_called() { "asked again" } else { "asleep again" });
        }
        owner.end(&[1]);
    });
}

/// Meanwhile another thread wakes the other future.
#[test]
fn sleep_against_taking_and_wake() {
    check_less("sets::sleeping::sleep_against_taking_and_wake", 1, &["none yet", "one", "both"], |tally| {
        let (mut owner, desks) = Owner::asleep(2, [0, 1], tally);
        let wakers = desks.each_ref().map(|desk| {
            let caller = desk.caller();
            thread::spawn(|| caller.call())
        });
        owner.poll_anew();
        tally.note(["none yet", "one", "both"][owner.outputs.len()]);
        for waker in wakers {
            waker.join().unwrap();
        }
        owner.end(&[1, 2]);
    });
}

/// The owner sleeps, is woken, and sleeps again, each time with a waker in the place that another thread has emptied.
#[test]
fn two_calls() {
    check_bare("sets::sleeping::two_calls", &["two calls", "one call"], |tally| {
        let (mut owner, desks) = Owner::asleep(2, [0, 1], tally);
        let callers = desks.each_ref().map(super::Desk::caller);
        let waker = thread::spawn(|| callers.into_iter().for_each(super::Caller::call));
        owner.poll_anew();
        owner.poll();
        let is_waiting = owner.outputs.len() == 1;
        waker.join().unwrap();
        if is_waiting {
            assert!(owner.is_called(), "a wake was lost");
        }
        tally.note(if owner.bells[0].rung() == 1 && owner.bell().rung() != 0 { "two calls" } else { "one call" });
        owner.end(&[1, 2]);
    });
}

/// A future wakes itself in the second round of a call, in which it may not be polled again: the owner does not sleep.
#[test]
fn sleep_against_own_mark() {
    check_bare("sets::sleeping::sleep_against_own_mark", &["found", "not yet"], |tally| {
        let (mut owner, [desk]) = Owner::asleep(2, [1], tally);
        let key = owner.set.keys().next().unwrap();
        assert!(owner.set.wake(key));
        owner.push(0, 1);
        let caller = desk.caller();
        let waker = thread::spawn(|| caller.call());
        // The other one is taken too, and is the first of the next call.
        assert!(owner.next());
        let (restless, _) = owner.push_one(1, 3, true);
        owner.poll();
        assert_eq!(restless.polls.get(), 1);
        assert!(owner.is_called(), "it woke itself");
        tally.note(if owner.outputs.contains(&2) { "found" } else { "not yet" });
        waker.join().unwrap();
        owner.settle();
        assert_eq!(restless.polls.get(), 2);
        owner.end(&[1, 2]);
    });
}

//! A future that was woken is polled, and sees what its waker did before.
//!
//! Property: whatever a thread writes before it wakes a future is seen by a poll of it that begins later; a future is
//! polled at most once more than it was woken, and once in each call.
//!
//! Invariants: B2, B3, B4.
//!
//! Orderings: `Anchor::mark_leaf` Release with `Word::take` Acquire; `Anchor::mark_top` Release with `ReadyTree::take_top`
//! Acquire; the barriers of `mark` and of `take_top`.

use loom::thread;

use super::Owner;
use crate::check::check_bare;

#[test]
fn wake_against_poll() {
    check_bare("sets::waking::wake_against_poll", &["polled meanwhile", "called"], |tally| {
        let (mut owner, [desk]) = Owner::asleep(1, [0], tally);
        let caller = desk.caller();
        let waker = thread::spawn(|| caller.call());
        owner.poll();
        tally.note(if owner.outputs.is_empty() { "called" } else { "polled meanwhile" });
        waker.join().unwrap();
        owner.end(&[1]);
        assert!(desk.polls.get() <= 2);
    });
}

/// The second wake finds the mark of the first, or the owner has just taken it.
#[test]
fn second_wake() {
    check_bare("sets::waking::second_wake", &["two polls", "three polls"], |tally| {
        let mut owner = Owner::new(1, tally);
        let (desk, _) = owner.push(2, 1);
        owner.poll();
        let caller = desk.caller();
        let waker = thread::spawn(move || {
            caller.call_with(0);
            caller.call_with(1);
        });
        owner.poll();
        owner.poll();
        waker.join().unwrap();
        owner.settle();
        tally.note(["two polls", "three polls"][desk.polls.get() - 2]);
        owner.end(&[1]);
    });
}

/// The owner marks a future that it pushed; another thread marks the future at this index, in a set of this capacity.
fn wake_against_push_of_another(name: &str, capacity: usize, index: usize) {
    check_bare(name, &["polled meanwhile", "called"], move |tally| {
        let (mut owner, [desk]) = Owner::asleep(capacity, [index], tally);
        let caller = desk.caller();
        let waker = thread::spawn(|| caller.call());
        let (pushed, _) = owner.push(0, 100);
        owner.poll();
        tally.note(if owner.outputs.contains(&(index + 1)) { "polled meanwhile" } else { "called" });
        waker.join().unwrap();
        owner.end(&[index + 1, 100]);
        assert_eq!(pushed.polls.get(), 1);
        assert!(desk.polls.get() <= 2);
    });
}

/// Both have one leaf.
#[test]
fn wake_against_push() {
    wake_against_push_of_another("sets::waking::wake_against_push", 2, 0);
}

/// They share a branch: the slot that was freed last, which is used next, is in the block before.
#[test]
fn wake_against_push_in_the_same_branch() {
    wake_against_push_of_another("sets::waking::wake_against_push_in_the_same_branch", 16, 4);
}

/// A future is woken by another inside the owner's poll, and by another thread.
#[test]
fn wake_inside_against_outside() {
    let outcomes = ["two polls", "three polls"];
    check_bare("sets::waking::wake_inside_against_outside", &outcomes, move |tally| {
        let (mut owner, [desk]) = Owner::asleep(2, [0], tally);
        let caller = desk.caller();
        let (pushed, _) = owner.push(0, 2);
        *pushed.neighbour.lock().unwrap() = Some(caller.waker.clone());
        let waker = thread::spawn(|| caller.call());
        owner.poll();
        waker.join().unwrap();
        owner.settle();
        tally.note(outcomes[desk.polls.get() - 2]);
        owner.end(&[1, 2]);
    });
}

/// The set is polled on another thread than before.
#[test]
fn wake_against_move() {
    check_bare("sets::waking::wake_against_move", &["polled there", "polled here"], |tally| {
        let (mut owner, [desk]) = Owner::asleep(1, [0], tally);
        let caller = desk.caller();
        let waker = thread::spawn(|| caller.call());
        let owner = thread::spawn(move || {
            owner.poll();
            owner
        });
        let mut owner = owner.join().unwrap();
        tally.note(if owner.outputs.is_empty() { "polled here" } else { "polled there" });
        owner.poll();
        waker.join().unwrap();
        owner.end(&[1]);
    });
}

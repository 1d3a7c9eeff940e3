//! Two futures are woken, which share a leaf, a block of leaves, a branch, or only the top.
//!
//! Property: both are polled, and see what their wakers did. A thread that finds the bit above set leaves the rest to
//! the owner, which looks below after it has cleared the bit.
//!
//! Invariants: B2, B3.
//!
//! Orderings: `Anchor::mark`, `Anchor::mark_above` Release with `Word::take` Acquire; the barriers in `mark` and
//! `mark_above` with those in `take_top` and `take_branch`: the pair in which each side writes one word and then
//! reads the other's.

use loom::thread;

use super::Owner;
use crate::check::check_less;

/// How many came out while the wakers ran.
const FOUND: [&str; 3] = ["none yet", "one", "both"];

/// One thread wakes the futures at two indices, one after the other. The owner of their set polls twice meanwhile.
fn one_after_the_other(name: &str, less: usize, capacity: usize, indices: [usize; 2]) {
    check_less(name, less, &FOUND, move |tally| {
        let (mut owner, desks) = Owner::asleep(capacity, indices, tally);
        let callers = desks.each_ref().map(super::Desk::caller);
        let waker = thread::spawn(|| callers.into_iter().for_each(super::Caller::call));
        owner.poll();
        owner.poll();
        tally.note(FOUND[owner.outputs.len()]);
        waker.join().unwrap();
        let mut numbers = indices.map(|index| index + 1);
        numbers.sort_unstable();
        owner.end(&numbers);
        assert!(desks.iter().all(|desk| desk.polls.get() == 2), "once for each wake");
    });
}

/// A thread for each of two futures. (Those of one leaf: `sleeping::sleep_against_taking_and_wake`.)
fn at_once(name: &str, less: usize, capacity: usize, indices: [usize; 2]) {
    check_less(name, less, &FOUND, move |tally| {
        let (mut owner, desks) = Owner::asleep(capacity, indices, tally);
        let callers = desks.each_ref().map(super::Desk::caller);
        let wakers = callers.map(|caller| thread::spawn(|| caller.call()));
        owner.poll();
        tally.note(FOUND[owner.outputs.len()]);
        for waker in wakers {
            waker.join().unwrap();
        }
        owner.end(&indices.map(|index| index + 1));
        assert!(desks.iter().all(|desk| desk.polls.get() == 2), "once for each wake");
    });
}

#[test]
fn same_leaf_in_turn() {
    one_after_the_other("sets::together::same_leaf_in_turn", 0, 2, [0, 1]);
}

/// The owner walks through the leaves in order, or has just passed.
#[test]
fn same_block_in_turn() {
    one_after_the_other("sets::together::same_block_in_turn", 0, 4, [0, 2]);
}

#[test]
fn same_block_backwards() {
    one_after_the_other("sets::together::same_block_backwards", 0, 4, [2, 0]);
}

#[test]
fn two_blocks_in_turn() {
    one_after_the_other("sets::together::two_blocks_in_turn", 0, 8, [0, 4]);
}

#[test]
fn same_branch_in_turn() {
    one_after_the_other("sets::together::same_branch_in_turn", 0, 16, [0, 4]);
}

#[test]
fn two_branches_in_turn() {
    one_after_the_other("sets::together::two_branches_in_turn", 0, 16, [0, 8]);
}

/// A leaf below two branches.
#[test]
fn deep_leaf_in_turn() {
    one_after_the_other("sets::together::deep_leaf_in_turn", 0, 16, [0, 1]);
}

#[test]
fn same_block() {
    at_once("sets::together::same_block", 1, 4, [0, 2]);
}

#[test]
fn two_blocks() {
    at_once("sets::together::two_blocks", 1, 8, [0, 4]);
}

#[test]
fn same_branch() {
    at_once("sets::together::same_branch", 1, 16, [0, 4]);
}

#[test]
fn two_branches() {
    at_once("sets::together::two_branches", 1, 16, [0, 8]);
}

/// Two threads wake the same future, each with a letter.
#[test]
fn same_future() {
    check_less("sets::together::same_future", 1, &["one poll more", "two polls more"], |tally| {
        let mut owner = Owner::new(1, tally);
        let (desk, _) = owner.push(2, 1);
        owner.poll();
        let caller = std::sync::Arc::new(desk.caller());
        let wakers = [0, 1].map(|letter| {
            let caller = caller.clone();
            thread::spawn(move || caller.call_with(letter))
        });
        drop(caller);
        owner.poll();
        for waker in wakers {
            waker.join().unwrap();
        }
        owner.settle();
        tally.note(["one poll more", "two polls more"][desk.polls.get() - 2]);
        owner.end(&[1]);
    });
}

//! Room for tasks, where it is bounded.
//!
//! Property: two threads that spawn do not exceed the limit, and one of them succeeds; a claim that waits gets the
//! place that is freed, on any thread, before others; a claim counts as a task, and a slot that a reference keeps does
//! not.
//!
//! Invariants: K6.
//!
//! Orderings: that `Population::one_more_by_other` needs none; `one_less_by_other` Release with `wait`
//! Acquire.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use flagstone::task::{LocalExecutor, SlabStorage};
use loom::thread;

use super::{bell::Bell, joined, ready, word};
use crate::check::{check_bare, check_less};

fn with_room_for(tasks: usize) -> LocalExecutor<SlabStorage<64>> {
    LocalExecutor::with_storage(SlabStorage::with_capacity(tasks))
}

#[test]
fn two_threads_spawn() {
    let outcomes = ["owner", "other"];
    check_bare("tasks::claiming::two_threads_spawn", &outcomes, |tally| {
        let executor = with_room_for(1);
        let (spawner, other) = (executor.spawner(), tally.clone());
        let spawning = thread::spawn(move || spawner.try_spawn(ready(&other, 1)).ok());
        let own = executor.try_spawn(ready(tally, 2)).ok();
        let other = spawning.join().unwrap();
        tally.note(match (own.is_some(), other.is_some()) {
            (false, false) => panic!("there was room"),
            (true, false) => "owner",
            (false, true) => "other",
            (true, true) => panic!("the limit was exceeded"),
        });
        executor.tick(1);
        drop((own, other));
        assert!(executor.try_spawn(ready(tally, 3)).is_ok(), "there is room again");
    });
}

/// The task has ended, and its place is free when another thread drops the join handle.
#[test]
fn claim_against_remote_free() {
    check_bare("tasks::claiming::claim_against_remote_free", &["at once", "told"], |tally| {
        let executor = with_room_for(1);
        let task = executor.spawn(ready(tally, 1));
        assert_eq!(executor.tick(1).completed, 1);
        let dropper = thread::spawn(move || drop(task));
        let bell = Arc::<Bell>::default();
        let waker = Waker::from(bell.clone());
        let mut claiming = pin!(executor.claim());
        let claim = match claiming.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(claim) => {
                tally.note("at once");
                dropper.join().unwrap();
                claim
            }
            Poll::Pending => {
                dropper.join().unwrap();
                assert_eq!(bell.rung(), 1, "the claim that waits was not told");
                tally.note("told");
                match claiming.as_mut().poll(&mut Context::from_waker(&waker)) {
                    Poll::Ready(claim) => claim,
                    Poll::Pending => panic!("there is room"),
                }
            }
        };
        let next = claim.spawn(ready(tally, 2)).unwrap();
        executor.tick(1);
        assert_eq!(word(&joined(next), 2), "output");
    });
}

/// Two claims wait while two places are freed on two threads, and another thread spawns. Each claim gets its place, and
/// is not overtaken; a claim that is dropped after it was told passes the place on.
#[test]
fn two_claims_against_two_frees() {
    check_less("tasks::claiming::two_claims_against_two_frees", 1, &["spawned"], |tally| {
        let executor = with_room_for(2);
        let handles = [1, 2].map(|number| executor.spawn(ready(tally, number)));
        assert_eq!(executor.tick(2).completed, 2);
        let bells = [(); 2].map(|()| Arc::<Bell>::default());
        let wakers = bells.each_ref().map(|bell| Waker::from(bell.clone()));
        let mut claims = [executor.claim(), executor.claim()];
        for (claim, waker) in claims.iter_mut().zip(&wakers) {
            assert!(Pin::new(claim).poll(&mut Context::from_waker(waker)).is_pending());
        }
        let (spawner, other) = (executor.spawner(), tally.clone());
        let droppers = handles.map(|handle| thread::spawn(move || drop(handle)));
        let spawned = spawner.try_spawn(ready(&other, 3)).is_ok();
        assert!(!spawned, "two wait for two places");
        for dropper in droppers {
            dropper.join().unwrap();
        }
        assert_eq!(
            bells.each_ref().map(|bell| bell.rung()),
            [1, 1],
            "a place is free, and the claim that waits for it was not told"
        );
        let [first, mut second] = claims;
        drop(first);
        let spawned = spawner.try_spawn(ready(&other, 3)).is_ok();
        tally.note(if spawned { "spawned" } else { "refused" });
        assert!(Pin::new(&mut second).poll(&mut Context::from_waker(&wakers[1])).is_ready());
        executor.tick(1);
    });
}

/// The task has ended, and another thread still has a reference to it: its slot lingers, and is not counted.
#[test]
fn room_beside_a_reference_that_goes() {
    check_bare("tasks::claiming::room_beside_a_reference_that_goes", &["room"], |tally| {
        let executor = with_room_for(1);
        let spawner = executor.spawner();
        let task = executor.spawn(ready(tally, 1));
        let reference = task.task();
        assert_eq!(executor.tick(1).completed, 1);
        let dropper = thread::spawn(move || drop(reference));
        assert_eq!(word(&joined(task), 1), "output");
        let next = executor.try_spawn(ready(tally, 2)).expect("the task was removed");
        assert!(spawner.try_spawn(ready(tally, 3)).is_err(), "the limit was exceeded");
        executor.tick(1);
        drop(next);
        assert!(executor.is_empty());
        drop(executor);
        dropper.join().unwrap();
        tally.note("room");
    });
}

//! Those who wait for room: their order, and their wakers.

use std::{cell::Cell, future::pending, rc::Rc};

use flagstone::task::yield_now;

use crate::{
    storages::{Stored, on_every_storage},
    trials::{attempt, joined, poll},
    value::Ledger,
    wakers::{Fuse, Panics},
};

on_every_storage! {
    who_was_told_of_room_and_had_it_told_the_next_of_none
    who_was_told_of_room_lost_it_and_his_place
    a_waiters_waker_that_panics_does_not_stop_the_executor
    a_waiters_waker_that_panics_does_not_stop_the_executors_end
    a_claim_whose_closure_ends_the_executor_ends_its_task
}

/// Two tasks claim the one place that is left, again and again: each has it as often as the other.
fn take_turns<M: Stored>(joins: bool) {
    let executor = M::small_executor(3);
    let claims = Rc::new([const { Cell::new(0_usize) }; 2]);
    for who in 0..2 {
        let (spawner, claims) = (executor.local_spawner(), Rc::clone(&claims));
        let claiming = async move {
            loop {
                let claim = spawner.claim().await;
                claims[who].set(claims[who].get() + 1);
                let handle = claim.spawn(yield_now()).unwrap();
                if joins { handle.await.unwrap() } else { handle.detach() }
            }
        };
        executor.spawn(claiming).detach();
    }
    executor.tick(2000);
    let [first, second] = [claims[0].get(), claims[1].get()];
    // The first has one before there is a second, and has perhaps one that the second has yet to have.
    assert!(first > 100 && first.abs_diff(second) <= 2, "{first} and {second}");
}

// Whoever had been told passed the telling on after his claim: the next found no room, and went to the end of the list.
fn who_was_told_of_room_and_had_it_told_the_next_of_none<M: Stored>() {
    take_turns::<M>(false);
}

// Whoever came by first had the room that another was told of, who went to the end of the list.
fn who_was_told_of_room_lost_it_and_his_place<M: Stored>() {
    take_turns::<M>(true);
}

// A task ended, and the waker of who waited for its room panicked: the panic came out of the executor.
fn a_waiters_waker_that_panics_does_not_stop_the_executor<M: Stored>() {
    let executor = M::small_executor(1);
    let mut ends = executor.spawn(async {});
    let (mut waiting, fuse) = (executor.claim(), Fuse::new(Panics::Wake, 0));
    assert!(poll(&mut waiting, &fuse.waker()).is_pending());
    assert!(poll(&mut ends, std::task::Waker::noop()).is_pending());
    ends.detach();
    let tick = attempt(|| executor.tick(usize::MAX)).expect("a waiter's panic is the waiter's");
    assert!(fuse.has_panicked());
    assert_eq!((tick.completed, executor.len()), (1, 0));
}

// The same at the executor's end: its futures were leaked, and no joiner was told.
fn a_waiters_waker_that_panics_does_not_stop_the_executors_end<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::small_executor(1);
    let value = ledger.value();
    let handle = executor.spawn(async move { (pending::<()>().await, value).1 });
    executor.tick(usize::MAX);
    let (mut waiting, fuse) = (executor.claim(), Fuse::new(Panics::Wake, 0));
    assert!(poll(&mut waiting, &fuse.waker()).is_pending());
    attempt(|| drop(executor)).expect("a waiter's panic is the waiter's");
    assert!(fuse.has_panicked());
    assert_eq!(ledger.dropped(), 1);
    assert!(joined(handle).unwrap_err().is_shut_down());
}

// The closure owned the executor: the task was made after the end, and neither dropped nor did its joiner hear of it.
fn a_claim_whose_closure_ends_the_executor_ends_its_task<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let (claim, value) = (executor.try_claim().unwrap(), ledger.value());
    let spawned = claim.spawn_with(move || {
        drop(executor);
        async move { value }
    });
    assert!(joined(spawned.expect("it had its slot")).unwrap_err().is_shut_down());
    assert_eq!(ledger.dropped(), 1);
}

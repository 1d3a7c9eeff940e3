//! Claims that wait for room, and claims that have it. Panics of their wakers: `claims`.

use std::{cell::Cell, rc::Rc};

use flagstone::task::yield_now;

use crate::{
    storages::{Stored, on_every_storage},
    trials::joined,
    value::Ledger,
};

on_every_storage! {
    who_was_told_of_room_and_had_it_told_the_next_of_none
    who_was_told_of_room_lost_it_and_his_place
    a_claim_whose_closure_ends_the_executor_ends_its_task
}

/// Two tasks claim the one place that is left, again and again: each gets it as often as the other.
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
    // The first gets one before the second exists, and may have got one that the second has yet to get.
    assert!(first > 100 && first.abs_diff(second) <= 2, "{first} and {second}");
}

// A claim that had been told passed that on after it was served: the next found no room, and went to the end of the
// list.
fn who_was_told_of_room_and_had_it_told_the_next_of_none<M: Stored>() {
    take_turns::<M>(false);
}

// The first claim to look got the room of which another was told, and that one went to the end of the list.
fn who_was_told_of_room_lost_it_and_his_place<M: Stored>() {
    take_turns::<M>(true);
}

// The closure owned the executor: the task was made after the end, was not dropped, and its joiner was not told.
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

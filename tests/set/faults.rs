//! Faults of other crates, by their number in the list of faults.

use std::{future::poll_fn, task::Poll};

use flagstone::task::LocalExecutor;

use crate::{
    gate::{Any, Gate, any, run},
    homes::{Home, Room, in_every_home, in_every_size},
    trials::{attempt, said},
};

in_every_size! { fault_15_a_panicking_future_gives_its_slot_back }
in_every_home! { fault_15_draining_ends_though_futures_panic }

/// The slot of a future that panicked stayed taken for ever.
fn fault_15_a_panicking_future_gives_its_slot_back<H: Home, const N: usize>() {
    let gate = Gate::new();
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    for round in 0..3 {
        let mut keys: Vec<_> = (1..N).map(|number| set.try_push(any(gate.waits(number))).ok().unwrap()).collect();
        keys.push(set.try_push(any(async { panic!("a future panics") })).ok().unwrap());
        assert!(set.is_full());
        let panic = attempt(|| run(&mut set)).unwrap_err();
        assert_eq!(said(&*panic), "a future panics");
        assert_eq!((set.len(), set.contains(keys[N - 1])), (N - 1, false));
        let key = set.try_push(any(async move { round })).expect("its slot is free");
        assert_eq!(run(&mut set), Poll::Ready(Some((key, round))));
        set.clear();
        assert!(run(&mut set) == Poll::Ready(None));
    }
}

/// And so a task that waited for all others waited for ever.
fn fault_15_draining_ends_though_futures_panic<H: Home>() {
    let mut room = Room::<Any<'_>, 100>::new();
    let mut set = H::set(&mut room);
    for number in 0..100 {
        let mut polls = 0;
        let future = any(poll_fn(move |context| {
            polls += 1;
            if polls < number % 4 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            assert!(number % 10 != 3, "a future panics");
            Poll::Ready(number)
        }));
        assert!(set.try_push(future).is_ok());
    }
    let (executor, mut outputs, mut panics) = (LocalExecutor::new(), Vec::new(), 0);
    while attempt(|| executor.block_on(set.drain(|output| outputs.push(output)))).is_err() {
        panics += 1;
    }
    outputs.sort_unstable();
    assert_eq!((panics, set.len()), (10, 0));
    assert_eq!(outputs, (0..100).filter(|number| number % 10 != 3).collect::<Vec<_>>());
}

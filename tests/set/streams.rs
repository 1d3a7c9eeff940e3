//! Sets as streams, their futures, and their `Debug` output.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use flagstone::{
    future_set::{FutureSet, StackSlots},
    task::LocalExecutor,
};
use futures_core::{FusedFuture, FusedStream, Stream};

use crate::{
    gate::{Gate, any, run},
    homes::{Home, Room, in_every_home},
    trials::{OnDrop, attempt, poll, poll_once},
    wakers::Wakes,
};

in_every_home! {
    a_set_is_a_stream_that_goes_on
    issue_14_point_8_a_select_sees_the_end_of_a_set
    issue_14_point_8_a_set_is_terminated_by_its_end_alone
    next_that_is_dropped_before_it_is_ready_loses_nothing
    try_drain_stops_at_the_first_error_and_keeps_the_rest
    a_drain_that_is_dropped_or_panics_keeps_the_rest
    draining_lets_others_go_first
    what_is_shown
}

fn a_set_is_a_stream_that_goes_on<H: Home>() {
    let mut room = Room::<_, 5>::new();
    let mut set = H::set(&mut room);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..2 {
        assert!(!(set.is_terminated() || set.next().is_terminated() || set.next_with_key().is_terminated()));
        assert_eq!(Pin::new(&mut set).poll_next(&mut context), Poll::Ready(None));
        assert!(set.is_terminated() && set.next().is_terminated() && set.next_with_key().is_terminated());
        assert_eq!(poll_once(&mut set.next_with_key()), Poll::Ready(None));
        for number in 1..4 {
            assert!(set.try_push(ready(number)).is_ok());
            assert_eq!((set.size_hint(), set.is_terminated()), ((number, Some(number)), false));
        }
        assert!(!set.next().is_terminated());
        let keys: Vec<_> = set.keys().collect();
        let Poll::Ready(Some(first)) = Pin::new(&mut set).poll_next(&mut context) else { panic!("it is ready") };
        let Poll::Ready(Some(second)) = poll_once(&mut set.next()) else { panic!("it is ready") };
        let Poll::Ready(Some((key, third))) = poll_once(&mut set.next_with_key()) else { panic!("it is ready") };
        // In the order of the slots.
        let mut outputs = [first, second, third];
        outputs.sort_unstable();
        assert_eq!((outputs, key), ([1, 2, 3], keys[2]));
        assert_eq!(set.size_hint(), (0, Some(0)));
    }
}

/// The polls of `select! { x = set.next() => x }`: it polls what is not terminated, and panics if everything is.
fn selected<S>(set: &mut FutureSet<Ready<usize>, S>) -> Option<usize> {
    let mut next = set.next();
    assert!(!next.is_terminated(), "all futures in select! were completed, but no `complete =>` handler was provided");
    match poll_once(&mut next) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("they are ready"),
    }
}

// The set was terminated as soon as it was empty: the loop panicked instead of seeing `None`.
fn issue_14_point_8_a_select_sees_the_end_of_a_set<H: Home>() {
    let mut room = Room::<_, 3>::new();
    let mut set = H::set(&mut room);
    for futures in [0, 1, 3, 0] {
        assert!((0..futures).all(|number| set.try_push(ready(number)).is_ok()));
        let mut outputs = 0;
        if futures == 0 && set.is_terminated() {
            continue; // nothing was added since it has ended
        }
        while selected(&mut set).is_some() {
            outputs += 1;
        }
        assert_eq!((outputs, set.is_terminated()), (futures, true));
    }
}

fn issue_14_point_8_a_set_is_terminated_by_its_end_alone<H: Home>() {
    let mut room = Room::<_, 3>::new();
    let mut set = H::set(&mut room);
    let ends = |set: &mut FutureSet<Ready<usize>, _>| {
        assert!(!set.is_terminated() && !set.next().is_terminated() && !set.next_with_key().is_terminated());
        assert_eq!(poll_once(&mut set.next()), Poll::Ready(None));
        assert!(set.is_terminated() && set.next().is_terminated() && set.next_with_key().is_terminated());
    };
    ends(&mut set);
    // A future that is removed without an output does not terminate it.
    let key = set.try_push(ready(1)).unwrap();
    assert!(!set.is_terminated());
    assert!(set.remove(key));
    ends(&mut set);
    let key = set.try_vacancy().unwrap().insert(ready(2));
    assert_eq!(set.take(key).map(Ready::into_inner), Some(2));
    ends(&mut set);
    set.try_push_with(|_| ready(3)).unwrap();
    set.clear();
    ends(&mut set);
    set.clear();
    assert!(set.is_terminated());
}

#[test]
fn a_set_of_what_an_iterator_gives_is_just_as_large() {
    for size in [0, 1, 64, 1000] {
        let mut set: FutureSet<_> = (0..size).filter(|_| true).map(ready).collect();
        assert_eq!((set.len(), set.capacity(), set.is_full()), (size, size, true));
        let mut sum = 0;
        LocalExecutor::new().block_on(set.drain(|output| sum += output));
        assert_eq!(sum, size * size.saturating_sub(1) / 2);
    }
}

fn next_that_is_dropped_before_it_is_ready_loses_nothing<H: Home>() {
    let mut room = Room::<_, 2>::new();
    let mut set = H::set(&mut room);
    let (gate, wakes) = (Gate::new(), Wakes::new());
    assert!(set.try_push(gate.waits(7)).is_ok());
    drop(set.next());
    assert_eq!(gate.polls(), 0);
    for _ in 0..2 {
        assert!(poll(&mut set.next(), &wakes.waker()).is_pending());
        assert!(poll(&mut set.next_with_key(), &wakes.waker()).is_pending());
    }
    assert_eq!(gate.polls(), 1);
    gate.open();
    assert_eq!(wakes.count(), 1, "its waker is left there, though the future was dropped");
    drop(set.next());
    assert_eq!(poll_once(&mut set.next_with_key()), Poll::Ready(Some((0, 7))));
}

fn try_drain_stops_at_the_first_error_and_keeps_the_rest<H: Home>() {
    let mut room = Room::<_, 100>::new();
    let mut set = H::set(&mut room);
    assert!((0..100).all(|number| set.try_push(ready(number)).is_ok()));
    let (executor, mut seen) = (LocalExecutor::new(), Vec::new());
    for error in [0, 10, 99] {
        let drained = set.try_drain(|output| {
            seen.push(output);
            if output == error { Err(output) } else { Ok(()) }
        });
        assert_eq!(executor.block_on(drained), Err(error));
        assert_eq!(set.len(), 99 - error);
    }
    assert_eq!(executor.block_on(set.try_drain(|_| Err(()))), Ok(()), "of none");
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

fn a_drain_that_is_dropped_or_panics_keeps_the_rest<H: Home>() {
    let mut room = Room::<_, 10>::new();
    let mut set = H::set(&mut room);
    let gate = Gate::new();
    for number in 0..10 {
        let future = if number % 2 == 0 { any(ready(number)) } else { any(gate.waits(number)) };
        assert!(set.try_push(future).is_ok());
    }
    let mut seen = Vec::new();
    assert!(poll_once(&mut Box::pin(set.drain(|output| seen.push(output)))).is_pending());
    assert_eq!((seen, set.len()), (vec![0, 2, 4, 6, 8], 5));
    gate.open();
    attempt(|| poll_once(&mut Box::pin(set.drain(|_| panic!("what is done with an output"))))).unwrap_err();
    assert_eq!(set.len(), 4);
}

fn draining_lets_others_go_first<H: Home>() {
    let mut room = Room::<_, 1000>::new();
    let mut set = H::set(&mut room);
    assert!((0..1000).all(|number| set.try_push(ready(number)).is_ok()));
    let (wakes, mut seen) = (Wakes::new(), 0);
    let mut draining = Box::pin(set.drain(|_| seen += 1));
    for polls in 1..4 {
        assert!(poll(&mut draining, &wakes.waker()).is_pending());
        assert_eq!(wakes.count(), polls, "it asks to be polled again");
    }
    assert!(poll(&mut draining, &wakes.waker()).is_ready());
    drop(draining);
    assert_eq!((wakes.count(), seen), (3, 1000));
}

fn what_is_shown<H: Home>() {
    struct Silent;
    impl Future for Silent {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            Poll::Pending
        }
    }

    let mut room = Room::<_, 2>::new();
    let mut set = H::set(&mut room);
    assert_eq!(format!("{set:?}"), "FutureSet { len: 0, capacity: 2, .. }");
    let shown = "FutureSet { len: 1, capacity: 2, .. }";
    assert!(set.try_push(Silent).is_ok());
    assert_eq!(format!("{set:?}"), shown);
    assert_eq!(format!("{:?}", set.keys()), "[0]");
    assert_eq!(format!("{:?}", set.next()), format!("Next {{ set: {shown} }}"));
    assert_eq!(format!("{:?}", set.next_with_key()), format!("NextWithKey {{ set: {shown} }}"));
    assert_eq!(format!("{:?}", set.try_vacancy().unwrap()), format!("Vacancy {{ set: {shown} }}"));
    assert_eq!(format!("{:?}", set.vacancy()), format!("VacancyFuture {{ set: Some({shown}) }}"));
    assert!(set.try_push(Silent).is_ok());
    assert_eq!(set.keys().clone().size_hint(), (2, Some(2)));
    let full = set.try_push(Silent).unwrap_err();
    assert_eq!(format!("{full:?}"), "Full { .. }");
    assert_eq!(full.to_string(), "the set has as many futures as it may: wait for a vacancy");
    assert!(std::error::Error::source(&full).is_none());
    assert_eq!(format!("{:?}", StackSlots::<Silent, 3>::new()), "StackSlots { capacity: 3, .. }");
    // Where its futures panic it says the same.
    set.clear();
    let said = OnDrop(|| panic!("it is dropped"));
    let mut other: FutureSet<_> = [any(async move {
        let _said = said;
        7
    })]
    .into_iter()
    .collect();
    assert_eq!(format!("{other:?}"), "FutureSet { len: 1, capacity: 1, .. }");
    attempt(|| run(&mut other)).unwrap_err();
    assert_eq!(format!("{other:?}"), "FutureSet { len: 0, capacity: 1, .. }");
}

//! How much one poll of the set does before it yields.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
};

use crate::{
    gate::{Any, Gate, any, poll, run},
    homes::{Home, Room, in_every_home},
    trials::elsewhere,
    wakers::Wakes,
};

in_every_home! {
    a_poll_ends_after_64_polls
    a_poll_ends_after_16_polls_of_futures_that_woke_themselves
    issue_14_point_12_no_poll_is_spent_on_what_is_gone
    issue_14_point_12_a_poll_passes_by_4096_that_are_gone
    an_output_does_not_spend_what_comes_after
}

fn a_poll_ends_after_64_polls<H: Home>() {
    let mut room = Room::<_, 1000>::new();
    let mut set = H::set(&mut room);
    let (gate, wakes) = (Gate::new(), Wakes::new());
    for number in 0..1000 {
        assert!(set.try_push(gate.waits(number)).is_ok());
    }
    for polls in 1..=15 {
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert_eq!((gate.polls(), wakes.count()), (64 * polls, polls), "it asks to be polled again");
    }
    assert!(poll(&mut set, &wakes.waker()).is_pending());
    assert_eq!((gate.polls(), wakes.count()), (1000, 15), "it sleeps");
    // Exactly as many as the budget allows: it need not be polled again.
    set.keys().take(64).collect::<Vec<_>>().into_iter().for_each(|key| assert!(set.wake(key)));
    assert!(poll(&mut set, &wakes.waker()).is_pending());
    assert_eq!((gate.polls(), wakes.count()), (1064, 15));
}

fn a_poll_ends_after_16_polls_of_futures_that_woke_themselves<H: Home>() {
    let mut room = Room::<Any<'_>, 100>::new();
    let mut set = H::set(&mut room);
    let (polled, wakes) = (Arc::new(AtomicUsize::new(0)), Wakes::new());
    for _ in 0..100 {
        let polled = Arc::clone(&polled);
        let future = poll_fn(move |context| {
            polled.fetch_add(1, Ordering::SeqCst);
            context.waker().wake_by_ref();
            Poll::Pending
        });
        assert!(set.try_push(any(future)).is_ok());
    }
    for polls in 1..30 {
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert_eq!((polled.load(Ordering::SeqCst), wakes.count()), (16 * polls, polls));
    }
}

// Each mark counted as a poll: the set asked to be polled again and again because of futures that were removed, or
// cleared.
fn issue_14_point_12_no_poll_is_spent_on_what_is_gone<H: Home>() {
    let mut room = Room::<_, 1000>::new();
    let mut set = H::set(&mut room);
    let (gate, last, wakes) = (Gate::new(), Gate::new(), Wakes::new());
    for clears in [false, true] {
        let keys: Vec<_> = (0..600).map(|number| set.try_push(gate.waits(number)).ok().unwrap()).collect();
        if clears {
            set.clear();
        } else {
            keys.into_iter().for_each(|key| assert!(set.remove(key)));
        }
        assert!(set.try_push(last.waits(600)).is_ok());
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert_eq!((last.polls(), wakes.count()), (1 + usize::from(clears), 0));
    }
    assert_eq!(gate.polls(), 0);
}

fn issue_14_point_12_a_poll_passes_by_4096_that_are_gone<H: Home>() {
    let mut room = Room::<_, 10_000>::new();
    let mut set = H::set(&mut room);
    let (gate, last, wakes) = (Gate::new(), Gate::new(), Wakes::new());
    let keys: Vec<_> = (0..9_000).map(|number| set.try_push(gate.waits(number)).ok().unwrap()).collect();
    assert!(set.try_push(last.waits(0)).is_ok());
    keys.into_iter().for_each(|key| assert!(set.remove(key)));
    for polls in 1..=2 {
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert_eq!((last.polls(), wakes.count()), (0, polls));
    }
    assert!(poll(&mut set, &wakes.waker()).is_pending());
    assert_eq!((last.polls(), wakes.count(), gate.polls()), (1, 2, 0));
}

fn an_output_does_not_spend_what_comes_after<H: Home>() {
    let mut room = Room::<Any<'_>, 1000>::new();
    let mut set = H::set(&mut room);
    for number in 0..1000 {
        assert!(set.try_push(any(async move { number })).is_ok());
    }
    let wakes = Wakes::new();
    for number in 0..1000 {
        assert_eq!(poll(&mut set, &wakes.waker()), Poll::Ready(Some((number, number))));
    }
    assert_eq!(wakes.count(), 0, "after an output the caller decides whether to poll again");
    // Nor does the set sleep with outputs left, however and whenever it is woken.
    let gate = Gate::new();
    for number in 0..1000 {
        assert!(set.try_push(any(gate.waits(number))).is_ok());
    }
    assert!(run(&mut set).is_pending() && poll(&mut set, Waker::noop()).is_pending());
    gate.unlock();
    elsewhere(|| gate.wake());
    assert!(run(&mut set).is_ready() && run(&mut set).is_pending());
}

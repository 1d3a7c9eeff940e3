//! Panics in polls and destructors of futures. Those of outer wakers: [`crate::outer`].

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use flagstone::future_set::{FutureSet, StackSlots};

use crate::{
    gate::{any, poll, run},
    homes::{Home, Room, forget, in_every_home, in_every_size},
    trials::{attempt, said},
    value::{Counted, Ledger},
};

in_every_size! {
    several_panicking_destructors_in_clear
    panicking_destructors_in_drop_of_the_set
}
in_every_home! {
    a_panicking_destructor_frees_its_slot
    a_panicking_destructor_after_ready_drops_the_output_and_frees_the_slot
    a_panicking_future_with_a_panicking_destructor_panics_once
    panicking_destructors_during_another_panic_do_not_abort
    a_panicking_future_leaves_what_was_woken
}

/// Ready after this number of polls, or never; its destructor panics, or its output's.
struct Bomb<'l> {
    value: Option<Counted>,
    polls: usize,
    ledger: &'l Ledger,
}

impl<'l> Bomb<'l> {
    fn new(ledger: &'l Ledger, polls: usize) -> Self {
        Self { value: Some(ledger.bomb()), polls, ledger }
    }

    fn harmless(ledger: &'l Ledger) -> Self {
        Self { value: Some(ledger.value()), polls: usize::MAX, ledger }
    }
}

impl Future for Bomb<'_> {
    type Output = Counted;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Counted> {
        self.value.as_ref().expect("it is alive").id();
        self.polls -= 1;
        if self.polls == 0 {
            return Poll::Ready(self.ledger.bomb());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The number of the value whose destructor panicked.
fn culprit(panic: &(dyn std::any::Any + Send)) -> usize {
    let said = said(panic);
    said.split(' ').nth(1).and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("it said: {said}"))
}

fn a_panicking_destructor_frees_its_slot<H: Home>() {
    let ledger = Ledger::new();
    let mut room = Room::<_, 3>::new();
    let mut set = H::set(&mut room);
    for round in 0..5 {
        let keys: Vec<_> = (0..3).map(|_| set.try_push(Bomb::new(&ledger, usize::MAX)).ok().unwrap()).collect();
        let first = ledger.dropped();
        for (at, key) in keys.into_iter().enumerate() {
            if round % 2 == 1 {
                assert!(poll(&mut set, Waker::noop()).is_pending());
            }
            let panic = attempt(|| set.remove(key)).unwrap_err();
            assert_eq!(culprit(&*panic), first + at);
            assert!(!set.contains(key) && !set.remove(key) && set.len() == 2 - at);
        }
    }
}

fn a_panicking_destructor_after_ready_drops_the_output_and_frees_the_slot<H: Home>() {
    let ledger = Ledger::new();
    let mut room = Room::<_, 2>::new();
    let mut set = H::set(&mut room);
    let other = set.try_push(Bomb::harmless(&ledger)).ok().unwrap();
    for polls in 1..4 {
        let before = ledger.dropped();
        let key = set.try_push(Bomb::new(&ledger, polls)).ok().unwrap();
        let panic = attempt(|| while poll(&mut set, Waker::noop()).is_pending() {}).unwrap_err();
        // The future, whose panic propagates; then the output, whose panic does not.
        assert_eq!(ledger.dropped() - before, 2);
        assert_eq!(culprit(&*panic), 2 * polls - 1);
        assert!(!set.contains(key) && set.len() == 1 && set.contains(other));
    }
}

fn a_panicking_future_with_a_panicking_destructor_panics_once<H: Home>() {
    struct Both(Counted);

    impl Future for Both {
        type Output = ();

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            panic!("the poll of {}", self.0.id())
        }
    }

    let ledger = Ledger::new();
    let mut room = Room::<_, 2>::new();
    let mut set = H::set(&mut room);
    for round in 0..4 {
        let key = set.try_push(Both(ledger.bomb())).ok().unwrap();
        let panic = attempt(|| poll(&mut set, Waker::noop())).unwrap_err();
        assert_eq!(said(&*panic), format!("the poll of {round}"));
        assert_eq!((ledger.dropped(), set.len(), set.contains(key)), (round + 1, 0, false));
    }
}

fn several_panicking_destructors_in_clear<H: Home, const N: usize>() {
    let ledger = Ledger::new();
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    for round in 0..2 {
        let before = ledger.dropped();
        let bombs = N.min(6);
        for at in 0..N {
            let future = if N - at > bombs { Bomb::harmless(&ledger) } else { Bomb::new(&ledger, usize::MAX) };
            assert!(set.try_push(future).is_ok());
        }
        if round == 1 {
            assert!(poll(&mut set, Waker::noop()).is_pending());
        }
        let panic = attempt(|| set.clear()).unwrap_err();
        if round == 0 {
            assert_eq!(culprit(&*panic), before + N - bombs, "the first");
        }
        assert_eq!((ledger.dropped() - before, set.len()), (N, 0));
        attempt(|| set.clear()).expect("nothing is left");
        assert!(run(&mut set).is_ready());
    }
}

fn panicking_destructors_in_drop_of_the_set<H: Home, const N: usize>() {
    let ledger = Ledger::new();
    let mut room = Room::<_, N>::new();
    {
        let mut set = H::set(&mut room);
        for at in 0..N {
            let future = if at % 100 != 0 { Bomb::harmless(&ledger) } else { Bomb::new(&ledger, usize::MAX) };
            assert!(set.try_push(future).is_ok());
        }
        let panic = attempt(|| drop(set)).unwrap_err();
        assert_eq!((culprit(&*panic), ledger.dropped()), (0, N));
    }
    // The same slots again.
    let mut set = H::set(&mut room);
    assert!((0..N).all(|_| set.try_push(Bomb::harmless(&ledger)).is_ok()));
}

fn panicking_destructors_during_another_panic_do_not_abort<H: Home>() {
    let ledger = Ledger::new();
    let mut room = Room::<_, 4>::new();
    for polled in [false, true] {
        let panic = attempt(|| {
            let mut set = H::set(&mut room);
            assert!((0..4).all(|_| set.try_push(Bomb::new(&ledger, usize::MAX)).is_ok()));
            if polled {
                assert!(poll(&mut set, Waker::noop()).is_pending());
            }
            panic!("another panic");
        });
        assert_eq!(said(&*panic.map(|never: ()| never).unwrap_err()), "another panic");
    }
    assert_eq!(ledger.dropped(), 8);
}

fn a_panicking_future_leaves_what_was_woken<H: Home>() {
    let gates: Vec<_> = (0..600).map(|_| crate::gate::Gate::new()).collect();
    let mut room = Room::<_, 700>::new();
    let mut set = H::set(&mut room);
    for (at, gate) in gates.iter().enumerate() {
        assert!(set.try_push(any(gate.waits(at))).is_ok());
        if at % 7 == 3 {
            assert!(set.try_push(any(async { panic!("a future panics") })).is_ok());
        }
    }
    let mut panics = 0;
    while gates.iter().any(|gate| gate.polls() == 0) {
        panics += usize::from(attempt(|| poll(&mut set, Waker::noop()).is_pending()).is_err());
    }
    assert!(run(&mut set).is_pending());
    assert_eq!((panics, set.len()), (86, 600));
    assert!(gates.iter().all(|gate| gate.polls() == 1));
}

/// A future that was left in slots whose set was forgotten panics when the slots are used again, or dropped.
#[test]
fn panicking_destructors_of_what_a_forgotten_set_left() {
    let ledger = Ledger::new();
    let mut slots = Box::pin(StackSlots::<_, 4>::new());
    for round in 0..2 {
        let mut set = FutureSet::in_place(slots.as_mut());
        (0..4).for_each(|_| assert!(set.try_push(Bomb::new(&ledger, usize::MAX)).is_ok()));
        forget(set);
        let before = ledger.dropped();
        let panic = attempt(|| FutureSet::in_place(slots.as_mut()).len()).unwrap_err();
        assert_eq!((culprit(&*panic), ledger.dropped() - before), (4 * round, 4));
        assert_eq!(FutureSet::in_place(slots.as_mut()).len(), 0);
    }
    let mut set = FutureSet::in_place(slots.as_mut());
    (0..4).for_each(|_| assert!(set.try_push(Bomb::new(&ledger, usize::MAX)).is_ok()));
    forget(set);
    attempt(|| drop(slots)).unwrap_err();
    assert_eq!(ledger.dropped(), 12);
}

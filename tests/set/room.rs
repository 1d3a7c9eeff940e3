//! Room: how much there is, waiting for it, and giving it back unused.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use flagstone::{
    future_set::{FutureSet, StackSlots},
    task::LocalExecutor,
};

use crate::{
    gate::{Gate, poll, run},
    homes::{Home, Room, in_every_home, in_every_size},
    trials::{attempt, poll_once, said},
};

in_every_size! {
    there_is_room_for_as_many_as_was_said
    who_waits_for_a_vacancy_gets_outputs_and_room
}
in_every_home! {
    capacity_zero
    a_vacancy_that_is_dropped_unused_changes_nothing
    a_wait_for_a_vacancy_that_is_dropped_loses_nothing
}

fn there_is_room_for_as_many_as_was_said<H: Home, const N: usize>() {
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    for round in 0..3 {
        for number in 0..N {
            assert_eq!((set.len(), set.is_empty(), set.is_full(), set.capacity()), (number, number == 0, false, N));
            assert!(if number % 2 == 0 { set.try_push(ready(number)).is_ok() } else { set.try_vacancy().is_some() });
            if number % 2 == 1 {
                set.try_vacancy().unwrap().insert(ready(number));
            }
        }
        assert!(set.is_full() && set.try_vacancy().is_none());
        assert_eq!(set.try_push(ready(7)).unwrap_err().into_inner().into_inner(), 7, "it comes back");
        assert_eq!(set.keys().len(), N);
        if round == 1 {
            set.clear();
        }
        while let Poll::Ready(Some(_)) = run(&mut set) {}
        assert!(set.is_empty() && set.keys().next().is_none());
    }
}

fn who_waits_for_a_vacancy_gets_outputs_and_room<H: Home, const N: usize>() {
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    let (mut sum, total) = (0, N + 300);
    LocalExecutor::new().block_on(async {
        for number in 0..total {
            let (output, vacancy) = set.vacancy().await;
            assert_eq!(output.is_some(), number >= N, "outputs are waited for in a full set alone");
            sum += output.unwrap_or(0);
            vacancy.insert(ready(number));
        }
        set.drain(|output| sum += output).await;
    });
    assert_eq!(sum, total * (total - 1) / 2);
}

fn capacity_zero<H: Home>() {
    let mut room = Room::<Ready<usize>, 0>::new();
    let mut set = H::set(&mut room);
    assert_eq!((set.capacity(), set.len(), set.is_empty(), set.is_full()), (0, 0, true, true));
    assert!(set.try_push(ready(1)).is_err() && set.try_vacancy().is_none() && set.keys().next().is_none());
    set.clear();
    assert_eq!(poll(&mut set, Waker::noop()), Poll::Ready(None));
    assert_eq!(poll_once(&mut set.next()), Poll::Ready(None));
    let panic = attempt(|| poll_once(&mut set.vacancy()).is_pending()).unwrap_err();
    assert!(said(&*panic).contains("the capacity of the set is 0"), "{}", said(&*panic));
    let none: FutureSet<Ready<u8>> = std::iter::empty().collect();
    assert_eq!(none.capacity(), 0);
    assert_eq!(format!("{:?}", StackSlots::<Ready<u8>, 0>::new()), "StackSlots { capacity: 0, .. }");
}

fn a_vacancy_that_is_dropped_unused_changes_nothing<H: Home>() {
    let mut room = Room::<_, 2>::new();
    let mut set = H::set(&mut room);
    for number in 0..2 {
        for _ in 0..3 {
            drop(set.try_vacancy().unwrap());
            let Poll::Ready((None, vacancy)) = poll_once(&mut set.vacancy()) else { panic!("there is room") };
            drop(vacancy);
            assert_eq!(set.len(), number);
        }
        assert_eq!(set.try_push(ready(number)).ok(), Some(number), "the key is the next one");
    }
    assert!(set.try_vacancy().is_none());
}

fn a_wait_for_a_vacancy_that_is_dropped_loses_nothing<H: Home>() {
    let mut room = Room::<_, 2>::new();
    let mut set = H::set(&mut room);
    let gate = Gate::new();
    assert!((0..2).all(|number| set.try_push(gate.waits(number)).is_ok()));
    for _ in 0..2 {
        assert!(poll_once(&mut set.vacancy()).is_pending());
    }
    gate.open();
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut waiting = set.vacancy();
        let Poll::Ready((output, vacancy)) = Pin::new(&mut waiting).poll(&mut context) else { panic!("it was opened") };
        assert_eq!(output, Some(1));
        vacancy.insert(gate.waits(2));
        attempt(|| poll_once(&mut waiting).is_pending()).expect_err("it was ready");
    }
    assert_eq!(run(&mut set).map(|next| next.map(|(_, output)| output)), Poll::Ready(Some(2)));
    assert!(run(&mut set).is_pending() && gate.polls() == 4, "the first one was not woken");
}

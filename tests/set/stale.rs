//! Wakers that outlive their future, and their set.

use std::{sync::mpsc, task::Waker, thread};

use flagstone::FutureSet;

use crate::{
    gate::{Gate, poll, run},
    homes::{Home, Room, in_every_home, in_every_size},
    trials::elsewhere,
    wakers::Wakes,
};

in_every_size! {
    a_waker_of_a_removed_future_has_its_successor_polled_once_too_often
    wakers_outlive_their_set
}
in_every_home! {
    a_waker_of_what_is_gone_does_nothing_in_an_empty_slot
    wakers_are_equal_if_they_wake_the_same
}

fn a_waker_of_a_removed_future_has_its_successor_polled_once_too_often<H: Home, const N: usize>() {
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    let (gate, others) = (Gate::new(), Gate::new());
    assert!((1..N).all(|number| set.try_push(others.waits(number)).is_ok()));
    let key = set.try_push(gate.waits(0)).ok().unwrap();
    assert!(run(&mut set).is_pending());
    let (stale, of_others) = (gate.waker(), others.polls());
    for end in 0..3 {
        let key = if end == 0 { key } else { set.keys().last().unwrap() };
        match end {
            0 => assert!(set.remove(key)),
            1 => drop(set.take(key).unwrap()),
            _ => {
                gate.unlock();
                assert!(set.wake(key) && run(&mut set).is_ready());
            }
        }
        let successor = Gate::new();
        assert!(set.try_push(successor.waits(0)).is_ok());
        assert!(run(&mut set).is_pending());
        let wakes = Wakes::new();
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert_eq!(successor.polls(), 1);
        stale.wake_by_ref();
        elsewhere(|| stale.wake_by_ref());
        assert_eq!(wakes.count(), 1);
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert_eq!((successor.polls(), wakes.count(), others.polls()), (2, 1, of_others), "once");
        // The next round ends it in its turn.
        if end == 1 {
            let last = set.keys().last().unwrap();
            assert!(set.remove(last) && set.try_push(gate.waits(0)).is_ok());
        }
    }
}

fn a_waker_of_what_is_gone_does_nothing_in_an_empty_slot<H: Home>() {
    let mut room = Room::<_, 3>::new();
    let mut set = H::set(&mut room);
    let (gate, other, wakes) = (Gate::new(), Gate::new(), Wakes::new());
    let key = set.try_push(gate.waits(0)).ok().unwrap();
    assert!(set.try_push(other.waits(1)).is_ok());
    assert!(run(&mut set).is_pending() && set.remove(key));
    assert!(poll(&mut set, &wakes.waker()).is_pending());
    gate.wake();
    assert!(wakes.count() == 1 && poll(&mut set, &wakes.waker()).is_pending());
    assert_eq!((gate.polls(), other.polls(), set.len(), wakes.count()), (1, 1, 1, 1));
    // Nor in a set without any future.
    set.clear();
    gate.wake();
    assert!(run(&mut set) == std::task::Poll::Ready(None));
}

fn wakers_outlive_their_set<H: Home, const N: usize>() {
    let (sender, wakers) = mpsc::channel::<Waker>();
    let waking = thread::spawn(move || {
        for waker in wakers {
            waker.clone().wake();
            waker.wake_by_ref();
        }
    });
    let (wakes, gate, mut kept) = (Wakes::new(), Gate::new(), Vec::new());
    for _ in 0..3 {
        let mut room = Room::<_, N>::new();
        let mut set = H::set(&mut room);
        assert!((0..N).all(|number| set.try_push(gate.waits(number)).is_ok()));
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        sender.send(gate.waker()).unwrap();
        kept.push(gate.waker());
        drop(set);
        // On the heap, everything is freed except what wakers need.
        sender.send(gate.waker()).unwrap();
        let before = wakes.count();
        kept.iter().for_each(Waker::wake_by_ref);
        kept.push(kept[0].clone());
        drop(room);
        kept.iter().for_each(Waker::wake_by_ref);
        assert!(wakes.count() <= before + 1, "at most by the thread, which was at it");
    }
    drop(sender);
    waking.join().unwrap();
    kept.into_iter().for_each(Waker::wake);
    assert_eq!(std::sync::Arc::strong_count(&wakes), 1, "an outer waker is left");
}

fn wakers_are_equal_if_they_wake_the_same<H: Home>() {
    let mut room = Room::<_, 130>::new();
    let mut set = H::set(&mut room);
    let gates: Vec<_> = (0..130).map(|_| Gate::new()).collect();
    for gate in &gates {
        assert!(set.try_push(gate.waits(0)).is_ok());
    }
    assert!(run(&mut set).is_pending());
    let before: Vec<_> = gates.iter().map(|gate| gate.waker()).collect();
    set.keys().collect::<Vec<_>>().into_iter().for_each(|key| assert!(set.wake(key)));
    assert!(run(&mut set).is_pending());
    let other: FutureSet<_> = [gates[0].waits(0)].into_iter().collect();
    for (at, gate) in gates.iter().enumerate() {
        assert!(gate.waker().will_wake(&before[at]) && gate.waker().clone().will_wake(&before[at]));
        assert!(before.iter().enumerate().all(|(index, waker)| waker.will_wake(&gate.waker()) == (index == at)));
    }
    let mut other = other;
    assert!(run(&mut other).is_pending() && !gates[0].waker().will_wake(&before[0]), "another set's");
}

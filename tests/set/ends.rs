//! When futures are dropped: when they complete, are removed or cleared, with their set, and with their slots.

use std::{future::poll_fn, task::Poll};

use flagstone::future_set::{FutureSet, StackSlots};

use crate::{
    gate::{any, poll, run},
    homes::{Home, Room, forget, in_every_home, in_every_size},
    trials::elsewhere,
    value::{Counted, Ledger},
    wakers::Wakes,
};

in_every_size! {
    each_future_is_dropped_once_and_at_once
    slots_are_lent_again_after_a_set_is_forgotten
}
in_every_home! {
    a_future_is_dropped_before_its_output_is_seen
    destructors_wake_whom_they_will
}

/// Keeps a value until it ends, in its second poll.
fn keeps(value: Counted) -> impl Future<Output = usize> + Unpin {
    let mut polls = 0;
    poll_fn(move |context| {
        polls += 1;
        if polls == 2 {
            return Poll::Ready(value.id());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

fn each_future_is_dropped_once_and_at_once<H: Home, const N: usize>() {
    let ledger = Ledger::new();
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    for round in 0..4 {
        let mut dropped = ledger.dropped();
        assert!((0..N).all(|_| set.try_push(keeps(ledger.value())).is_ok()));
        let refused = set.try_push(keeps(ledger.value())).unwrap_err();
        assert_eq!((ledger.dropped(), set.is_full()), (dropped, true));
        drop(refused.into_inner());
        dropped += 1;
        for key in set.keys().take(40).collect::<Vec<_>>() {
            assert_eq!(ledger.dropped(), dropped);
            match round {
                0 => assert!(set.remove(key)),
                1 => drop(set.take(key)),
                2 => assert!(run(&mut set).is_ready()),
                _ => assert!(set.get_pin_mut(key).is_some_and(|mut future| {
                    future.set(keeps(ledger.value())); // in place
                    true
                })),
            }
            dropped += 1;
            assert_eq!(ledger.dropped(), dropped);
        }
        let left = set.len();
        set.clear();
        assert_eq!((ledger.dropped(), set.len()), (dropped + left, 0));
    }
    assert!(set.try_push(keeps(ledger.value())).is_ok());
    let dropped = ledger.dropped();
    drop(set);
    assert_eq!(ledger.dropped(), dropped + 1);
}

fn slots_are_lent_again_after_a_set_is_forgotten<H: Home, const N: usize>() {
    if !H::IN_PLACE {
        return; // its memory is kept, and its futures: nothing to see
    }
    let ledger = Ledger::new();
    let mut room = Room::<_, N>::new();
    let mut keys = std::collections::HashSet::new();
    for round in 1..4 {
        let wakes = Wakes::new();
        let mut set = H::set(&mut room);
        assert_eq!((ledger.dropped(), set.len()), (N * (round - 1), 0), "what was left is dropped");
        for _ in 0..N {
            let key = set.try_push(keeps(ledger.value())).ok().unwrap();
            assert!(keys.insert(key), "also in slots that were forgotten");
        }
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        forget(set);
    }
    assert_eq!(ledger.dropped(), 2 * N);
    drop(room);
    assert_eq!(ledger.dropped(), 3 * N, "with their slots");
}

#[test]
fn slots_that_are_dropped_drop_what_a_forgotten_set_left() {
    let ledger = Ledger::new();
    {
        let mut slots = std::pin::pin!(StackSlots::<_, 5>::default());
        let mut set = FutureSet::in_place(slots.as_mut());
        assert!((0..4).all(|_| set.try_push(keeps(ledger.value())).is_ok()));
        let second = set.keys().nth(1).unwrap();
        assert!(set.remove(second));
        forget(set);
        assert_eq!(ledger.dropped(), 1);
    }
    assert_eq!(ledger.dropped(), 4);
    drop(StackSlots::<std::future::Ready<()>, 5>::new());
}

fn a_future_is_dropped_before_its_output_is_seen<H: Home>() {
    let ledger = Ledger::new();
    let mut room = Room::<_, 3>::new();
    let mut set = H::set(&mut room);
    for end in 0..3 {
        assert!(set.try_push(keeps(ledger.value())).is_ok());
        assert!(matches!(run(&mut set), Poll::Ready(Some((_, output))) if output == end));
        assert_eq!((ledger.dropped(), set.len()), (end + 1, 0));
    }
}

fn destructors_wake_whom_they_will<H: Home>() {
    let mut room = Room::<_, 70>::new();
    let mut set = H::set(&mut room);
    let (gate, wakes) = (crate::gate::Gate::new(), Wakes::new());
    let watched = set.try_push(any(gate.waits(7))).ok().unwrap();
    for place in 0..3 {
        let (waking, far) = (std::sync::Arc::clone(&gate), place == 2);
        let dropped = crate::trials::OnDrop(move || if far { elsewhere(|| waking.wake()) } else { waking.wake() });
        let key = set.try_push(any(async move {
            let _dropped = dropped;
            std::future::pending().await
        }));
        let key = key.ok().unwrap();
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        let (polls, before) = (gate.polls(), wakes.count());
        assert!(set.remove(key));
        assert_eq!(wakes.count(), before + 1);
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert_eq!((gate.polls(), set.contains(watched)), (polls + 1, true));
    }
}

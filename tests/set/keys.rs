//! Keys: which futures they name, and which they do not.

use std::{collections::HashSet, future::Ready, pin::Pin};

use flagstone::FutureSet;

use crate::{
    gate::{Gate, Waits, run},
    homes::{Home, Room, in_every_home, in_every_size},
};

in_every_size! {
    keys_are_never_equal
    a_key_names_its_future_until_that_is_gone
    a_slot_that_was_freed_last_is_used_first
}
in_every_home! {
    keys_that_nobody_was_given_name_nothing
    what_is_made_of_its_key_has_that_key
}

fn keys_are_never_equal<H: Home, const N: usize>() {
    let mut room = Room::<Ready<usize>, N>::new();
    let mut given = HashSet::new();
    for sets in 0..3 {
        let mut set = H::set(&mut room);
        // On the heap each set has keys of its own.
        if !H::IN_PLACE {
            given.clear();
        }
        for round in 0..4 {
            while let Ok(key) = set.try_push(std::future::ready(round)) {
                assert!(given.insert(key), "{key:#x} came twice, in set {sets}");
            }
            for key in set.keys().step_by(round + 1).collect::<Vec<_>>() {
                match round {
                    0 => assert!(set.remove(key)),
                    1 => assert!(set.take(key).is_some()),
                    2 => assert!(run(&mut set).is_ready()),
                    _ => set.clear(),
                }
            }
        }
    }
}

fn a_key_names_its_future_until_that_is_gone<H: Home, const N: usize>() {
    let mut room = Room::<Waits, N>::new();
    let mut set = H::set(&mut room);
    let gates: Vec<_> = (0..N.min(70)).map(|_| Gate::new()).collect();
    let mut stale = Vec::new();
    for round in 0..3 {
        let keys: Vec<_> =
            gates.iter().enumerate().map(|(at, gate)| set.try_push(gate.waits(at)).ok().unwrap()).collect();
        assert_eq!(HashSet::<_>::from_iter(set.keys()), HashSet::from_iter(keys.iter().copied()));
        assert!(run(&mut set).is_pending());
        assert!(keys.iter().all(|&key| set.contains(key) && set.wake(key)));
        assert!(run(&mut set).is_pending());
        assert!(gates.iter().all(|gate| gate.polls() == 2 * (round + 1)), "each was polled because of its key");
        for (at, &key) in keys.iter().enumerate() {
            assert_eq!(set.get_pin_mut(key).map(|future| future.number()), Some(at));
            match (at + round) % 2 {
                0 => assert!(set.remove(key)),
                _ => assert!(set.take(key).is_some_and(|future| future.number() == at)),
            }
            assert!(!set.contains(key) && set.len() == keys.len() - at - 1);
        }
        stale.extend(keys);
        let newer = set.try_push(gates[0].waits(0)).ok().unwrap();
        for &key in &stale {
            assert!(!set.contains(key) && !set.wake(key) && set.get_pin_mut(key).is_none());
            assert!(!set.remove(key) && set.take(key).is_none());
        }
        assert!(set.remove(newer));
        stale.push(newer);
    }
}

fn a_slot_that_was_freed_last_is_used_first<H: Home, const N: usize>() {
    let mut room = Room::<Ready<usize>, N>::new();
    let mut set = H::set(&mut room);
    let mask = (N + 1).next_power_of_two() - 1;
    let keys: Vec<_> = (0..N).map(|number| set.try_push(std::future::ready(number)).ok().unwrap()).collect();
    assert_eq!(keys, (0..N).collect::<Vec<_>>(), "the first keys are the indices");
    let removed: Vec<_> = keys.iter().copied().rev().step_by(3).collect();
    removed.iter().for_each(|&key| assert!(set.remove(key)));
    for key in removed.into_iter().rev() {
        let newer = set.try_push(std::future::ready(0)).ok().unwrap();
        assert_eq!(newer, key + mask + 1, "the same slot, a generation later");
    }
    assert!(set.try_push(std::future::ready(0)).is_err());
}

fn keys_that_nobody_was_given_name_nothing<H: Home>() {
    fn refused<S>(set: &mut FutureSet<Waits, S>, key: usize) {
        let len = set.len();
        assert!(!set.contains(key) && set.get_pin_mut(key).is_none(), "{key:#x}");
        assert!(!set.wake(key) && !set.remove(key) && set.take(key).is_none() && set.len() == len, "{key:#x}");
    }

    fn of_size<H: Home, const N: usize>() {
        let mut room = Room::<_, N>::new();
        let mut set = H::set(&mut room);
        let (gate, any_key) =
            (Gate::new(), [0, 1, 2, 3, N, N + 1, usize::MAX, usize::MAX - 1, usize::MAX >> 1, 1 << 20]);
        any_key.into_iter().for_each(|key| refused(&mut set, key));
        let mut foreign = FutureSet::with_capacity(1 << 12);
        for _ in 0..N {
            let key = set.try_push(gate.waits(0)).ok().unwrap();
            // The same slot, later.
            assert!(set.remove(key) && set.try_push(gate.waits(0)).is_ok());
            let theirs = foreign.try_push(gate.waits(0)).ok().unwrap();
            refused(&mut set, theirs);
        }
        let keys: Vec<_> = set.keys().collect();
        let foreign = any_key.into_iter().chain(0..N).filter(|key| !keys.contains(key));
        foreign.for_each(|key| refused(&mut set, key));
    }

    of_size::<H, 0>();
    of_size::<H, 1>();
    of_size::<H, 3>();
    of_size::<H, 64>();
    of_size::<H, 100>();
}

fn what_is_made_of_its_key_has_that_key<H: Home>() {
    let mut room = Room::<_, 3>::new();
    let mut set = H::set(&mut room);
    let first = set.try_push_with(std::future::ready).ok().unwrap();
    let second = set.try_vacancy().unwrap().insert_with(std::future::ready);
    // A panic changes nothing, and neither does an early look.
    crate::trials::attempt(|| set.try_push_with(|_| panic!("it is not made"))).unwrap_err();
    crate::trials::attempt(|| set.try_vacancy().unwrap().insert_with(|_| panic!("it is not made"))).unwrap_err();
    assert_eq!((set.len(), first, second), (2, 0, 1));
    let third = set.try_push_with(std::future::ready).ok().unwrap();
    assert_eq!(third, 2);
    let full = set.try_push_with(|key| std::future::ready(key + 7)).unwrap_err();
    assert_eq!((full.into_inner())(1).into_inner(), 8, "it comes back");
    for key in [first, second, third] {
        let future = set.get_pin_mut(key).map(Pin::into_inner).unwrap();
        assert_eq!(future.clone().into_inner(), key);
        assert_eq!(run(&mut set), std::task::Poll::Ready(Some((key, key))));
    }
}

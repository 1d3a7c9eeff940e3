//! Which futures a poll of the set polls, and in which order. [`crate::model`] tests it with random sequences.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};

use crate::{
    gate::{Any, Gate, any, poll, run},
    homes::{Home, Room, in_every_home, in_every_size},
    trials::elsewhere,
    wakers::Wakes,
};

in_every_size! {
    who_was_pushed_is_polled_once_and_then_when_woken
    who_wakes_itself_is_polled_once_in_one_poll_of_the_set
    who_wakes_its_neighbours_does_not_have_them_polled_twice
}
in_every_home! {
    who_was_woken_waits_for_two_polls_of_another_at_most
    who_is_always_ready_starves_nobody
    spurious_polls_lose_no_wake
}

fn who_was_pushed_is_polled_once_and_then_when_woken<H: Home, const N: usize>() {
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    let gates: Vec<_> = (0..N).map(|_| Gate::new()).collect();
    let keys: Vec<_> = gates.iter().enumerate().map(|(at, gate)| set.try_push(gate.waits(at)).ok().unwrap()).collect();
    assert!(run(&mut set).is_pending() && poll(&mut set, Waker::noop()).is_pending());
    assert!(gates.iter().all(|gate| gate.polls() == 1));
    let some: Vec<_> = (0..N).filter(|at| at * at % 7 == 1 || N - at < 3).collect();
    for &at in &some {
        match at % 3 {
            0 => gates[at].wake(),
            1 => assert!(set.wake(keys[at])),
            _ if at < 100 => elsewhere(|| gates[at].wake()),
            _ => gates[at].waker().wake_by_ref(),
        }
    }
    assert!(run(&mut set).is_pending());
    for (at, gate) in gates.iter().enumerate() {
        assert_eq!(gate.polls(), 1 + usize::from(some.contains(&at)), "number {at} of {N}");
    }
    // All at once, woken backwards: each output comes, in the order of the slots.
    gates.iter().rev().for_each(|gate| gate.open());
    for (at, &key) in keys.iter().enumerate() {
        assert_eq!(run(&mut set), Poll::Ready(Some((key, at))));
    }
    assert_eq!(run(&mut set), Poll::Ready(None));
}

/// Numbers of futures, as they are polled.
type Log = Arc<Mutex<Vec<usize>>>;

fn twice_in(log: &Log) -> Option<usize> {
    let mut polled = std::mem::take(&mut *log.lock().unwrap());
    polled.sort_unstable();
    polled.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn who_wakes_itself_is_polled_once_in_one_poll_of_the_set<H: Home, const N: usize>() {
    let (log, mut room) = (Log::default(), Room::<Any<'_>, N>::new());
    let mut set = H::set(&mut room);
    for number in 0..N.min(200) {
        let log = Log::clone(&log);
        let future = poll_fn(move |context| {
            log.lock().unwrap().push(number);
            match number % 3 {
                0 => context.waker().wake_by_ref(),
                1 => context.waker().clone().wake(),
                // As if from another thread.
                _ => {
                    let waker = context.waker();
                    elsewhere(|| waker.wake_by_ref());
                }
            }
            Poll::Pending
        });
        assert!(set.try_push(any(future)).is_ok());
    }
    let wakes = Wakes::new();
    for polls in 1..20 {
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert_ne!(log.lock().unwrap().len(), 0);
        assert_eq!(twice_in(&log), None);
        assert!(wakes.count() >= polls, "it asks to be polled again");
    }
}

fn who_wakes_its_neighbours_does_not_have_them_polled_twice<H: Home, const N: usize>() {
    let (log, wakers) = (Log::default(), Arc::new(Mutex::new(vec![None::<Waker>; N])));
    let mut room = Room::<Any<'_>, N>::new();
    let mut set = H::set(&mut room);
    let last = N.min(1100);
    for number in 0..last {
        let (log, wakers) = (Log::clone(&log), Arc::clone(&wakers));
        let future = poll_fn(move |context| {
            log.lock().unwrap().push(number);
            let mut wakers = wakers.lock().unwrap();
            wakers[number].get_or_insert_with(|| context.waker().clone());
            // Before and behind, in this leaf and in others, in this block and in others.
            for distance in [1, 2, 60, 64, 130, 512, 700] {
                let others = [number.checked_sub(distance), number.checked_add(distance)];
                for waker in others.into_iter().flatten().filter_map(|other| wakers.get(other)?.as_ref()) {
                    if distance == 60 && number % 40 == 0 {
                        elsewhere(|| waker.wake_by_ref())
                    } else {
                        waker.wake_by_ref()
                    }
                }
            }
            Poll::Pending
        });
        assert!(set.try_push(any(future)).is_ok());
    }
    let (wakes, mut polled) = (Wakes::new(), 0);
    for polls in 1..if N > 1000 { 40 } else { 12 } {
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        polled += log.lock().unwrap().len();
        assert_eq!(twice_in(&log), None, "in poll {polls} of {N}");
    }
    assert!(polled >= last.min(100), "{polled} were polled of {N}");
}

/// The rest of a round, and one more.
fn who_was_woken_waits_for_two_polls_of_another_at_most<H: Home>() {
    let log = Log::default();
    let mut room = Room::<Any<'_>, 200>::new();
    let mut set = H::set(&mut room);
    let gates: Vec<_> = (0..200).map(|_| Gate::new()).collect();
    for (number, gate) in gates.iter().enumerate() {
        let (log, gate) = (Log::clone(&log), Arc::clone(gate));
        let busy = any(poll_fn(move |context| {
            log.lock().unwrap().push(number);
            context.waker().wake_by_ref();
            Poll::Pending
        }));
        let future = if number % 2 == 0 { busy } else { any(async move { gate.waits(number).await }) };
        assert!(set.try_push(future).is_ok());
    }
    // All have been polled.
    while gates.iter().skip(1).step_by(2).any(|gate| gate.polls() == 0) {
        assert!(poll(&mut set, Waker::noop()).is_pending());
    }
    for number in (1..200).step_by(2) {
        (0..number % 5).for_each(|_| assert!(poll(&mut set, Waker::noop()).is_pending()));
        let gate = &gates[number];
        let before = gate.polls();
        log.lock().unwrap().clear();
        elsewhere(|| gate.wake());
        while gate.polls() == before {
            assert!(poll(&mut set, Waker::noop()).is_pending());
        }
        let log = log.lock().unwrap();
        for other in (0..200).step_by(2) {
            let polls = log.iter().filter(|&&polled| polled == other).count();
            assert!(polls <= 2, "{other} was polled {polls} times before {number}");
        }
    }
}

fn who_is_always_ready_starves_nobody<H: Home>() {
    let mut room = Room::<Any<'_>, 130>::new();
    let mut set = H::set(&mut room);
    let gate = Gate::new();
    // The last slot's future, behind 129 that are replaced as soon as they are ready, in the same slots.
    let keys: Vec<_> = (0..129).map(|_| set.try_push(any(async { 0 })).ok().unwrap()).collect();
    let last = set.try_push(any(gate.waits(1))).ok().unwrap();
    for _ in 0..3 {
        let mut others = 0;
        let before = gate.polls();
        while gate.polls() == before {
            assert!(run(&mut set).is_ready());
            assert!(set.try_push(any(async { 0 })).is_ok());
            others += 1;
            assert!(others <= 2 * keys.len() + 2, "only the other futures are polled");
        }
        assert!(set.contains(last));
        gate.wake();
    }
}

fn spurious_polls_lose_no_wake<H: Home>() {
    let mut room = Room::<_, 70>::new();
    let mut set = H::set(&mut room);
    let gates: Vec<_> = (0..70).map(|_| Gate::new()).collect();
    for (at, gate) in gates.iter().enumerate() {
        assert!(set.try_push(gate.waits(at)).is_ok());
    }
    let (wakes, mut woken) = (Wakes::new(), 0);
    assert!(poll(&mut set, &wakes.waker()).is_pending());
    for (at, gate) in gates.iter().enumerate() {
        for polls in [2, 3] {
            // Nothing was woken, and nothing is polled.
            for _ in 0..at % 4 {
                assert!(poll(&mut set, &wakes.waker()).is_pending());
            }
            gate.wake();
            woken += 1;
            assert_eq!((gate.polls(), wakes.count()), (polls - 1, woken));
            assert!(poll(&mut set, &wakes.waker()).is_pending());
            assert_eq!((gate.polls(), wakes.count()), (polls, woken), "number {at}");
        }
    }
}

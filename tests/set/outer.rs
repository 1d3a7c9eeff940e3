//! The outer waker: which one is called, when, and what happens to one that panics, or is not called.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Poll, Wake, Waker},
};

use flagstone::FutureSet;

use crate::{
    gate::{Any, Gate, Waits, any, poll, run},
    homes::{Home, Room, in_every_home, in_every_size},
    trials::{attempt, elsewhere},
    wakers::{Fuse, Panics, Wakes},
};

in_every_size! {
    who_polled_last_is_woken_once
}
in_every_home! {
    nobody_is_woken_by_what_its_owner_does
    a_panicking_outer_waker_leaves_the_set_usable
    a_panicking_outer_waker_goes_to_whoever_wakes
    an_outer_waker_is_let_go_of
    a_set_is_a_future_in_another_set
}

fn who_polled_last_is_woken_once<H: Home, const N: usize>() {
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    let (first, last) = (Gate::new(), Gate::new());
    assert!((0..N - 1).all(|number| set.try_push(first.waits(number)).is_ok()));
    let last_key = set.try_push(last.waits(N)).ok().unwrap();
    assert!(run(&mut set).is_pending());
    let all: Vec<_> = (0..3).map(|_| Wakes::new()).collect();
    let mut expected = [0; 3];
    for who in [0, 1, 1, 2, 0, 2] {
        for before in &all {
            assert!(poll(&mut set, &before.waker()).is_pending());
        }
        assert!(poll(&mut set, &all[who].waker()).is_pending());
        if who == 1 {
            elsewhere(|| last.wake())
        } else {
            last.wake()
        }
        last.wake();
        if N > 1 {
            first.wake();
        }
        expected[who] += 1;
        assert_eq!([0, 1, 2].map(|at| all[at].count()), expected, "the last one, once");
        assert!(poll(&mut set, &all[who].waker()).is_pending());
    }
    assert!(set.remove(last_key));
    drop(set);
    assert!(all.iter().all(|wakes| Arc::strong_count(wakes) == 1), "a waker is left");
}

fn nobody_is_woken_by_what_its_owner_does<H: Home>() {
    let mut room = Room::<_, 10>::new();
    let mut set = H::set(&mut room);
    let (gate, wakes) = (Gate::new(), Wakes::new());
    let key = set.try_push(gate.waits(0)).ok().unwrap();
    assert!(poll(&mut set, &wakes.waker()).is_pending());
    assert!(set.wake(key) && set.try_push(gate.waits(1)).is_ok());
    assert!(set.get_pin_mut(key).is_some() && set.remove(key));
    assert_eq!(wakes.count(), 0, "the owner is awake, since it calls this");
    assert!(poll(&mut set, &wakes.waker()).is_pending());
    assert_eq!(gate.polls(), 2);
    // A wake from outside wakes the owner, though the owner has marked a future.
    assert!(set.try_push(gate.waits(2)).is_ok());
    gate.wake();
    assert_eq!(wakes.count(), 1);
    assert!(poll(&mut set, &wakes.waker()).is_pending());
    assert_eq!(gate.polls(), 4);
}

fn a_panicking_outer_waker_leaves_the_set_usable<H: Home>() {
    for panics in Panics::ALL {
        for calls_before in 0..3 {
            let mut room = Room::<Any<'_>, 60>::new();
            let mut set = H::set(&mut room);
            let gate = Gate::new();
            for number in 0..59 {
                assert!(set.try_push(any(gate.waits(number))).is_ok());
            }
            // It asks to be polled again, with whatever waker it is given.
            assert!(
                set.try_push(any(poll_fn(|context| {
                    context.waker().wake_by_ref();
                    Poll::Pending
                })))
                .is_ok()
            );
            let mut happened = 0;
            let fuse = Fuse::new(panics, calls_before);
            for _ in 0..4 {
                let waker = fuse.waker();
                happened += usize::from(attempt(|| poll(&mut set, &waker).is_pending()).is_err());
                happened += usize::from(attempt(|| drop(waker)).is_err());
            }
            let busy = set.keys().last().unwrap();
            assert!(set.remove(busy));
            for _ in 0..4 {
                let waker = fuse.waker();
                happened += usize::from(attempt(|| poll(&mut set, &waker).is_pending()).is_err());
                happened += usize::from(attempt(|| drop(waker)).is_err());
                happened += usize::from(attempt(|| gate.wake()).is_err());
            }
            assert_eq!((happened, fuse.has_panicked()), (1, true), "{panics:?}, {calls_before} before");
            // None is lost, and the next waker is called.
            let (polls, wakes) = (gate.polls(), Wakes::new());
            set.keys().collect::<Vec<_>>().into_iter().for_each(|key| assert!(set.wake(key)));
            assert!(poll(&mut set, &wakes.waker()).is_pending());
            assert_eq!((gate.polls() - polls, wakes.count(), fuse.alive()), (59, 0, 0), "{panics:?}");
            gate.open();
            assert_eq!(wakes.count(), 1);
            assert!(poll(&mut set, &wakes.waker()).is_ready());
        }
    }
}

fn a_panicking_outer_waker_goes_to_whoever_wakes<H: Home>() {
    let mut room = Room::<_, 2>::new();
    let mut set = H::set(&mut room);
    let gate = Gate::new();
    assert!(set.try_push(gate.waits(7)).is_ok());
    let fuse = Fuse::new(Panics::Wake, 0);
    assert!(poll(&mut set, &fuse.waker()).is_pending());
    gate.unlock();
    elsewhere(|| attempt(|| gate.wake()).map_err(drop).unwrap_err());
    assert_eq!((run(&mut set), fuse.alive()), (Poll::Ready(Some((0, 7))), 0), "the wake came");
    // The same where the set is dropped.
    for panics in [Panics::Drop, Panics::Clone] {
        let mut room = Room::<_, 2>::new();
        let mut set = H::set(&mut room);
        assert!(set.try_push(Gate::new().waits(7)).is_ok());
        let (fuse, calls) = (Fuse::new(panics, 1), 1 + usize::from(panics == Panics::Drop));
        let waker = fuse.waker();
        let _ = attempt(|| poll(&mut set, &waker).is_pending());
        drop(waker);
        assert_eq!(attempt(|| drop(set)).is_err(), calls == 2, "{panics:?}");
        assert_eq!(fuse.alive(), 0);
    }
}

fn an_outer_waker_is_let_go_of<H: Home>() {
    let gate = Gate::new();
    let wakes = Wakes::new();
    for end in 0..3 {
        let mut room = Room::<_, 3>::new();
        let mut set = H::set(&mut room);
        assert!(set.try_push(gate.waits(0)).is_ok());
        assert!(poll(&mut set, &wakes.waker()).is_pending());
        assert_eq!(Arc::strong_count(&wakes), 2, "it is kept");
        match end {
            0 => gate.wake(),
            1 => drop(set),
            _ => assert!(poll(&mut set, Waker::noop()).is_pending()),
        }
        assert_eq!(Arc::strong_count(&wakes), 1, "and released");
    }
}

/// Polls a set from within `wake`.
struct Inline {
    set: Mutex<FutureSet<Waits>>,
    outputs: AtomicUsize,
    polls: AtomicUsize,
}

impl Inline {
    fn poll(self: &Arc<Self>) {
        let mut set = match self.set.try_lock() {
            Ok(set) => set,
            Err(TryLockError::WouldBlock) => return, // it is being polled
            Err(TryLockError::Poisoned(_)) => panic!("a poll panicked"),
        };
        self.polls.fetch_add(1, Ordering::SeqCst);
        while let Poll::Ready(Some(_)) = poll(&mut set, &Arc::clone(self).into()) {
            self.outputs.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        self.poll();
    }
}

#[test]
fn an_outer_waker_polls_the_set_inline() {
    let gates: Vec<_> = (0..300).map(|_| Gate::new()).collect();
    let inline = Arc::new(Inline {
        set: Mutex::new(gates.iter().enumerate().map(|(at, gate)| gate.waits(at)).collect()),
        outputs: AtomicUsize::new(0),
        polls: AtomicUsize::new(0),
    });
    // More than one poll's budget: the set's own request may come while the lock is held.
    (0..=300 / 64).for_each(|_| inline.poll());
    assert!(gates.iter().all(|gate| gate.polls() == 1));
    for (at, gate) in gates.iter().enumerate() {
        let polls = inline.polls.load(Ordering::SeqCst);
        match at % 3 {
            0 => gate.open(),
            1 => elsewhere(|| gate.open()),
            _ => {
                gate.wake();
                assert_eq!(gate.polls(), 2, "it was polled inside");
                gate.open();
            }
        }
        assert_eq!(inline.outputs.load(Ordering::SeqCst), at + 1, "its output came inside");
        assert!(inline.polls.load(Ordering::SeqCst) > polls);
    }
    assert!(inline.set.lock().unwrap().is_empty());
}

fn a_set_is_a_future_in_another_set<H: Home>() {
    let gates: Vec<_> = (0..20).map(|_| Gate::new()).collect();
    let mut room = Room::<Any<'_>, 3>::new();
    let mut outer = H::set(&mut room);
    for (at, some) in gates.chunks(10).enumerate() {
        let mut inner: FutureSet<_> = some.iter().map(|gate| gate.waits(1)).collect();
        let sum = async move {
            let mut sum = 0;
            inner.drain(|output| sum += output).await;
            sum * 10 + at
        };
        assert!(outer.try_push(any(sum)).is_ok());
    }
    // A future of the outer set that wakes those of the inner sets, from within the outer set's poll.
    let waking = gates.clone();
    let mut next = 0;
    let waking = outer.try_push(any(poll_fn(move |context| {
        context.waker().wake_by_ref();
        let Some(gate) = waking.get(next) else { return Poll::Ready(7) };
        next += 1;
        gate.open();
        Poll::Pending
    })));
    let waking = waking.ok().unwrap();
    let mut outputs = Vec::new();
    while let Poll::Ready(Some((key, output))) = run(&mut outer) {
        outputs.push((key == waking, output));
    }
    outputs.sort_unstable();
    assert_eq!(outputs, [(false, 100), (false, 101), (true, 7)]);
    // An inner set that panics leaves the outer set as it was: its own wakes still count as from within.
    let (gate, wakes) = (Gate::new(), Wakes::new());
    let mut inner: FutureSet<_> = [any(async { panic!("an inner future") })].into_iter().collect();
    let tried = any(async move {
        assert!(attempt(|| poll(&mut inner, Waker::noop())).is_err() && inner.is_empty());
        gate.waits(8).await
    });
    assert!(outer.try_push(tried).is_ok());
    assert!(poll(&mut outer, &wakes.waker()).is_pending());
    assert_eq!(wakes.count(), 0);
}

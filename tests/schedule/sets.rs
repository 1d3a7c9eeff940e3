//! A thread that wakes a future of a set never waits for another thread, nor does the set's owner: with one exception,
//! which is shown.
//!
//! The victim and one of the others wake one future of a set; the other one owns the set, wakes the second, outside a
//! poll, as any thread would, and polls until that is ready. An owner that polls all the time gets its output wherever
//! the victim was stopped. An owner that sleeps until its waker is called does too, unless the victim was stopped when
//! it had promised to call the waker.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use flagstone::FutureSet;

use crate::{
    actor::Actor,
    cell::step,
    scenario::{Scene, nobody_waits_in, somebody_waits},
    value::Tally,
};

/// Counts how often it was called. The standard library's, and no step.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

type Wakers = Arc<[Mutex<Option<Waker>>; 2]>;
type Set = FutureSet<Pin<Box<dyn Future<Output = usize> + Send>>>;

/// A set of two futures, so many slots apart, which have been polled.
struct Woken<const DISTANCE: usize> {
    set: Mutex<Option<Set>>,
    bell: Arc<Bell>,
    wakers: Wakers,
    /// What the futures wait for.
    letters: Arc<[AtomicBool; 2]>,
}

impl<const DISTANCE: usize> Scene for Woken<DISTANCE> {
    const NAME: &'static str = "set";

    fn new(_: &Tally) -> Self {
        let (wakers, letters, bell) = (Wakers::default(), Arc::<[AtomicBool; 2]>::default(), Arc::<Bell>::default());
        let mut set = Set::with_capacity(DISTANCE + 1);
        for index in 0..=DISTANCE {
            let number = index / DISTANCE;
            let (wakers, letters) = (wakers.clone(), letters.clone());
            let future = poll_fn(move |context| {
                *wakers[number].lock().unwrap() = Some(context.waker().clone());
                if letters[number].load(Ordering::Relaxed) { Poll::Ready(number) } else { Poll::Pending }
            });
            let key = set.try_push(Box::pin(future) as Pin<Box<_>>).expect("there is room");
            if index != 0 && index != DISTANCE {
                set.remove(key);
            }
        }
        assert!(set.poll_next_with_key(&mut Context::from_waker(&bell.clone().into())).is_pending());
        Self { set: Mutex::new(Some(set)), bell, wakers, letters }
    }

    fn finish(self) {
        let Self { set, bell, wakers, .. } = self;
        drop(set);
        wakers.iter().for_each(|waker| _ = waker.lock().unwrap().take());
        assert_eq!(Arc::strong_count(&bell), 1, "the owner's waker was forgotten");
    }
}

impl<const DISTANCE: usize> Woken<DISTANCE> {
    fn wake(&self, me: &Actor, number: usize) {
        let waker = self.wakers[number].lock().unwrap().clone().expect("it was polled");
        me.act();
        me.next("wake");
        self.letters[number].store(true, Ordering::Relaxed);
        waker.wake_by_ref();
        me.done();
        drop(waker);
    }

    /// Polls until the second future is ready: whenever there is time, or as an executor does.
    fn own(&self, me: &Actor, sleeps: bool) {
        let mut set = self.set.lock().unwrap().take().expect("one owns it");
        let waker = self.bell.clone().into();
        let mut heard = self.bell.0.load(Ordering::Relaxed);
        let second = self.wakers[1].lock().unwrap().take().expect("it was polled");
        me.act();
        me.next("poll");
        self.letters[1].store(true, Ordering::Relaxed);
        second.wake(); // as another thread would: the set is not polled
        loop {
            if sleeps && self.bell.0.load(Ordering::Relaxed) == heard {
                step();
                continue;
            }
            heard = self.bell.0.load(Ordering::Relaxed);
            match set.poll_next_with_key(&mut Context::from_waker(&waker)) {
                Poll::Ready(Some((_, 1))) => break,
                Poll::Ready(Some(_)) => heard = usize::MAX, // a stream is polled again after that
                Poll::Ready(None) => unreachable!("the second was not ready"),
                Poll::Pending => step(),
            }
        }
        me.done();
        drop(set);
    }
}

fn victim<const DISTANCE: usize>(me: &Actor, stage: &Woken<DISTANCE>) {
    stage.wake(me, 0);
}

fn others<const DISTANCE: usize>(sleeps: bool) -> impl Fn(&Actor, &Woken<DISTANCE>) + Send + Sync + 'static {
    move |me, stage| match me.number {
        1 => stage.wake(me, 0),
        _ => stage.own(me, sleeps),
    }
}

#[test]
fn wake_of_a_neighbour() {
    nobody_waits_in("wake, in the other's leaf", victim::<1>, others(false));
}

#[test]
fn wake_in_the_same_block() {
    nobody_waits_in("wake, in the other's block", victim::<64>, others(false));
}

#[test]
fn wake_in_another_block() {
    nobody_waits_in("wake, in another block", victim::<512>, others(false));
}

/// The exception: from the RMW that sets `TAKING` to the call there are three steps, before each of which the victim may
/// be stopped: it takes the waker, hands the future over, and clears the flag.
#[test]
fn who_has_promised_to_call_is_waited_for() {
    let findings = somebody_waits("wake of a sleeper", "poll", victim::<1>, others(true));
    let after = &findings.waiting_after;
    assert_eq!(after.len(), 3, "{after:?} of {}", findings.victims_steps);
    assert!(after.iter().max() < Some(&findings.victims_steps), "it has called when it is done");
}

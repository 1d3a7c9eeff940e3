//! Futures that wait until a test opens their gate.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use flagstone::FutureSet;

use crate::wakers::Wakes;

/// A place where one future waits.
#[derive(Default)]
pub(crate) struct Gate {
    open: AtomicBool,
    polls: AtomicUsize,
    /// The waker of the last poll.
    waker: Mutex<Option<Waker>>,
}

/// Waits at a gate; its output is its number.
pub(crate) struct Waits {
    gate: Arc<Gate>,
    number: usize,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn waits(self: &Arc<Self>, number: usize) -> Waits {
        Waits { gate: Arc::clone(self), number }
    }

    pub(crate) fn polls(&self) -> usize {
        self.polls.load(Ordering::SeqCst)
    }

    /// The waker of its future, which was polled before.
    pub(crate) fn waker(&self) -> Waker {
        self.waker.lock().unwrap().clone().expect("it was polled")
    }

    pub(crate) fn wake(&self) {
        self.waker().wake();
    }

    /// Opens the gate without a wake.
    pub(crate) fn unlock(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    pub(crate) fn open(&self) {
        self.unlock();
        self.wake();
    }
}

impl Waits {
    pub(crate) fn number(&self) -> usize {
        self.number
    }
}

impl Future for Waits {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        self.gate.polls.fetch_add(1, Ordering::SeqCst);
        if self.gate.open.load(Ordering::SeqCst) {
            return Poll::Ready(self.number);
        }
        *self.gate.waker.lock().unwrap() = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Any future at all, whose output is a number.
pub(crate) type Any<'a> = Pin<Box<dyn Future<Output = usize> + Send + 'a>>;

pub(crate) fn any<'a>(future: impl Future<Output = usize> + Send + 'a) -> Any<'a> {
    Box::pin(future)
}

pub(crate) type Next<T> = Poll<Option<(usize, T)>>;

/// Polls a set once.
pub(crate) fn poll<F: Future, S>(set: &mut FutureSet<F, S>, waker: &Waker) -> Next<F::Output> {
    set.poll_next_with_key(&mut Context::from_waker(waker))
}

/// Polls a set as its executor would, until it has an output or sleeps.
pub(crate) fn run<F: Future, S>(set: &mut FutureSet<F, S>) -> Next<F::Output> {
    let wakes = Wakes::new();
    for polls in 1.. {
        let next = poll(set, &wakes.waker());
        if next.is_ready() || wakes.count() < polls {
            return next;
        }
    }
    unreachable!("for ever")
}

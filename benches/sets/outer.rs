//! The executor around the sets: as simple as possible, and the same for all of them.

use super::subject::Set;
use std::hint;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Polls a set on this thread repeatedly.
pub(crate) struct Outer {
    flag: Arc<Flag>,
    waker: Waker,
}

/// Whether the set was woken.
struct Flag {
    raised: AtomicBool,
    /// The thread that polls the set.
    owner: Thread,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.raised.store(true, Release);
    }
}

/// Also unparks the thread, which sleeps until then.
struct Unpark(Arc<Flag>);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_by_ref();
        self.0.owner.unpark();
    }
}

/// What the owner does while there is nothing to poll.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Sleeps until it is woken.
    Sleep,
    /// Spins.
    Watch,
}

impl Outer {
    /// Returns an executor of this thread.
    pub(crate) fn new(rest: Rest) -> Self {
        let flag = Arc::new(Flag { raised: AtomicBool::new(false), owner: thread::current() });
        let waker = match rest {
            Rest::Sleep => Waker::from(Arc::new(Unpark(Arc::clone(&flag)))),
            Rest::Watch => Waker::from(Arc::clone(&flag)),
        };
        Self { flag, waker }
    }

    /// Returns the waker of this executor.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Whether the set was woken since its last poll.
    pub(crate) fn is_woken(&self) -> bool {
        self.flag.raised.load(Relaxed)
    }

    /// Polls the set until it is not woken again, and drops the outputs. Returns whether there are futures left.
    ///
    /// Only for wakes on this thread: one from another thread may be missed.
    #[inline]
    pub(crate) fn settle<F: Future, S: Set<F>>(&self, set: &mut S, mut each: impl FnMut(F::Output)) -> bool {
        let mut context = Context::from_waker(&self.waker);
        self.flag.raised.store(false, Relaxed);
        loop {
            match set.poll_output(&mut context) {
                Poll::Ready(Some(output)) => each(output),
                Poll::Ready(None) => return false,
                Poll::Pending if !self.flag.raised.load(Relaxed) => return true,
                Poll::Pending => self.flag.raised.store(false, Relaxed),
            }
        }
    }

    /// Polls the set until it is empty.
    ///
    /// # Panics
    ///
    /// If it is not empty and was not woken.
    #[inline]
    pub(crate) fn drain<F: Future, S: Set<F>>(&self, set: &mut S, each: impl FnMut(F::Output)) {
        let left = self.settle(set, each);
        assert!(!left, "a wake was lost");
    }

    /// Polls the set each time it is woken, from any thread, until it is empty or `is_over`, which is called before
    /// each rest.
    pub(crate) fn serve<F: Future, S: Set<F>>(&self, set: &mut S, rest: Rest, is_over: impl Fn() -> bool) {
        let mut context = Context::from_waker(&self.waker);
        loop {
            match set.poll_output(&mut context) {
                Poll::Ready(Some(_)) => continue,
                Poll::Ready(None) => return,
                Poll::Pending => (),
            }
            while !self.flag.raised.swap(false, Acquire) {
                match rest {
                    Rest::Sleep if is_over() => return,
                    Rest::Sleep => thread::park(),
                    Rest::Watch if !self.watch() && is_over() => return,
                    Rest::Watch => (),
                }
            }
        }
    }

    /// Spins until the flag is set, for a limited time. Returns whether it was set.
    fn watch(&self) -> bool {
        for _ in 0..10_000 {
            if self.flag.raised.load(Relaxed) {
                return true;
            }
            hint::spin_loop();
        }
        // If there is no other free core, the other thread needs this one.
        thread::yield_now();
        false
    }
}

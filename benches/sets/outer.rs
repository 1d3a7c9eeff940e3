//! The executor around the sets: the simplest that there can be, and the same for all of them.

use super::subject::Set;
use std::hint;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Polls a set on this thread, again and again.
pub(crate) struct Outer {
    flag: Arc<Flag>,
    waker: Waker,
}

/// Whether the set wants to be polled.
struct Flag {
    raised: AtomicBool,
    /// Who polls the set.
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

/// Wakes the thread besides, which sleeps until then.
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

/// What the owner does while there is nothing to be polled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Sleeps until it is woken.
    Sleep,
    /// Stays awake, and looks.
    Watch,
}

impl Outer {
    /// An executor of this thread, which rests so.
    pub(crate) fn new(rest: Rest) -> Self {
        let flag = Arc::new(Flag { raised: AtomicBool::new(false), owner: thread::current() });
        let waker = match rest {
            Rest::Sleep => Waker::from(Arc::new(Unpark(Arc::clone(&flag)))),
            Rest::Watch => Waker::from(Arc::clone(&flag)),
        };
        Self { flag, waker }
    }

    /// What wakes this one.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Whether a set has asked to be polled since it was.
    pub(crate) fn is_woken(&self) -> bool {
        self.flag.raised.load(Relaxed)
    }

    /// Polls the set until it does not ask for another poll; drops the outputs. Returns whether there are futures
    /// left.
    ///
    /// On this thread alone: a wake from another one may come too late to be seen.
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
    /// If it is not, and does not ask to be polled.
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

    /// Waits for the flag, but not for ever. Whether it was seen.
    fn watch(&self) -> bool {
        for _ in 0..10_000 {
            if self.flag.raised.load(Relaxed) {
                return true;
            }
            hint::spin_loop();
        }
        // Where there is one core only, or it is taken, the other thread needs this one.
        thread::yield_now();
        false
    }
}

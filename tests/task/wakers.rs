//! Wakers that count, and wakers that panic.

#![allow(unsafe_code, reason = "the clone of a waker made safely does not panic")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{RawWaker, RawWakerVTable, Wake, Waker},
};

/// Counts how often its wakers are called.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wakes {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Arc::clone(self).into()
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The function in which a waker panics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Panics {
    Clone,
    Wake,
    Drop,
}

impl Panics {
    pub(crate) const ALL: [Self; 3] = [Self::Clone, Self::Wake, Self::Drop];
}

/// Makes wakers that panic, and counts live wakers.
pub(crate) struct Fuse {
    panics: Panics,
    /// The number of calls before one panics.
    calls_left: AtomicUsize,
    alive: AtomicUsize,
}

impl Fuse {
    pub(crate) fn new(panics: Panics, calls_before: usize) -> Arc<Self> {
        Arc::new(Self { panics, calls_left: AtomicUsize::new(calls_before), alive: AtomicUsize::new(0) })
    }

    pub(crate) fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    pub(crate) fn has_panicked(&self) -> bool {
        self.calls_left.load(Ordering::SeqCst) > usize::MAX / 2
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        self.alive.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the functions of `VTABLE` keep to the contract, with an `Arc` as data.
        unsafe { Waker::from_raw(raw(Arc::clone(self))) }
    }

    fn call(&self, site: Panics) {
        if site == self.panics && self.calls_left.fetch_sub(1, Ordering::SeqCst) == 0 {
            panic!("a waker panics: {site:?}");
        }
    }
}

const VTABLE: RawWakerVTable = RawWakerVTable::new(
    |data| {
        let fuse = borrow(data);
        fuse.call(Panics::Clone);
        fuse.alive.fetch_add(1, Ordering::SeqCst);
        raw(Arc::clone(&fuse))
    },
    |data| {
        let fuse = own(data);
        fuse.alive.fetch_sub(1, Ordering::SeqCst);
        fuse.call(Panics::Wake);
    },
    |data| borrow(data).call(Panics::Wake),
    |data| {
        let fuse = own(data);
        fuse.alive.fetch_sub(1, Ordering::SeqCst);
        fuse.call(Panics::Drop);
    },
);

fn raw(fuse: Arc<Fuse>) -> RawWaker {
    RawWaker::new(Arc::into_raw(fuse).cast(), &VTABLE)
}

fn own(data: *const ()) -> Arc<Fuse> {
    // SAFETY: the data of these wakers comes from `Arc::into_raw`, and the caller gives it up.
    unsafe { Arc::from_raw(data.cast()) }
}

fn borrow(data: *const ()) -> std::mem::ManuallyDrop<Arc<Fuse>> {
    std::mem::ManuallyDrop::new(own(data))
}

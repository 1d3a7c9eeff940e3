//! Where a joiner leaves his waker. Who may touch it in which state: K2.

use core::{mem::MaybeUninit, task::Waker};

use crate::sync::cell::UnsafeCell;

/// The place of a joiner's waker; whether one is in it says the state.
pub(super) struct JoinWaker(UnsafeCell<MaybeUninit<Waker>>);

impl JoinWaker {
    pub(super) fn empty() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// # Safety
    ///
    /// The place is the caller's, and empty.
    pub(super) unsafe fn put(&self, waker: Waker) {
        // SAFETY: as of this function.
        self.0.with_mut(|place| unsafe { place.write(MaybeUninit::new(waker)) });
    }

    /// # Safety
    ///
    /// The place is the caller's, and not empty; afterwards it is. A handle that goes may be [copying](Self::copy).
    pub(super) unsafe fn take(&self) -> Waker {
        // Nothing is written: for whom the place is empty says the state.
        // SAFETY: as of this function.
        self.0.with(|place| unsafe { place.cast::<Waker>().read() })
    }

    /// Nobody looks at the place any more: said for `loom`, which then sees who does.
    pub(super) fn end(&self) {
        self.0.with_mut(|_| ());
    }

    /// What is in the place, bit by bit: a waker only if one is there, and only if whoever has the place forgets it.
    ///
    /// # Safety
    ///
    /// Nobody writes meanwhile.
    pub(super) unsafe fn copy(&self) -> MaybeUninit<Waker> {
        // SAFETY: as of this function.
        self.0.with(|place| unsafe { place.read() })
    }

    /// Whether the waker that is there would wake the same task.
    ///
    /// # Safety
    ///
    /// A waker is there, and nobody writes meanwhile.
    pub(super) unsafe fn will_wake(&self, other: &Waker) -> bool {
        self.0.with(|place| {
            // SAFETY: as of this function.
            let waker = unsafe { &*place.cast::<Waker>() };
            waker.will_wake(other)
        })
    }
}

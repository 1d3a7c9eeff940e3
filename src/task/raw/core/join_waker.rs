//! The place of a joiner's waker. K2 says which side may touch it in which state.

use core::{mem::MaybeUninit, task::Waker};

use crate::sync::cell::UnsafeCell;

/// The place of a joiner's waker. The state says whether one is in it.
pub(in crate::task::raw) struct JoinWaker(UnsafeCell<MaybeUninit<Waker>>);

impl JoinWaker {
    pub(in crate::task::raw) fn empty() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// # Safety
    ///
    /// The place is the caller's, and empty.
    pub(in crate::task::raw) unsafe fn put(&self, waker: Waker) {
        // SAFETY: as of this function.
        self.0.with_mut(|place| unsafe { place.write(MaybeUninit::new(waker)) });
    }

    /// # Safety
    ///
    /// The place is the caller's, and not empty; afterwards it is. A handle that is being dropped may be
    /// [copying](Self::copy).
    pub(in crate::task::raw) unsafe fn take(&self) -> Waker {
        // Nothing is written: the state says which side finds the place empty.
        // SAFETY: as of this function.
        self.0.with(|place| unsafe { place.cast::<Waker>().read() })
    }

    /// Tells `loom` that no thread looks at the place any more, so that `loom` checks it.
    pub(in crate::task::raw) fn end(&self) {
        self.0.with_mut(|_| ());
    }

    /// Returns a bitwise copy of the place. It is a waker only if one is in the place, and only if the side that has
    /// the place forgets its own.
    ///
    /// # Safety
    ///
    /// No thread writes meanwhile.
    pub(in crate::task::raw) unsafe fn copy(&self) -> MaybeUninit<Waker> {
        // SAFETY: as of this function.
        self.0.with(|place| unsafe { place.read() })
    }

    /// Returns whether the waker in place would wake the same task as `other`.
    ///
    /// # Safety
    ///
    /// A waker is in place, and no thread writes meanwhile.
    pub(in crate::task::raw) unsafe fn will_wake(&self, other: &Waker) -> bool {
        self.0.with(|place| {
            // SAFETY: as of this function.
            let waker = unsafe { &*place.cast::<Waker>() };
            waker.will_wake(other)
        })
    }
}

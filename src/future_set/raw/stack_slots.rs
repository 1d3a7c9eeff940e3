//! Slots of a set that are pinned by the user.

use core::{fmt, marker::PhantomPinned, pin::Pin, ptr::NonNull};

use super::future_slots::{FutureSlot, FutureSlots};
use crate::raw::FirstPanic;

/// Holds the futures of a set, pinned on the stack or elsewhere: see
/// [`FutureSet::in_place`](crate::FutureSet::in_place).
///
/// If the set was forgotten with futures in it, they are dropped with the slots.
pub struct StackSlots<F, const N: usize> {
    slots: [FutureSlot<F>; N],
    /// A set has the slots' addresses.
    _pinned: PhantomPinned,
}

impl<F, const N: usize> StackSlots<F, N> {
    /// Creates room for `N` futures.
    #[must_use]
    pub const fn new() -> Self {
        Self { slots: [const { FutureSlot::new(N) }; N], _pinned: PhantomPinned }
    }

    /// Returns the list of the slots. Drops futures that a forgotten set has left there.
    ///
    /// # Safety
    ///
    /// The slots are borrowed while the list is used.
    pub(super) unsafe fn list(slots: Pin<&mut Self>) -> FutureSlots<F> {
        // SAFETY: they are not moved.
        let slots = unsafe { slots.get_unchecked_mut() };
        // SAFETY: they are pinned, and borrowed as of this function.
        let mut slots = unsafe { FutureSlots::of(NonNull::from(&mut slots.slots).cast(), N) };
        let mut panic = FirstPanic::default();
        slots.clear(&mut panic);
        panic.resume_from_destructor();
        slots
    }
}

impl<F, const N: usize> Default for StackSlots<F, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F, const N: usize> Drop for StackSlots<F, N> {
    fn drop(&mut self) {
        // SAFETY: if a set used them, they were pinned, and still are.
        let slots = unsafe { Pin::new_unchecked(self) };
        // SAFETY: nothing borrows them any more.
        unsafe { Self::list(slots) };
    }
}

impl<F, const N: usize> fmt::Debug for StackSlots<F, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StackSlots").field("capacity", &N).finish_non_exhaustive()
    }
}

//! What becomes of a value when its entry ends: a slab drops it, a pool clears it and keeps it for the next entry.
//!
//! Whether a free slot keeps a value stands in its word (invariant P1), so nothing here has to agree with anything
//! elsewhere: a kept value is used or dropped by whoever finds it.

use core::mem;

use super::{panics::FirstPanic, slot::Slot};
use crate::clear::Clear;

/// A way to end values.
pub(crate) trait Ending<T> {
    /// Whether the value is still there afterwards.
    const KEEPS_VALUE: bool;

    /// What is kept of the value until its slot has been given back.
    type Rest;

    /// Ends the value. User code: it may panic, and may use the slab. After a panic no value is there.
    ///
    /// # Safety
    ///
    /// The caller owns the slot (L2), and a value is in it.
    unsafe fn end(slot: &Slot<T>) -> Self::Rest;

    /// The slot has been given back. Not called after a panic.
    #[inline(always)]
    fn given_back(_rest: Self::Rest) {}
}

/// The value is dropped.
pub(crate) enum Dropped {}

impl<T> Ending<T> for Dropped {
    const KEEPS_VALUE: bool = false;
    type Rest = ();

    #[inline(always)]
    unsafe fn end(slot: &Slot<T>) {
        // SAFETY: the caller owns the slot, and a value is in it.
        unsafe { slot.drop_value() }
    }
}

/// The value is cleared; it is dropped only if that panics, since nobody knows what it is then.
pub(crate) enum Cleared {}

impl<T: Clear> Ending<T> for Cleared {
    const KEEPS_VALUE: bool = true;
    type Rest = ();

    #[inline(always)]
    unsafe fn end(slot: &Slot<T>) {
        struct DropAfterPanic<'a, T>(&'a Slot<T>);

        impl<T> Drop for DropAfterPanic<'_, T> {
            #[cold]
            fn drop(&mut self) {
                // A panic goes on already; a second one, out of the value's destructor, must not abort.
                let mut panic = FirstPanic::default();
                // SAFETY: `end`'s caller owns the slot, and `clear` leaves a value in it, in whatever condition.
                panic.catch(|| unsafe { self.0.drop_value() });
                panic.forget();
            }
        }

        let after_panic = DropAfterPanic(slot);
        // SAFETY: the caller owns the slot, and a value is in it.
        unsafe { slot.value_mut(Clear::clear) };
        mem::forget(after_panic);
    }
}

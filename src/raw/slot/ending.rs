//! How a value is ended with its entry: a slab drops it, a pool clears it and keeps it for the next entry.
//!
//! A free slot's word says whether the slot keeps a value (invariant P1), so nothing here has to agree with code
//! elsewhere: the next owner of the slot uses or drops the kept value.

use core::mem;

use crate::{
    clear::Clear,
    raw::{panics::FirstPanic, slot::Slot},
};

/// A way to end values.
pub(crate) trait Ending<T> {
    /// Whether the slot still holds the value afterwards.
    const KEEPS_VALUE: bool;

    /// What is kept of the value until its slot is freed.
    type Rest;

    /// Ends the value. User code: it may panic, and may use the slab. After a panic the slot holds no value.
    ///
    /// # Safety
    ///
    /// The caller owns the slot (L2), and a value is in it.
    unsafe fn end(slot: &Slot<T>) -> Self::Rest;

    /// Runs after the slot is freed, but not after a panic.
    #[inline(always)]
    fn given_back(_rest: Self::Rest) {}
}

/// Drops the value.
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

/// Clears the value. Drops it only if that panics, since its state is unknown then.
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
                // A panic is unwinding already. A second one, from the value's destructor, must not abort.
                let mut panic = FirstPanic::default();
                // SAFETY: `end`'s caller owns the slot, and `clear` leaves a value in it, in an unknown but valid
                // state.
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

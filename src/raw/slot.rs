//! A slot: one lifecycle word and the memory of one value.

pub(super) mod ending;
pub(super) mod lifecycle;

use core::{mem::MaybeUninit, ptr};

use self::lifecycle::LifecycleCell;
use super::memory::Blank;
use crate::sync::cell::{Reading, UnsafeCell, Writing};

/// A slot. On 64 bits it has eight bytes beside the value.
#[repr(C)]
pub(crate) struct Slot<T> {
    pub(crate) lifecycle: LifecycleCell,
    pub(crate) value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: all zero is a free slot (`LifecycleCell`); its value is `MaybeUninit`, for which any bytes are valid.
unsafe impl<T> Blank for Slot<T> {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self { lifecycle: LifecycleCell::blank(), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }
}

impl<T> Slot<T> {
    /// Writes a value into the slot.
    ///
    /// # Safety
    ///
    /// The caller owns the slot (L2), and no value is in it.
    #[inline(always)]
    pub(crate) unsafe fn write(&self, value: T) {
        self.value.with_mut(|place| {
            // SAFETY: the caller owns the slot, so no other thread reads or writes its value.
            unsafe { ptr::write(place.cast::<T>(), value) }
        });
    }

    /// Moves the value out.
    ///
    /// # Safety
    ///
    /// The caller owns the slot (L2), and a value is in it; afterwards none is.
    #[inline(always)]
    pub(crate) unsafe fn read(&self) -> T {
        // A mutable access, for `loom`: moving a value out ends it, so no reader may be left.
        self.value.with_mut(|place| {
            // SAFETY: the caller owns the slot and says that it holds a value.
            unsafe { ptr::read(place.cast::<T>()) }
        })
    }

    /// Drops the value in place. User code: it may panic, and may use the slab.
    ///
    /// # Safety
    ///
    /// The caller owns the slot (L2), and a value is in it; afterwards none is, even after a panic.
    #[inline(always)]
    pub(crate) unsafe fn drop_value(&self) {
        self.value.with_mut(|place| {
            // SAFETY: the caller owns the slot and says that it holds a value.
            unsafe { ptr::drop_in_place(place.cast::<T>()) }
        });
    }

    /// Lets the owner change the value in place. User code: it may panic, and may use the slab.
    ///
    /// # Safety
    ///
    /// The caller owns the slot (L2), and a value is in it.
    #[inline(always)]
    pub(crate) unsafe fn value_mut<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        self.value.with_mut(|place| {
            // SAFETY: the caller owns the slot and says that it holds a value.
            change(unsafe { &mut *place.cast::<T>() })
        })
    }

    /// Returns the address of the value.
    #[inline(always)]
    pub(crate) fn value(&self) -> *mut T {
        self.value.with(|place| place.cast_mut().cast::<T>())
    }

    /// Tells `loom` that the value is being read until the token is dropped.
    #[inline(always)]
    pub(crate) fn begin_reading(&self) -> Reading<MaybeUninit<T>> {
        self.value.get()
    }

    /// Tells `loom` that the value is being written until the token is dropped.
    #[inline(always)]
    pub(crate) fn begin_writing(&self) -> Writing<MaybeUninit<T>> {
        self.value.get_mut()
    }
}

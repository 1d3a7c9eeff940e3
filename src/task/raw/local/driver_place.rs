//! The place of a root's driver among the sleepers.

use core::cell::UnsafeCell;

/// The place of a root's driver among the sleepers. It lies in the room of the root's slot.
pub(in crate::task::raw) struct DriverPlace(UnsafeCell<usize>);

impl DriverPlace {
    /// The place of a driver that does not sleep.
    const NONE: usize = usize::MAX;

    /// Returns the place of a driver that does not sleep.
    pub(in crate::task::raw) fn awake() -> Self {
        Self(UnsafeCell::new(Self::NONE))
    }

    /// # Safety
    ///
    /// The caller is the owner of the root's executor, or has locked its sleepers.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn get(&self) -> Option<usize> {
        // SAFETY: as of this function: the owner alone writes, with the sleepers locked.
        let place = unsafe { *self.0.get() };
        (place != Self::NONE).then_some(place)
    }

    /// # Safety
    ///
    /// The caller is the owner of the root's executor, and has locked its sleepers.
    pub(in crate::task::raw) unsafe fn set(&self, place: Option<usize>) {
        // SAFETY: as of this function: other threads read with the sleepers locked.
        unsafe { *self.0.get() = place.unwrap_or(Self::NONE) };
    }
}

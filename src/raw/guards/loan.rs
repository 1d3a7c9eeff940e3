//! The exclusive reference to an entry that ends with the reference.

use core::mem::ManuallyDrop;

use super::{exclusive_lease::ExclusiveLease, hold::Hold};
use crate::config::Config;

/// An exclusive reference that ends its entry when it is dropped, unless it is [kept](Self::keep).
pub(crate) struct Loan<T, C: Config, H: Hold<T, C>>(ManuallyDrop<ExclusiveLease<T, C, H>>);

impl<T, C: Config, H: Hold<T, C>> Loan<T, C, H> {
    #[inline]
    pub(crate) fn new(lease: ExclusiveLease<T, C, H>) -> Self {
        Self(ManuallyDrop::new(lease))
    }

    /// Returns the exclusive reference, with which the entry does not end.
    #[inline]
    pub(crate) fn keep(self) -> ExclusiveLease<T, C, H> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped, and not used afterwards.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }

    #[inline]
    pub(crate) fn key(&self) -> usize {
        self.0.key()
    }

    #[inline]
    pub(crate) fn hold(&self) -> &H {
        self.0.hold()
    }

    #[inline]
    pub(crate) fn value(&self) -> &T {
        self.0.value()
    }

    #[inline]
    pub(crate) fn value_mut(&mut self) -> &mut T {
        self.0.value_mut()
    }
}

impl<T, C: Config, H: Hold<T, C>> Drop for Loan<T, C, H> {
    fn drop(&mut self) {
        // The entry is removed while this reference still has it, so no other thread sees it; the end of the reference
        // then ends the value. It has been removed already if its key was removed meanwhile.
        self.0.hold().shards().remove::<H::Ending>(self.0.key());
        // SAFETY: it is dropped here only, and not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.0) };
    }
}

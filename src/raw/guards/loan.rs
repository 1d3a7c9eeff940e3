//! The exclusive reference to an entry that ends with the reference.

use core::mem::ManuallyDrop;

use super::{exclusive_lease::ExclusiveLease, hold::Hold};
use crate::config::Config;

/// An exclusive reference that ends its entry when it is dropped, unless it is [kept](Self::keep). The entry has been
/// exclusive since it was made.
pub(crate) struct Loan<T, C: Config, H: Hold<T, C>>(ManuallyDrop<ExclusiveLease<T, C, H>>);

impl<T, C: Config, H: Hold<T, C>> Loan<T, C, H> {
    /// Makes a new entry, as [`ExclusiveLease::create`] does.
    #[inline]
    #[track_caller]
    pub(crate) fn create(hold: H, make: impl FnOnce() -> T) -> Option<Self> {
        let lease = ExclusiveLease::create(hold, make)?;
        Some(Self(ManuallyDrop::new(lease)))
    }

    /// Returns the exclusive reference, with which the entry does not end.
    #[inline]
    pub(crate) fn keep(self) -> ExclusiveLease<T, C, H> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped, and not used afterwards.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }

    #[inline]
    pub(crate) fn key(&self) -> H::Key {
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
        // SAFETY: it is taken here only, since `keep` does not drop `self`, and is not used afterwards.
        let lease = unsafe { ManuallyDrop::take(&mut self.0) };
        // SAFETY: the entry has been exclusive since `create`.
        unsafe { lease.end() };
    }
}

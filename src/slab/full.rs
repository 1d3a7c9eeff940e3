//! The error that returns the value.

use core::fmt;
use std::error::Error;

/// The error of an insertion for which there was no room; it holds the value. Returned by
/// [`Slab::try_insert`](crate::Slab::try_insert).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<T> {
    value: T,
}

impl<T> Full<T> {
    pub(super) const fn new(value: T) -> Self {
        Self { value }
    }

    /// Returns the value that was not stored.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Full").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no room in the current thread's shard: all its pages are full, or memory was refused")
    }
}

impl<T> Error for Full<T> {}

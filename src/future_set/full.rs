//! The error that returns a future.

use core::{error::Error, fmt};

/// The error of an insertion into a full set; it holds the future, or the closure that would have made it. Returned by
/// [`FutureSet::try_push`](super::FutureSet::try_push).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<F> {
    future: F,
}

impl<F> Full<F> {
    pub(super) const fn new(future: F) -> Self {
        Self { future }
    }

    /// Returns what was not added: the future, or the closure that would have made it.
    #[must_use]
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F> fmt::Debug for Full<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Full").finish_non_exhaustive()
    }
}

impl<F> fmt::Display for Full<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the set has as many futures as it may: wait for a vacancy")
    }
}

impl<F> Error for Full<F> {}

//! Futures that wake themselves.

use std::pin::Pin;
use std::task::{Context, Poll};

/// Wakes itself at each poll but the last.
pub(crate) struct Yielding {
    /// How many polls are left.
    polls: u64,
}

impl Yielding {
    /// Returns a future that is ready at its poll number `polls`.
    pub(crate) fn new(polls: u64) -> Self {
        Self { polls }
    }
}

impl Future for Yielding {
    type Output = u64;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u64> {
        self.polls = self.polls.saturating_sub(1);
        if self.polls == 0 {
            return Poll::Ready(0);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

//! Futures that are always ready for more.

use std::pin::Pin;
use std::task::{Context, Poll};

/// Wakes itself at each poll but the last.
pub(crate) struct Yielding {
    /// How many polls are to come.
    polls: u64,
}

impl Yielding {
    /// A future that is polled so often.
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

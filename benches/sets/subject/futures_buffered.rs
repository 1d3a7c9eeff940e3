//! `futures-buffered`: its bounded set.

use super::{Set, Subject};
use futures_buffered::FuturesUnorderedBounded;
use futures_util::StreamExt;
use std::task::{Context, Poll};

/// The bounded set, which like flagstone's allocates when it is made.
pub(crate) struct FuturesBuffered;

impl Subject for FuturesBuffered {
    const NAME: &'static str = "futures-buffered";

    type Set<F: Future + 'static> = FuturesUnorderedBounded<F>;
}

impl<F: Future> Set<F> for FuturesUnorderedBounded<F> {
    fn with_capacity(futures: usize) -> Self {
        Self::new(futures)
    }

    #[inline]
    fn push(&mut self, future: F) {
        FuturesUnorderedBounded::push(self, future);
    }

    #[inline]
    fn poll_output(&mut self, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        self.poll_next_unpin(context)
    }
}

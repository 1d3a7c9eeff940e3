//! `futures-util`: its set of any number of futures, each in an allocation of its own.

use super::{Set, Subject};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::task::{Context, Poll};

/// Its only kind of set.
pub(crate) struct FuturesUtil;

impl Subject for FuturesUtil {
    const NAME: &'static str = "futures-util";

    type Set<F: Future + 'static> = FuturesUnordered<F>;
}

impl<F: Future> Set<F> for FuturesUnordered<F> {
    fn with_capacity(_futures: usize) -> Self {
        Self::new()
    }

    #[inline]
    fn push(&mut self, future: F) {
        FuturesUnordered::push(self, future);
    }

    #[inline]
    fn poll_output(&mut self, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        self.poll_next_unpin(context)
    }
}

//! Flagstone's set, with its slots on the heap.

use super::{Set, Subject};
use flagstone::FutureSet;
use futures_util::StreamExt;
use std::task::{Context, Poll};

/// Sets whose slots are on the heap.
pub(crate) struct Flagstone;

impl Subject for Flagstone {
    const NAME: &'static str = "flagstone";

    type Set<F: Future + 'static> = FutureSet<F>;
}

impl<F: Future> Set<F> for FutureSet<F> {
    fn with_capacity(futures: usize) -> Self {
        FutureSet::with_capacity(futures)
    }

    #[inline]
    fn push(&mut self, future: F) {
        self.try_push(future).expect("there is room");
    }

    #[inline]
    fn poll_output(&mut self, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        self.poll_next_unpin(context)
    }
}

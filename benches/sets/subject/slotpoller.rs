//! `slotpoller`: its slots on the heap.

use super::{Set, Subject};
use slotpoller::{HeapSlots, SlotPoller};
use std::num::NonZeroU16;
use std::pin::pin;
use std::task::{Context, Poll};

/// Slots on the heap, which like flagstone's are allocated when the set is made.
pub(crate) struct Slotpoller;

impl Subject for Slotpoller {
    const NAME: &'static str = "slotpoller";

    type Set<F: Future + 'static> = SlotPoller<F, HeapSlots<F>>;
}

impl<F: Future> Set<F> for SlotPoller<F, HeapSlots<F>> {
    fn with_capacity(futures: usize) -> Self {
        let futures = u16::try_from(futures).ok().and_then(NonZeroU16::new);
        Self::new(HeapSlots::with_capacity(futures.expect("some, and not too many")))
    }

    #[inline]
    fn push(&mut self, future: F) {
        self.try_push(future).expect("there is room");
    }

    #[inline]
    fn poll_output(&mut self, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        // It borrows the set and has no state, so it need not be kept from one poll to the next.
        match self.next_completion() {
            None => Poll::Ready(None),
            Some(next) => pin!(next).poll(context).map(Some),
        }
    }
}

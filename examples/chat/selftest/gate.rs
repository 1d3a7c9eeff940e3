//! A gate opens when enough have arrived.

use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

/// Counts arrivals, for tasks of one thread. Other threads may read the count.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    arrived: Arc<AtomicUsize>,
    waiting: RefCell<Vec<Waker>>,
}

impl Gate {
    pub(crate) fn arrive(&self) {
        self.arrived.fetch_add(1, Ordering::Relaxed);
        self.waiting.take().into_iter().for_each(Waker::wake);
    }

    pub(crate) fn arrived(&self) -> &Arc<AtomicUsize> {
        &self.arrived
    }

    /// Waits until `enough` have arrived.
    pub(crate) async fn wait(&self, enough: usize) {
        let poll = |context: &mut Context<'_>| {
            if self.arrived.load(Ordering::Relaxed) >= enough {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        };
        poll_fn(poll).await;
    }
}

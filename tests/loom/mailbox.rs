//! How a model hands a key to another thread, ordering nothing or all that came before.

use std::sync::Arc;

use loom::sync::atomic::{AtomicUsize, Ordering};

/// What no key is.
const EMPTY: usize = usize::MAX;

/// A key on its way.
#[derive(Clone)]
pub(crate) struct Mailbox(Arc<AtomicUsize>);

impl Mailbox {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(EMPTY)))
    }

    /// Relaxed, so that only what the slab itself orders is ordered.
    pub(crate) fn post(&self, key: usize) {
        self.0.store(key, Ordering::Relaxed);
    }

    pub(crate) fn look(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&key| key != EMPTY)
    }

    /// Posts a key so that the thread that [receives](Self::receive) it must see what this thread has done before.
    pub(crate) fn hand_over(&self, key: usize) {
        self.0.store(key, Ordering::Release);
    }

    pub(crate) fn receive(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Acquire)).filter(|&key| key != EMPTY)
    }
}

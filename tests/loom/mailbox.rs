//! How a model hands a key to another thread without ordering anything.

use std::sync::Arc;

use loom::sync::atomic::{AtomicUsize, Ordering};

/// What no key is.
const EMPTY: usize = usize::MAX;

/// A key on its way. Relaxed, so that only what the slab itself orders is ordered.
#[derive(Clone)]
pub(crate) struct Mailbox(Arc<AtomicUsize>);

impl Mailbox {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(EMPTY)))
    }

    pub(crate) fn post(&self, key: usize) {
        self.0.store(key, Ordering::Relaxed);
    }

    pub(crate) fn look(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&key| key != EMPTY)
    }
}

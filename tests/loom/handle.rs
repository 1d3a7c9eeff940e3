//! How a model drops an `Arc`, whose orderings are the standard library's and unknown to `loom`.

use std::sync::Arc;

use loom::sync::atomic::{AtomicUsize, Ordering};

use crate::{check::Store, value::Tally};

/// What dropping an `Arc` orders: all that the threads did that dropped theirs before. No other thread runs between the
/// RMW and the drop, since `loom` switches only at its own operations.
#[derive(Clone)]
pub(crate) struct Token(Arc<AtomicUsize>);

impl Token {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(0)))
    }

    /// Drops the handle, and returns whether it was the last: then the slab or pool is dropped.
    pub(crate) fn let_go(&self, handle: Arc<impl Store>, tally: &Tally) -> bool {
        self.0.fetch_add(1, Ordering::AcqRel);
        let Some(store) = Arc::into_inner(handle) else { return false };
        tally.end();
        drop(store);
        true
    }

    /// How many threads have dropped their handle. All that these did is seen.
    pub(crate) fn gone(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

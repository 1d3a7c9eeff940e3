//! How a model lets go of an `Arc`, whose orderings are the standard library's and unknown to `loom`.

use std::sync::Arc;

use loom::sync::atomic::{AtomicUsize, Ordering};

use crate::{check::Store, value::Tally};

/// What letting go of an `Arc` orders: all that those did who let go before. No other thread runs between the exchange
/// and the drop, since `loom` switches at its own operations only.
#[derive(Clone)]
pub(crate) struct Token(Arc<AtomicUsize>);

impl Token {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(0)))
    }

    /// Lets go, and says whether it was the last handle: then the slab or pool is gone.
    pub(crate) fn let_go(&self, handle: Arc<impl Store>, tally: &Tally) -> bool {
        self.0.fetch_add(1, Ordering::AcqRel);
        let Some(store) = Arc::into_inner(handle) else { return false };
        tally.end();
        drop(store);
        true
    }

    /// How many have let go, of which whatever they did is seen.
    pub(crate) fn gone(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

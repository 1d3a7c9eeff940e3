//! How often something was done.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How often something was done; orders nothing, and `loom` does not know of it.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

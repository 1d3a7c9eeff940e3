//! A waker that counts how often it was rung.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
};

/// A waker that counts. It orders nothing, and `loom` does not know of it.
#[derive(Default)]
pub(crate) struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    pub(crate) fn rung(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Every waker that was made of it has been dropped, once.
    #[track_caller]
    pub(crate) fn is_let_go(self: &Arc<Self>) {
        assert_eq!(Arc::strong_count(self), 1, "a waker was forgotten, or dropped twice");
    }
}

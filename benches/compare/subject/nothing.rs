//! A store that stores nothing: the cost of a workload by itself.

use super::{Handle, Shared, Subject};

/// Returns every value as its key, and forgets it.
pub(crate) struct Nothing;

impl Subject for Nothing {
    const NAME: &'static str = "the ring alone";

    type Key = usize;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for Nothing {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl Handle for &Nothing {
    type Key = usize;

    #[inline]
    fn insert(&mut self, value: u64) -> usize {
        value as usize
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        Some(key as u64)
    }

    #[inline]
    fn remove(&mut self, _key: usize) -> bool {
        true
    }
}

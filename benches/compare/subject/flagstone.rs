//! This crate's slab, read through guards.

use super::{Exclusive, GuardedRemoval, Handle, Shared, Subject, Take};

/// `flagstone::Slab` with the default configuration.
pub(crate) struct Flagstone(::flagstone::Slab<u64>);

impl Subject for Flagstone {
    const NAME: &'static str = "flagstone";

    type Key = usize;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(::flagstone::Slab::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for Flagstone {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl GuardedRemoval for Flagstone {
    #[inline]
    fn remove_guarded(&self, key: usize) -> bool {
        let guard = self.0.get(key);
        let removed = self.0.remove(key);
        drop(guard);
        removed
    }
}

impl Take for Flagstone {
    #[inline]
    fn take(&mut self, key: usize) -> Option<u64> {
        self.0.take(key)
    }
}

impl Exclusive for Flagstone {
    #[inline]
    fn increment(&mut self, key: usize) {
        *self.0.get_exclusive(key).expect("no other thread uses the entry") += 1;
    }
}

impl Handle for &Flagstone {
    type Key = usize;

    #[inline]
    fn insert(&mut self, value: u64) -> usize {
        self.0.insert(value).expect("there is room")
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        self.0.get(key).map(|entry| *entry)
    }

    #[inline]
    fn remove(&mut self, key: usize) -> bool {
        self.0.remove(key)
    }
}

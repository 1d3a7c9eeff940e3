//! This crate's slab, read through guards.

use super::{Handle, Shared, Subject};

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

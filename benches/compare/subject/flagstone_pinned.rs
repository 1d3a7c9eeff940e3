//! This crate's slab, read under pins.

use super::{Handle, Shared, Subject, Walk};
use ::flagstone::{Pinned, Slab};

/// `flagstone::Slab`, with a pin taken for every read and every walk.
pub(crate) struct FlagstonePinning(Slab<u64>);

impl Subject for FlagstonePinning {
    const NAME: &'static str = "flagstone, a pin for each";

    type Key = usize;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(Slab::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for FlagstonePinning {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl Walk for FlagstonePinning {
    #[inline]
    fn sum(&mut self) -> u64 {
        self.0.pin().iter().map(|(_key, value)| value).sum()
    }
}

impl Handle for &FlagstonePinning {
    type Key = usize;

    #[inline]
    fn insert(&mut self, value: u64) -> usize {
        self.0.insert(value).expect("there is room")
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        self.0.pin().get(key).copied()
    }

    #[inline]
    fn remove(&mut self, key: usize) -> bool {
        self.0.remove(key)
    }
}

/// `flagstone::Slab`, with one pin held over all reads. Nothing that is removed meanwhile is dropped, so only read
/// workloads use it.
pub(crate) struct FlagstonePinned(FlagstonePinning);

/// The store and the pin that a reading thread holds.
pub(crate) struct Held<'a> {
    store: &'a FlagstonePinning,
    pinned: Pinned<'a, u64>,
}

impl Subject for FlagstonePinned {
    const NAME: &'static str = "flagstone, one pin held";

    type Key = usize;
    type Handle<'a> = Held<'a>;

    fn new() -> Self {
        Self(FlagstonePinning::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self.share()
    }
}

impl Shared for FlagstonePinned {
    fn share(&self) -> Self::Handle<'_> {
        Held { store: &self.0, pinned: self.0.0.pin() }
    }
}

impl Handle for Held<'_> {
    type Key = usize;

    fn insert(&mut self, value: u64) -> usize {
        let mut store = self.store;
        store.insert(value)
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        self.pinned.get(key).copied()
    }

    fn remove(&mut self, key: usize) -> bool {
        self.store.0.remove(key)
    }
}

//! `idr-ebr`: a table of pointers to values that epochs reclaim.

use super::{GuardedRemoval, Handle, Shared, Subject, Walk};
use ::idr_ebr::{EbrGuard, Idr, Key};

/// `idr_ebr::Idr`, with an epoch guard taken for every read.
pub(crate) struct IdrEbr(Idr<u64>);

impl Subject for IdrEbr {
    const NAME: &'static str = "idr-ebr";

    type Key = Key;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(Idr::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for IdrEbr {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl Walk for IdrEbr {
    #[inline]
    fn sum(&mut self) -> u64 {
        self.0.iter(&EbrGuard::new()).map(|(_key, entry)| *entry).sum()
    }
}

impl GuardedRemoval for IdrEbr {
    #[inline]
    fn remove_guarded(&self, key: Key) -> bool {
        let guard = self.0.get_owned(key);
        let removed = self.0.remove(key);
        drop(guard);
        removed
    }
}

impl Handle for &IdrEbr {
    type Key = Key;

    #[inline]
    fn insert(&mut self, value: u64) -> Key {
        self.0.insert(value).expect("there is room")
    }

    #[inline]
    fn get(&mut self, key: Key) -> Option<u64> {
        self.0.get(key, &EbrGuard::new()).map(|entry| *entry)
    }

    #[inline]
    fn remove(&mut self, key: Key) -> bool {
        self.0.remove(key)
    }
}

/// `idr_ebr::Idr`, with one epoch guard held over all reads. Nothing that is removed meanwhile is reclaimed, so only
/// read workloads use it.
pub(crate) struct IdrEbrHeld(IdrEbr);

/// The store and the epoch guard that a reading thread holds.
pub(crate) struct Held<'a> {
    store: &'a IdrEbr,
    guard: EbrGuard,
}

impl Subject for IdrEbrHeld {
    const NAME: &'static str = "idr-ebr, one guard held";

    type Key = Key;
    type Handle<'a> = Held<'a>;

    fn new() -> Self {
        Self(IdrEbr::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self.share()
    }
}

impl Shared for IdrEbrHeld {
    fn share(&self) -> Self::Handle<'_> {
        Held { store: &self.0, guard: EbrGuard::new() }
    }
}

impl Handle for Held<'_> {
    type Key = Key;

    fn insert(&mut self, value: u64) -> Key {
        self.store.insert(value)
    }

    #[inline]
    fn get(&mut self, key: Key) -> Option<u64> {
        self.store.0.get(key, &self.guard).map(|entry| *entry)
    }

    fn remove(&mut self, key: Key) -> bool {
        self.store.remove(key)
    }
}

//! `atomic_slotmap`: the slots of `slotmap` in chunks that are never freed, with one free list for all threads.
//!
//! It has no exclusive access and no `take`, so it is not in those rows. Its iterator takes a guard of each entry.

use super::{GuardedRemoval, Handle, Shared, Subject, Walk};
use ::atomic_slotmap::AtomicSlotMap;
use ::slotmap::DefaultKey;

/// `atomic_slotmap::AtomicSlotMap`.
pub(crate) struct AtomicSlotmap(AtomicSlotMap<DefaultKey, u64>);

impl Subject for AtomicSlotmap {
    const NAME: &'static str = "atomic_slotmap";

    type Key = DefaultKey;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(AtomicSlotMap::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for AtomicSlotmap {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl Walk for AtomicSlotmap {
    #[inline]
    fn sum(&mut self) -> u64 {
        self.0.lossy_iter().map(|(_key, value)| *value).sum()
    }
}

impl GuardedRemoval for AtomicSlotmap {
    #[inline]
    fn remove_guarded(&self, key: DefaultKey) -> bool {
        let guard = self.0.get(key);
        let removed = self.0.remove(key);
        drop(guard);
        removed
    }
}

impl Handle for &AtomicSlotmap {
    type Key = DefaultKey;

    #[inline]
    fn insert(&mut self, value: u64) -> DefaultKey {
        self.0.insert(value)
    }

    #[inline]
    fn get(&mut self, key: DefaultKey) -> Option<u64> {
        self.0.get(key).map(|value| *value)
    }

    #[inline]
    fn remove(&mut self, key: DefaultKey) -> bool {
        self.0.remove(key)
    }
}

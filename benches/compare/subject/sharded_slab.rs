//! The published crate that this one replaces.

use super::{GuardedRemoval, Handle, Shared, Subject, Take, Walk};

/// `sharded_slab::Slab` with the default configuration.
pub(crate) struct ShardedSlab(::sharded_slab::Slab<u64>);

impl Subject for ShardedSlab {
    const NAME: &'static str = "sharded-slab";

    type Key = usize;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(::sharded_slab::Slab::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for ShardedSlab {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl Walk for ShardedSlab {
    #[inline]
    fn sum(&mut self) -> u64 {
        self.0.unique_iter().sum()
    }
}

impl GuardedRemoval for ShardedSlab {
    #[inline]
    fn remove_guarded(&self, key: usize) -> bool {
        let guard = self.0.get(key);
        let removed = self.0.remove(key);
        drop(guard);
        removed
    }
}

impl Take for ShardedSlab {
    #[inline]
    fn take(&mut self, key: usize) -> Option<u64> {
        self.0.take(key)
    }
}

impl Handle for &ShardedSlab {
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

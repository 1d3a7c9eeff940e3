//! The published crate's pool.

use super::super::{Handle, Shared, Subject};
use super::{fill, look};
use ::sharded_slab::Pool;

/// `sharded_slab::Pool` with the default configuration, filled in `create_with`.
pub(crate) struct ShardedSlabPool(Pool<String>);

impl Subject for ShardedSlabPool {
    const NAME: &'static str = "sharded-slab";

    type Key = usize;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(Pool::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for ShardedSlabPool {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl Handle for &ShardedSlabPool {
    type Key = usize;

    #[inline]
    fn insert(&mut self, _value: u64) -> usize {
        self.0.create_with(fill).expect("there is room")
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        self.0.get(key).map(|string| look(&string))
    }

    #[inline]
    fn remove(&mut self, key: usize) -> bool {
        self.0.clear(key)
    }
}

/// The same, filled through the guard of `create`, which is then dropped.
pub(crate) struct ShardedSlabPoolGuarded(ShardedSlabPool);

/// The pool of a thread that fills entries through guards.
pub(crate) struct ThroughGuards<'a>(&'a ShardedSlabPool);

impl Subject for ShardedSlabPoolGuarded {
    const NAME: &'static str = ShardedSlabPool::NAME;

    type Key = usize;
    type Handle<'a> = ThroughGuards<'a>;

    fn new() -> Self {
        Self(ShardedSlabPool::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        ThroughGuards(&self.0)
    }
}

impl Handle for ThroughGuards<'_> {
    type Key = usize;

    #[inline]
    fn insert(&mut self, _value: u64) -> usize {
        let mut string = self.0.0.create().expect("there is room");
        fill(&mut string);
        string.key()
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        self.0.get(key)
    }

    #[inline]
    fn remove(&mut self, key: usize) -> bool {
        self.0.remove(key)
    }
}

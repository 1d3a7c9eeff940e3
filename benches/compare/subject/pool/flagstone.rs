//! This crate's pool.

use super::super::{Handle, Shared, Subject};
use super::{fill, look};
use ::flagstone::Pool;

/// `flagstone::Pool` with the default configuration, filled in `create_with`.
pub(crate) struct FlagstonePool(Pool<String>);

impl Subject for FlagstonePool {
    const NAME: &'static str = "flagstone";

    type Key = usize;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(Pool::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for FlagstonePool {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl Handle for &FlagstonePool {
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
pub(crate) struct FlagstonePoolGuarded(FlagstonePool);

/// The pool of a thread that fills entries through guards.
pub(crate) struct ThroughGuards<'a>(&'a FlagstonePool);

impl Subject for FlagstonePoolGuarded {
    const NAME: &'static str = FlagstonePool::NAME;

    type Key = usize;
    type Handle<'a> = ThroughGuards<'a>;

    fn new() -> Self {
        Self(FlagstonePool::new())
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

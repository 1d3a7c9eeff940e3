//! `slab` without any lock: the floor, for one thread only.

use super::{Exclusive, Handle, Subject, Take, Walk};
use ::slab::Slab;

/// `slab::Slab`.
pub(crate) struct Unlocked(Slab<u64>);

impl Subject for Unlocked {
    const NAME: &'static str = "slab, unlocked";

    type Key = usize;
    type Handle<'a> = &'a mut Slab<u64>;

    fn new() -> Self {
        Self(Slab::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        &mut self.0
    }
}

impl Walk for Unlocked {
    #[inline]
    fn sum(&mut self) -> u64 {
        self.0.iter().map(|(_key, value)| value).sum()
    }
}

impl Take for Unlocked {
    #[inline]
    fn take(&mut self, key: usize) -> Option<u64> {
        self.0.try_remove(key)
    }
}

impl Exclusive for Unlocked {
    #[inline]
    fn increment(&mut self, key: usize) {
        *self.0.get_mut(key).expect("a live key") += 1;
    }
}

impl Handle for &mut Slab<u64> {
    type Key = usize;

    #[inline]
    fn insert(&mut self, value: u64) -> usize {
        Slab::insert(self, value)
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        Slab::get(self, key).copied()
    }

    #[inline]
    fn remove(&mut self, key: usize) -> bool {
        self.try_remove(key).is_some()
    }
}

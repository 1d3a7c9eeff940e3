//! This crate's slab, read through guards.

use ::flagstone::keyed::{self, Key};
use ::flagstone::new_key_type;

use super::{Exclusive, GuardedRemoval, Handle, Shared, Subject, Take};

new_key_type! {
    /// The keys of the slab with typed keys.
    pub(crate) struct NumberKey;
}

/// A type of keys with which the slab is a subject.
pub(crate) trait Keys: Key + Send + Sync + 'static {
    /// The name of the subject.
    const NAME: &'static str;
}

impl Keys for usize {
    const NAME: &'static str = "flagstone";
}

impl Keys for NumberKey {
    const NAME: &'static str = "flagstone, typed keys";
}

/// `flagstone::Slab` with the default configuration.
pub(crate) struct Flagstone<K: Keys = usize>(keyed::Slab<K, u64>);

impl<K: Keys> Subject for Flagstone<K> {
    const NAME: &'static str = K::NAME;

    type Key = K;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(keyed::Slab::with_key())
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

impl<K: Keys> Handle for &Flagstone<K> {
    type Key = K;

    #[inline]
    fn insert(&mut self, value: u64) -> K {
        self.0.insert(value).expect("there is room")
    }

    #[inline]
    fn get(&mut self, key: K) -> Option<u64> {
        self.0.get(key).map(|entry| *entry)
    }

    #[inline]
    fn remove(&mut self, key: K) -> bool {
        self.0.remove(key)
    }
}

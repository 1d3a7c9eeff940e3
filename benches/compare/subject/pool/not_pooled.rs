//! Strings that are made and dropped, to show what pooling saves.

use super::super::{Handle, Shared, Subject};
use super::{fill, look};
use ::flagstone::Slab;

/// `flagstone::Slab` with the default configuration: each entry is a new string, and allocates.
pub(crate) struct NotPooled(Slab<String>);

impl Subject for NotPooled {
    const NAME: &'static str = "flagstone, not pooled";

    type Key = usize;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(Slab::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for NotPooled {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl Handle for &NotPooled {
    type Key = usize;

    #[inline]
    fn insert(&mut self, _value: u64) -> usize {
        let mut string = String::new();
        fill(&mut string);
        self.0.insert(string).expect("there is room")
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        self.0.get(key).map(|string| look(&string))
    }

    #[inline]
    fn remove(&mut self, key: usize) -> bool {
        self.0.remove(key)
    }
}

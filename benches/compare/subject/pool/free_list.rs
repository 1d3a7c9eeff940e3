//! Strings in a vector, and a list of the free ones: the floor, for one thread only.

use super::super::{Handle, Subject};
use super::{fill, look};

/// What a single-threaded program would write: no lock, no guards, and keys that are indices and are reused at once.
///
/// `slab::Slab<String>`, the floor of the stores, would cost more: a removed string leaves the slab, so it would have
/// to be moved to a list and back.
pub(crate) struct FreeList {
    /// All strings. The free ones are empty.
    strings: Vec<String>,
    /// The indices of the free strings.
    free: Vec<usize>,
}

impl Subject for FreeList {
    const NAME: &'static str = "Vec<String>, no lock";

    type Key = usize;
    type Handle<'a> = &'a mut Self;

    fn new() -> Self {
        Self { strings: Vec::new(), free: Vec::new() }
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Handle for &mut FreeList {
    type Key = usize;

    #[inline]
    fn insert(&mut self, _value: u64) -> usize {
        let key = self.free.pop().unwrap_or_else(|| {
            self.strings.push(String::new());
            self.strings.len() - 1
        });
        fill(&mut self.strings[key]);
        key
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        self.strings.get(key).map(|string| look(string))
    }

    #[inline]
    fn remove(&mut self, key: usize) -> bool {
        let Some(string) = self.strings.get_mut(key) else { return false };
        string.clear();
        self.free.push(key);
        true
    }
}

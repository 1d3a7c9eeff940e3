//! A `Vec` of slots without any lock: the floor of a walk.

use super::{Handle, Subject, Walk};

/// `Vec<Option<u64>>`. Its slots are as large as flagstone's, and a separate word says whether a slot is in use.
pub(crate) struct Slots(Vec<Option<u64>>);

impl Subject for Slots {
    const NAME: &'static str = "Vec<Option<u64>>, no lock";

    type Key = usize;
    type Handle<'a> = &'a mut Self;

    fn new() -> Self {
        Self(Vec::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Walk for Slots {
    #[inline]
    fn sum(&mut self) -> u64 {
        self.0.iter().flatten().sum()
    }
}

impl Handle for &mut Slots {
    type Key = usize;

    fn insert(&mut self, value: u64) -> usize {
        self.0.push(Some(value));
        self.0.len() - 1
    }

    fn get(&mut self, key: usize) -> Option<u64> {
        self.0.get(key).copied().flatten()
    }

    fn remove(&mut self, key: usize) -> bool {
        self.0.get_mut(key).and_then(Option::take).is_some()
    }
}

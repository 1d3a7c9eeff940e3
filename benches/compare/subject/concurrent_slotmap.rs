//! `concurrent-slotmap`: slots in one reserved range of addresses, reclaimed by Hyaline.
//!
//! A map is made for a maximal number of entries, and reserves addresses for all of them with a system call. It is
//! therefore not in the rows of 100,000 and more slabs: Linux allows a process 65,530 ranges. It has no guard of one
//! entry, no exclusive access, and `remove` returns a reference under the pin, not the value: it is not in those rows.

use super::{Handle, Shared, Subject, Walk};
use ::concurrent_slotmap::{SlotId, SlotMap};

/// `concurrent_slotmap::SlotMap`, with a pin for every operation.
pub(crate) struct ConcurrentSlotmap(SlotMap<SlotId, u64>);

impl ConcurrentSlotmap {
    /// More than any workload inserts.
    const MAX_CAPACITY: u32 = 1 << 24;
}

impl Subject for ConcurrentSlotmap {
    const NAME: &'static str = "concurrent-slotmap";

    type Key = SlotId;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(SlotMap::new(Self::MAX_CAPACITY))
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl Shared for ConcurrentSlotmap {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl Walk for ConcurrentSlotmap {
    #[inline]
    fn sum(&mut self) -> u64 {
        self.0.iter(&self.0.pin()).map(|(_key, value)| value).sum()
    }
}

impl Handle for &ConcurrentSlotmap {
    type Key = SlotId;

    #[inline]
    fn insert(&mut self, value: u64) -> SlotId {
        self.0.insert(value, &self.0.pin())
    }

    #[inline]
    fn get(&mut self, key: SlotId) -> Option<u64> {
        self.0.get(key, &self.0.pin()).copied()
    }

    #[inline]
    fn remove(&mut self, key: SlotId) -> bool {
        self.0.remove(key, &self.0.pin()).is_some()
    }
}

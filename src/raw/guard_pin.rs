//! The pin of a thread that has no shard to pin: guards of all that it looks up.

use core::{cell::RefCell, mem::ManuallyDrop};
use std::collections::{BTreeMap, BTreeSet};

use super::shard_table::ShardTable;
use crate::{config::Config, sync};

sync::thread_local_const! {
    /// How many such pins the current thread has on each slab, by the slab's address. Never dropped, so that it is there
    /// as long as the thread is; without pins it has no memory.
    static PINS: RefCell<ManuallyDrop<BTreeMap<usize, usize>>> = RefCell::new(ManuallyDrop::new(BTreeMap::new()));
}

/// Such a pin.
pub(super) struct GuardPin {
    slab: usize,
    /// The keys of the entries of which it has guards.
    pub(super) keys: RefCell<BTreeSet<usize>>,
}

impl GuardPin {
    #[cold]
    #[inline(never)]
    pub(super) fn new<T, C: Config>(shards: &ShardTable<T, C>) -> Box<Self> {
        let slab = address(shards);
        let _ = PINS.try_with(|pins| *pins.borrow_mut().entry(slab).or_insert(0) += 1);
        Box::new(Self { slab, keys: RefCell::default() })
    }

    /// Whether the current thread has pinned that slab so.
    pub(super) fn is_out<T, C: Config>(shards: &ShardTable<T, C>) -> bool {
        PINS.try_with(|pins| pins.borrow().contains_key(&address(shards))).unwrap_or(false)
    }
}

impl Drop for GuardPin {
    fn drop(&mut self) {
        let _ = PINS.try_with(|pins| {
            let mut pins = pins.borrow_mut();
            if let Some(count) = pins.get_mut(&self.slab) {
                *count -= 1;
                if *count == 0 {
                    pins.remove(&self.slab);
                }
            }
        });
    }
}

/// Stays the same as long as a pin borrows the slab, or an `Arc` holds it.
fn address<T, C: Config>(shards: &ShardTable<T, C>) -> usize {
    core::ptr::from_ref(shards).addr()
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

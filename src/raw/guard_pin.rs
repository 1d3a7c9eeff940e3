//! The pin of a thread that has no shard to pin: guards of all that it looks up.

use core::{
    cell::RefCell,
    mem::{self, ManuallyDrop},
    ptr,
};
use std::collections::{BTreeMap, BTreeSet};

use super::shard_table::ShardTable;
use crate::{config::Config, sync};

sync::thread_local_const! {
    /// How many such pins the current thread has on each slab. Never dropped, so that it is there as long as the thread is;
    /// without pins it has no memory.
    static PINS: RefCell<ManuallyDrop<BTreeMap<Identity, usize>>> = RefCell::new(ManuallyDrop::new(BTreeMap::new()));
}

/// Such a pin.
pub(super) struct GuardPin {
    slab: Identity,
    /// The keys of the entries of which it has guards.
    pub(super) keys: RefCell<BTreeSet<usize>>,
}

impl GuardPin {
    #[cold]
    #[inline(never)]
    pub(super) fn new<T, C: Config>(shards: &ShardTable<T, C>) -> Box<Self> {
        let slab = Identity::of_table(shards).unwrap_or(Identity::of_place(shards));
        let _ = PINS.try_with(|pins| *pins.borrow_mut().entry(slab).or_insert(0) += 1);
        Box::new(Self { slab, keys: RefCell::default() })
    }

    /// Whether the current thread has pinned that slab so.
    pub(super) fn is_out<T, C: Config>(shards: &ShardTable<T, C>) -> bool {
        let is_out = |pins: &BTreeMap<_, _>| {
            Identity::of_table(shards).is_some_and(|slab| pins.contains_key(&slab))
                || pins.contains_key(&Identity::of_place(shards))
        };
        PINS.try_with(|pins| is_out(&pins.borrow())).unwrap_or(false)
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
                if pins.is_empty() {
                    // An empty map may still have memory.
                    drop(mem::take(&mut **pins));
                }
            }
        });
    }
}

/// Which slab it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    /// By its table: of no other slab that there is or was, so that a forgotten pin says nothing of later ones.
    Table(usize),
    /// By its address, which stays the same while it is pinned: where there was no memory for a table yet.
    Place(usize),
}

impl Identity {
    fn of_table<T, C: Config>(shards: &ShardTable<T, C>) -> Option<Self> {
        shards.table().map(|table| Self::Table(table.identity()))
    }

    fn of_place<T, C: Config>(shards: &ShardTable<T, C>) -> Self {
        Self::Place(ptr::from_ref(shards).addr())
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

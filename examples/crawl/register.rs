//! The slab of the crawl, with counts of insertions and removals.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use flagstone::Slab;

use crate::item::Item;

/// Every directory that waits or is being read, and every file that waits.
///
/// `Slab::new` is a `const fn`, so the slab could also be a `static`. It is not, because scoped
/// threads can borrow it, and `--verify` may need a second one.
#[derive(Debug)]
pub(crate) struct Register {
    entries: Slab<Item>,
    inserted: AtomicU64, // both counts are only displayed: they publish nothing, so Relaxed is enough
    removed: AtomicU64,
}

/// How many entries were inserted, removed and left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turnover {
    pub(crate) inserted: u64,
    pub(crate) removed: u64,
    pub(crate) left: usize,
}

impl Register {
    pub(crate) fn new() -> Self {
        Self { entries: Slab::new(), inserted: AtomicU64::new(0), removed: AtomicU64::new(0) }
    }

    /// Stores an item, or returns it if the slab is full.
    pub(crate) fn insert(&self, item: Item) -> Result<usize, Item> {
        let key = self.entries.try_insert(item).map_err(|full| full.into_inner())?;
        self.inserted.fetch_add(1, Relaxed);
        Ok(key)
    }

    /// Returns a guard of an item, which lives at least as long as the guard. Returns `None` if the
    /// item was removed, no matter how long ago or how often its slot was reused.
    pub(crate) fn get(&self, key: usize) -> Option<impl Deref<Target = Item>> {
        self.entries.get(key)
    }

    /// Moves an item out. Only the thread that received the key calls this.
    pub(crate) fn take(&self, key: usize) -> Option<Item> {
        let item = self.entries.take(key)?;
        self.removed.fetch_add(1, Relaxed);
        Some(item)
    }

    /// Removes an item of which other threads may hold guards: the thread that drops the last guard
    /// drops the item.
    pub(crate) fn remove(&self, key: usize) -> bool {
        let removed = self.entries.remove(key);
        if removed {
            self.removed.fetch_add(1, Relaxed);
        }
        removed
    }

    /// Returns the counts so far, which are exact only when no other thread is at work.
    pub(crate) fn turnover(&self) -> Turnover {
        Turnover {
            inserted: self.inserted.load(Relaxed),
            removed: self.removed.load(Relaxed),
            left: self.entries.len(),
        }
    }
}

impl Turnover {
    /// Whether everything that was inserted was removed, and the slab is empty.
    pub(crate) fn is_balanced(&self) -> bool {
        self.left == 0 && self.inserted == self.removed
    }
}

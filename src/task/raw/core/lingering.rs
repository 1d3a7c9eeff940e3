//! Slots of removed tasks that references keep: how many there are, and when the core may be released.

use crate::sync::{Ordering, met::AtomicUsize};

/// The weight of all live tasks together: more than the number of slots can be.
const LIVE: usize = 1 << (usize::BITS - 2);

/// The number of slots that *linger*: the task's entry was removed, and references to it still exist.
///
/// The thread that has removed an entry counts its slot, after the removal. Before that, another thread may release the
/// last reference, and subtract the slot. While tasks live, or can be spawned, the number therefore goes below `LIVE`,
/// and not to zero (K6).
pub(in crate::task::raw) struct Lingering(AtomicUsize);

impl Lingering {
    pub(in crate::task::raw) fn new() -> Self {
        Self(AtomicUsize::new(LIVE))
    }

    /// Adds one slot. Called by the thread that has removed its entry, before the population subtracts the task.
    #[cold]
    pub(in crate::task::raw) fn one_more(&self) {
        // Ordering: Relaxed - ordered before `none_lives` by the population's count.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Subtracts one slot, which has been freed. Returns whether it was the last and no task lives: then the caller
    /// must release the core's count of its own `Arc`.
    #[cold]
    #[must_use]
    pub(in crate::task::raw) fn one_less(&self) -> bool {
        // Ordering: Release - pairs with the Acquire here, and in `none_lives`, of the thread that releases the core's
        // count: what was done with the slot comes before.
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Records that no task lives, and none will. Called once. Returns whether no slot lingers: then the caller must
    /// release the core's count of its own `Arc`.
    #[must_use]
    pub(in crate::task::raw) fn none_lives(&self) -> bool {
        // Ordering: as in `one_less`.
        self.0.fetch_sub(LIVE, Ordering::AcqRel) == LIVE
    }

    /// Returns whether a slot may linger. The result decides only whether returning memory is worthwhile.
    pub(in crate::task::raw) fn is_any(&self) -> bool {
        // Ordering: Relaxed - a hint.
        !matches!(self.0.load(Ordering::Relaxed), 0 | LIVE)
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

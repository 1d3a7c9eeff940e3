//! Slots of removed tasks that references keep: how many there are, and when the core may be released.

use crate::sync::{Ordering, met::AtomicUsize};

/// The weight of all live tasks together: more than the number of slots can be.
const LIVE: usize = 1 << (usize::BITS - 2);

/// How many slots *linger*: the task's entry was removed, and references to it are still there.
///
/// The thread that has removed an entry counts its slot, after the removal. Before that, another thread may release the
/// last reference, and subtract the slot. While tasks live, or can be spawned, the number therefore goes below `LIVE`,
/// and not to zero (K6).
pub(super) struct Lingering(AtomicUsize);

impl Lingering {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(LIVE))
    }

    /// Adds one slot, by the thread that has removed its entry, before the population subtracts the task.
    #[cold]
    pub(super) fn one_more(&self) {
        // Ordering: Relaxed - ordered before `none_lives` by the population's count.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Subtracts one slot, which has been given back. Returns whether it was the last and no task lives: then the
    /// caller must release the core's count of its own `Arc`.
    #[cold]
    #[must_use]
    pub(super) fn one_less(&self) -> bool {
        // Ordering: Release - pairs with the Acquire here, and in `none_lives`, of the thread that releases the core's
        // count: what was done with the slot comes before.
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// No task lives, and none will. Called once. Returns whether no slot lingers: then the caller must release the
    /// core's count of its own `Arc`.
    #[must_use]
    pub(super) fn none_lives(&self) -> bool {
        // Ordering: as in `one_less`.
        self.0.fetch_sub(LIVE, Ordering::AcqRel) == LIVE
    }

    /// Whether a slot lingers, perhaps. It decides only whether giving memory back is worthwhile.
    pub(super) fn is_any(&self) -> bool {
        // Ordering: Relaxed - a hint.
        !matches!(self.0.load(Ordering::Relaxed), 0 | LIVE)
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

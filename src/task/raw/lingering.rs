//! Slots of tasks that have gone, which references keep: how many there are, and when the core may go.

use crate::sync::{Ordering, met::AtomicUsize};

/// What the live tasks count for, all together: more than there can be slots.
const LIVE: usize = 1 << (usize::BITS - 2);

/// How many slots *linger*: the task's entry was removed, and references to it are still there.
///
/// A slot is counted by the thread that has removed the entry, after that; another thread may release the last reference, and
/// count it less, before. While tasks live, or can be spawned, the number therefore goes below `LIVE`, and not to zero (K6).
pub(super) struct Lingering(AtomicUsize);

impl Lingering {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(LIVE))
    }

    /// One more, by the thread that has removed its entry, before the population counts the task less.
    #[cold]
    pub(super) fn one_more(&self) {
        // Ordering: Relaxed - ordered before `none_lives` by the population's count.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less: its slot has been given back. Returns whether it was the last, and no task lives: then the core's count of its
    /// own `Arc` is the caller's to release.
    #[cold]
    #[must_use]
    pub(super) fn one_less(&self) -> bool {
        // Ordering: Release - pairs with the Acquire here, and in `none_lives`, of who releases the core's count: what was done
        // with the slot comes before.
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// No task lives, and none will. Called once. Returns whether no slot lingers: then the core's count of its own `Arc` is the
    /// caller's to release.
    #[must_use]
    pub(super) fn none_lives(&self) -> bool {
        // Ordering: as in `one_less`.
        self.0.fetch_sub(LIVE, Ordering::AcqRel) == LIVE
    }

    /// Whether some slot lingers, perhaps. For who decides whether it is worthwhile to give memory back.
    pub(super) fn is_any(&self) -> bool {
        // Ordering: Relaxed - a hint.
        !matches!(self.0.load(Ordering::Relaxed), 0 | LIVE)
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

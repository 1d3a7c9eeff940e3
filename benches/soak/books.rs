//! Counts of values. Each thread counts on its own cache line.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::history::{TRACKS, worker};

/// The counts of a store's values.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) filled: Count,
    pub(crate) ended: Count,
}

/// A counter that many threads increment.
#[derive(Debug)]
pub(crate) struct Count([Line; TRACKS]);

#[derive(Debug)]
#[repr(align(128))]
struct Line(AtomicU64);

impl Books {
    pub(crate) const fn new() -> Self {
        Self { filled: Count::new(), ended: Count::new() }
    }

    /// How many entries there are. Exact only when no worker runs.
    pub(crate) fn live(&self) -> u64 {
        let ended = self.ended.sum(); // first: an entry ends after it has begun
        self.filled.sum().saturating_sub(ended)
    }
}

impl Count {
    pub(crate) const fn new() -> Self {
        Self([const { Line(AtomicU64::new(0)) }; TRACKS])
    }

    pub(crate) fn raise(&self) {
        self.0[worker()].0.fetch_add(1, Relaxed); // threads that are no workers share a line
    }

    pub(crate) fn sum(&self) -> u64 {
        self.0.iter().map(|line| line.0.load(Relaxed)).sum()
    }
}

//! Counts of what the server has done.

use std::cell::Cell;

/// Counts, from the start to the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) connections: Cell<usize>,
    pub(crate) refused: Cell<usize>,
    /// Lines that were said.
    pub(crate) lines: Cell<usize>,
    /// Lines that were put into outboxes for it.
    pub(crate) deliveries: Cell<usize>,
    /// Clients that read too slowly.
    pub(crate) slow: Cell<usize>,
}

/// Adds to a count.
pub(crate) fn count(count: &Cell<usize>, more: usize) {
    count.set(count.get() + more);
}

//! Which futures of a set the current call has polled, so that none is polled twice (B4).

/// A bit for each future, and for each leaf the call in which its bits were set. So nothing needs to be cleared between
/// calls.
pub(super) struct Polled {
    /// Wraps around: then the bits of a leaf from that many calls ago may end a call early, and do nothing else.
    call: usize,
    leaves: Box<[Leaf]>,
}

#[derive(Clone, Copy)]
struct Leaf {
    call: usize,
    bits: usize,
}

impl Polled {
    /// Creates the bits for `leaves` leaves. No future is noted yet.
    pub(super) fn new(leaves: usize) -> Self {
        Self { call: 0, leaves: vec![Leaf { call: 0, bits: 0 }; leaves].into() }
    }

    /// Begins a call, which has polled none.
    #[inline(always)]
    pub(super) fn begin_call(&mut self) {
        self.call = self.call.wrapping_add(1);
    }

    /// Returns the futures of a leaf that the call has polled, as far as they were noted.
    ///
    /// # Panics
    ///
    /// If there is no such leaf.
    #[inline(always)]
    pub(super) fn of_leaf(&self, leaf: usize) -> usize {
        let Leaf { call, bits } = self.leaves[leaf];
        if call == self.call { bits } else { 0 }
    }

    /// Notes which futures of a leaf the call has polled.
    ///
    /// # Panics
    ///
    /// If there is no such leaf.
    #[inline(always)]
    pub(super) fn note_leaf(&mut self, leaf: usize, bits: usize) {
        self.leaves[leaf] = Leaf { call: self.call, bits };
    }
}

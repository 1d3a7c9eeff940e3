//! Which futures of a set the current call has polled, so that none is polled twice (B4).

/// A bit for each future, and for each leaf in which call its bits were set: so that nothing need be cleared between calls.
pub(super) struct Polled {
    /// Around at the end: a leaf of so many calls ago then ends a call that it need not, and no more.
    call: usize,
    leaves: Box<[Leaf]>,
}

#[derive(Clone, Copy)]
struct Leaf {
    call: usize,
    bits: usize,
}

impl Polled {
    /// None of the futures that have so many leaves.
    pub(super) fn new(leaves: usize) -> Self {
        Self { call: 0, leaves: vec![Leaf { call: 0, bits: 0 }; leaves].into() }
    }

    /// Begins a call, which has polled none.
    #[inline(always)]
    pub(super) fn begin_call(&mut self) {
        self.call = self.call.wrapping_add(1);
    }

    /// Which futures of a leaf the call has polled, as far as that was noted.
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

//! Which futures of a set the current call has polled, so that none is polled twice (B4).

use super::ready_tree::BITS;

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

    /// Notes that a future is polled. `false`: this call has polled it already.
    ///
    /// # Panics
    ///
    /// If there is no such future.
    #[inline(always)]
    pub(super) fn note(&mut self, index: usize) -> bool {
        let (leaf, bit) = (&mut self.leaves[index / BITS], 1 << (index % BITS));
        let before = if leaf.call == self.call { leaf.bits } else { 0 };
        *leaf = Leaf { call: self.call, bits: before | bit };
        before & bit == 0
    }
}

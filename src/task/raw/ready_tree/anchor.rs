//! Where wakers begin: a leaf is marked, and what is above it.

use super::{
    Branch, ReadyTree,
    sleep::{ASLEEP, TAKING},
    word::Word,
};
use crate::sync::{Ordering, barrier::barrier_after_exchange, met::AtomicUsize};

/// Where a waker finds its leaf. So aligned that the low bits of its address can name one of the leaf's bits.
#[repr(align(64))]
pub(in super::super) struct Anchor {
    pub(super) leaf: *const Word,
    pub(super) above: *const Branch,
    pub(super) bit_above: usize,
    pub(super) tree: *const ReadyTree,
}

impl Anchor {
    /// Marks a bit of the leaf, and wakes the owner if he sleeps. Lock-free.
    ///
    /// # Safety
    ///
    /// The tree lives.
    #[inline(always)]
    pub(in super::super) unsafe fn mark(&self, bit: usize) {
        // SAFETY: leaves live as long as the tree.
        let leaf = unsafe { &*self.leaf };
        // Ordering: Release - pairs with the Acquire in `take`; publishes what was done before the wake.
        leaf.ready.fetch_or(bit, Ordering::Release);
        barrier_after_exchange();
        // SAFETY: branches live as long as the tree.
        let above = unsafe { &*self.above };
        // Ordering: Relaxed - behind the barrier. If the bit is set, the owner looks at the leaf after he has cleared it.
        let is_marked = above.word.ready.load(Ordering::Relaxed) & self.bit_above != 0;
        // Whoever set the bit of a branch below the top may be stopped before he goes on: this wake does not wait for him.
        if !is_marked || !above.above.is_null() {
            // SAFETY: as of this function.
            unsafe { self.mark_above() };
        }
    }

    /// Sees to it that all bits above are set.
    ///
    /// # Safety
    ///
    /// As of [`Self::mark`].
    #[inline(never)]
    unsafe fn mark_above(&self) {
        let (mut branch, mut bit) = (self.above, self.bit_above);
        loop {
            // SAFETY: branches live as long as the tree.
            let Branch { word, above, bit_above } = unsafe { &*branch };
            // Ordering: Relaxed - as in `mark`.
            let is_marked = word.ready.load(Ordering::Relaxed) & bit != 0;
            if above.is_null() {
                if !is_marked {
                    // SAFETY: as of this function.
                    unsafe { self.mark_top(&word.ready, bit) };
                }
                return;
            }
            if !is_marked {
                // Ordering: Release - pairs with the Acquire in `take`: the owner looks below after this.
                word.ready.fetch_or(bit, Ordering::Release);
            }
            // Also where there was no exchange: of two loads, the second of which sees a bit that the owner has not yet taken,
            // the first saw one that he finds below it. (x86 carries loads out in order.)
            barrier_after_exchange();
            (branch, bit) = (*above, *bit_above);
        }
    }

    /// # Safety
    ///
    /// As of [`Self::mark`].
    unsafe fn mark_top(&self, top: &AtomicUsize, bit: usize) {
        // Ordering: Relaxed - compared below.
        let mut before = top.load(Ordering::Relaxed);
        loop {
            let was_asleep = before & ASLEEP != 0;
            let after = if was_asleep { bit | TAKING } else { before | bit };
            // Ordering: Release - pairs with the Acquire in `take_top`. Acquire - pairs with the Release in `fall_asleep`:
            // the owner's waker is in its place.
            match top.compare_exchange_weak(before, after, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if was_asleep => {
                    // SAFETY: as of this function.
                    let tree = unsafe { &*self.tree };
                    // SAFETY: `TAKING` was set.
                    return unsafe { tree.wake_owner(top) };
                }
                Ok(_) => return,
                Err(seen) => before = seen,
            }
        }
    }

    /// Marks a bit among the owner's.
    ///
    /// # Safety
    ///
    /// The tree lives. The caller is the owner, or a wake on the thread inside the owner's poll.
    #[inline(always)]
    pub(in super::super) unsafe fn mark_own(&self, bit: usize) {
        // SAFETY: leaves live as long as the tree.
        let leaf = unsafe { &*self.leaf };
        // SAFETY: as of this function.
        let before = unsafe { leaf.own() };
        if before & bit != 0 {
            return; // without a store: marks of neighbours would wait for it
        }
        // SAFETY: as of this function.
        unsafe { leaf.set_own(before | bit) };
        if before == 0 {
            // SAFETY: as of this function.
            unsafe { self.mark_own_above() };
        }
    }

    /// # Safety
    ///
    /// As of [`Self::mark_own`].
    #[inline(never)]
    unsafe fn mark_own_above(&self) {
        let (mut branch, mut bit) = (self.above, self.bit_above);
        // SAFETY: branches live as long as the tree.
        while let Some(Branch { word, above, bit_above }) = unsafe { branch.as_ref() } {
            // SAFETY: as of this function.
            let before = unsafe { word.own() };
            if before & bit != 0 {
                return;
            }
            // SAFETY: as of this function.
            unsafe { word.set_own(before | bit) };
            (branch, bit) = (*above, *bit_above);
        }
    }

    /// The tree to which the leaf belongs.
    #[inline(always)]
    pub(in super::super) fn tree(&self) -> *const ReadyTree {
        self.tree
    }
}

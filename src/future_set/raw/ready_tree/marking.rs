//! Marking: wakers mark a leaf and the words above it, and the owner marks its own halves.

use core::ptr;

use super::{
    Anchor, Branch, ReadyTree, anchor_of,
    sleep::{ASLEEP, TAKING},
};
use crate::sync::{Ordering, barrier::barrier_after_exchange, met::AtomicUsize};

/// The bits of a leaf whose wakes may be handed over: all. In models it is every other one, so that they cover both
/// paths.
const HANDED_BITS: usize = if cfg!(flagstone_loom) { 0b10 } else { usize::MAX };

/// Marks a future in the owner's half.
///
/// # Safety
///
/// The name is that of a future of a tree that lives. The caller is its owner, or a wake on the thread inside the
/// owner's poll.
#[inline(always)]
pub(in crate::future_set::raw) unsafe fn mark_own(name: *const ()) {
    // SAFETY: as of this function.
    let (anchor, _) = unsafe { anchor_of(name) };
    // SAFETY: as of this function.
    let tree = unsafe { &*anchor.tree };
    // SAFETY: as of this function.
    if unsafe { tree.lone() }.is_null() {
        // SAFETY: as of this function.
        unsafe { tree.set_lone(name) };
    } else {
        // SAFETY: as of this function.
        unsafe { mark_own_leaf(name) };
    }
}

/// Marks a future in the owner's half of its leaf, and above.
///
/// # Safety
///
/// As of [`mark_own`].
#[inline(always)]
pub(super) unsafe fn mark_own_leaf(name: *const ()) {
    // SAFETY: as of this function.
    let (anchor, bit) = unsafe { anchor_of(name) };
    // SAFETY: as of this function.
    unsafe { anchor.mark_own(bit) };
}

impl Anchor {
    /// Marks a bit of the leaf, and wakes the owner if it sleeps. If the owner sleeps already, hands `name` over to it
    /// instead of marking. Lock-free.
    ///
    /// # Safety
    ///
    /// The tree lives; the name is that of the future of this bit.
    #[inline(always)]
    pub(in crate::future_set::raw) unsafe fn mark(&self, bit: usize, name: *const ()) {
        // SAFETY: branches live as long as the tree.
        let top = &unsafe { &*self.top }.word.ready;
        // Ordering: Relaxed - compared below.
        if bit & HANDED_BITS != 0 && top.load(Ordering::Relaxed) == ASLEEP {
            // SAFETY: as of this function.
            unsafe { self.hand_over(top, bit, name) };
        } else {
            // SAFETY: as of this function.
            unsafe { self.mark_leaf(bit) };
        }
    }

    /// Wakes the owner, which was seen sleeping, and tells it which future to poll.
    ///
    /// # Safety
    ///
    /// As of [`Self::mark`].
    #[inline(never)]
    unsafe fn hand_over(&self, top: &AtomicUsize, bit: usize, name: *const ()) {
        // Ordering: Acquire - pairs with the Release in `fall_asleep`: the owner's waker is in its place. The future
        // that is handed over is published in `wake_owner`.
        if top.compare_exchange(ASLEEP, TAKING, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            // SAFETY: as of this function.
            let tree = unsafe { &*self.tree };
            // SAFETY: `TAKING` was set.
            unsafe { tree.wake_owner(top, name) };
        } else {
            // SAFETY: as of this function.
            unsafe { self.mark_leaf(bit) };
        }
    }

    /// # Safety
    ///
    /// As of [`Self::mark`].
    #[inline(always)]
    unsafe fn mark_leaf(&self, bit: usize) {
        // SAFETY: leaves live as long as the tree.
        let leaf = unsafe { &*self.leaf };
        // Ordering: Release - pairs with the Acquire in `take`; publishes what was done before the wake.
        leaf.ready.fetch_or(bit, Ordering::Release);
        barrier_after_exchange();
        // SAFETY: branches live as long as the tree.
        let above = unsafe { &*self.above };
        // Ordering: Relaxed - behind the barrier. If the bit is set, the owner looks at the leaf after clearing the
        // bit.
        let is_marked = above.word.ready.load(Ordering::Relaxed) & self.bit_above != 0;
        // The thread that set the bit of a branch below the top may be descheduled before it goes on. This wake does
        // not wait for it.
        if !is_marked || !above.above.is_null() {
            // SAFETY: as of this function.
            unsafe { self.mark_above() };
        }
    }

    /// Makes sure that all bits above are set.
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
            // Ordering: Relaxed - as in `mark_leaf`.
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
            // Also where there was no RMW: if the second of two loads sees a bit that the owner has not yet taken, the
            // first saw a bit that the owner finds below it. (x86 executes loads in order.)
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
            // Ordering: Release - pairs with the Acquire in `take_top`. Acquire - pairs with the Release in
            // `fall_asleep`: the owner's waker is in its place.
            match top.compare_exchange_weak(before, after, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if was_asleep => {
                    // SAFETY: as of this function.
                    let tree = unsafe { &*self.tree };
                    // SAFETY: `TAKING` was set.
                    return unsafe { tree.wake_owner(top, ptr::null()) };
                }
                Ok(_) => return,
                Err(seen) => before = seen,
            }
        }
    }

    /// Marks a bit in the owner's half.
    ///
    /// # Safety
    ///
    /// The tree lives. The caller is the owner, or a wake on the thread inside the owner's poll.
    #[inline(always)]
    unsafe fn mark_own(&self, bit: usize) {
        // SAFETY: leaves live as long as the tree.
        let leaf = unsafe { &*self.leaf };
        // SAFETY: as of this function.
        let before = unsafe { leaf.own() };
        if before & bit != 0 {
            return; // without a store, which would delay the marks of neighbours
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
}

impl ReadyTree {
    /// Marks a future.
    ///
    /// # Safety
    ///
    /// The caller is the owner; there is a future of this index.
    #[inline(always)]
    pub(in crate::future_set::raw) unsafe fn mark_own(&self, index: usize) {
        // SAFETY: as of this function.
        let name = unsafe { self.name(index) };
        // SAFETY: as of this function, and the tree lives.
        unsafe { mark_own(name) };
    }
}

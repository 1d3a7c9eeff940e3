//! Taking: the owner clears words from the top down, and polls the futures that were marked.

use core::ptr;

use super::{
    ReadyTree,
    marking::mark_own_leaf,
    sleep::{FLAGS, TAKING},
};
use crate::sync::{Ordering, barrier::barrier_after_exchange};

/// What was marked when a round begins.
pub(in crate::future_set::raw) enum Marked {
    Nothing,
    /// This future alone.
    Lone(usize),
    /// The bits of the top.
    Top(usize),
}

impl ReadyTree {
    /// Takes the bits of a leaf.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and has taken the bit above; there is such a leaf.
    #[inline(always)]
    pub(in crate::future_set::raw) unsafe fn take_leaf(&self, number: usize) -> usize {
        // SAFETY: as of this function.
        let leaf = unsafe { self.leaf(number) };
        // SAFETY: as of this function.
        unsafe { leaf.take() }
    }

    /// Takes the bits of a branch.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and has taken the bit above; the level is not the highest, and there is such a branch
    /// in it.
    #[inline(always)]
    pub(in crate::future_set::raw) unsafe fn take_branch(&self, level: usize, place: usize) -> usize {
        // SAFETY: as of this function.
        let branch = unsafe { self.branch(level, place) };
        // SAFETY: as of this function.
        let bits = unsafe { branch.word.take() };
        barrier_after_exchange();
        bits
    }

    /// Takes the bits of the top, or the one future that was marked on no word.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and awake.
    #[inline(always)]
    pub(in crate::future_set::raw) unsafe fn take_top(&self) -> Marked {
        let top = self.top();
        // Ordering: Acquire - pairs with the Release in `wake_owner`: without a flag, the place of the future handed
        // over is the owner's. A wake that is not seen now is seen by `fall_asleep`.
        let ready = top.ready.load(Ordering::Acquire);
        // SAFETY: no flag is set, and only the owner sets one while it is awake.
        let handed = if ready & FLAGS == 0 { unsafe { self.take_handed() } } else { ptr::null() };
        // SAFETY: as of this function.
        let lone = unsafe { self.lone() };
        // SAFETY: as of this function.
        let own = unsafe { top.own() };
        if own | (ready & !FLAGS) == 0 && (lone.is_null() || handed.is_null()) {
            // SAFETY: as of this function.
            unsafe { self.set_lone(ptr::null()) };
            let name = if handed.is_null() { lone } else { handed };
            return if name.is_null() { Marked::Nothing } else { Marked::Lone(self.index(name)) };
        }
        // All futures are polled in the order of their slots.
        if !lone.is_null() {
            // SAFETY: as of this function.
            unsafe { self.set_lone(ptr::null()) };
            // SAFETY: as of this function; the future is one of the tree's.
            unsafe { mark_own_leaf(lone) };
        }
        if !handed.is_null() {
            // SAFETY: as above.
            unsafe { mark_own_leaf(handed) };
        }
        // SAFETY: as of this function.
        let own = unsafe { top.set_own(0) };
        if ready & !FLAGS == 0 {
            return Marked::Top(own);
        }
        // Ordering: Acquire - pairs with the Release in `mark_top`. `TAKING` is not the owner's to clear.
        let ready = top.ready.fetch_and(TAKING, Ordering::Acquire) & !FLAGS;
        barrier_after_exchange();
        Marked::Top(own | ready)
    }

    /// Takes the future that was handed over.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and has seen no flag.
    #[inline(always)]
    unsafe fn take_handed(&self) -> *const () {
        // SAFETY: as of this function.
        let handed = self.handed.with(|handed| unsafe { *handed });
        if !handed.is_null() {
            // SAFETY: as of this function.
            self.handed.with_mut(|handed| unsafe { *handed = ptr::null() });
        }
        handed
    }
}

//! A word of the tree, in its two halves.

use crate::sync::{Ordering, cell::UnsafeCell, met::AtomicUsize};

/// A word of the tree.
pub(super) struct Word {
    /// The bits that wakers marked.
    pub(super) ready: AtomicUsize,
    /// The bits that the owner marked. Used by the owner, and by wakes on the thread that polls the set.
    own: UnsafeCell<usize>,
}

impl Word {
    pub(super) fn new() -> Self {
        Self { ready: AtomicUsize::new(0), own: UnsafeCell::new(0) }
    }

    /// # Safety
    ///
    /// The caller is the owner, or a wake on the thread inside the owner's poll.
    #[inline(always)]
    pub(super) unsafe fn own(&self) -> usize {
        // SAFETY: as of this function.
        self.own.with(|own| unsafe { *own })
    }

    /// Sets the owner's bits, and returns those from before.
    ///
    /// # Safety
    ///
    /// As of [`Self::own`].
    #[inline(always)]
    pub(super) unsafe fn set_own(&self, marks: usize) -> usize {
        // SAFETY: as of this function.
        self.own.with_mut(|own| unsafe { own.replace(marks) })
    }

    /// Takes all bits, of a leaf or of a branch below the top, whose bit above the owner has cleared.
    ///
    /// # Safety
    ///
    /// The caller is the owner.
    #[inline(always)]
    pub(super) unsafe fn take(&self) -> usize {
        // SAFETY: as of this function.
        let own = unsafe { self.set_own(0) };
        // Ordering: Relaxed - behind the barrier that follows the clearing of the bit above; the bits that are seen are
        // taken below.
        if self.ready.load(Ordering::Relaxed) == 0 {
            return own;
        }
        // Ordering: Acquire - pairs with the Release in `mark_leaf` and `mark_above` of all bits that are taken.
        own | self.ready.swap(0, Ordering::Acquire)
    }
}

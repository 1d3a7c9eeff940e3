//! Which futures of a set were woken: a tree of words, which anybody marks and the set's owner takes word by word; and
//! where the sleeping owner leaves his waker. States and orderings: `implementation.md`, section 20.
//!
//! Every word stands twice: one for wakers, atomic, and one that is the owner's own (B2).

mod anchor;
mod sleep;
mod word;

use core::{
    ptr::{self, NonNull},
    task::Waker,
};
use std::sync::{Arc, Weak};

pub(super) use self::anchor::Anchor;
use self::{
    sleep::{FLAGS, TAKING},
    word::Word,
};
use crate::sync::{Ordering, barrier::barrier_after_exchange, cell::UnsafeCell};

/// How many bits a word has. Few in models, so that small sets have several of everything.
pub(super) const BITS: usize = if cfg!(flagstone_loom) { 2 } else { usize::BITS as usize };

/// How many leaves have one bit above them: as many as stand in 128 bytes, which are fetched together.
pub(super) const BLOCK: usize = if cfg!(flagstone_loom) { 2 } else { 8 };

/// How many bits the top uses: it has flags besides.
const TOP_BITS: usize = if cfg!(flagstone_loom) { 2 } else { BITS - 2 };

/// At most so many branches are above one another.
pub(super) const MOST_LEVELS: usize = 5;

/// A word above others.
pub(super) struct Branch {
    word: Word,
    /// The branch above, and the bit in it; null at the top.
    above: *const Branch,
    bit_above: usize,
}

/// The tree of a set, which it shares with its wakers.
pub(super) struct ReadyTree {
    leaves: NonNull<[Word]>,
    /// One for each leaf.
    anchors: NonNull<[Anchor]>,
    /// Level by level, the lowest first, the top last.
    branches: NonNull<[Branch]>,
    /// Where each level of branches begins.
    levels: Box<[usize]>,
    /// The owner's, while neither flag of the top is set; else as they say.
    outer: UnsafeCell<Option<Waker>>,
}

// SAFETY: the words are atomic; the owner's words and the waker's place are touched as section 20 says; the rest is not
// written after it was made.
unsafe impl Send for ReadyTree {}

// SAFETY: as above.
unsafe impl Sync for ReadyTree {}

impl ReadyTree {
    /// A tree for so many futures, none of them ready. `None`: a tree cannot be so high.
    pub(super) fn new(futures: usize) -> Option<Arc<Self>> {
        let leaves = futures.div_ceil(BITS);
        let levels = levels(leaves.div_ceil(BLOCK))?;
        Some(Arc::new_cyclic(|tree| Self::of(leaves, levels, tree)))
    }

    fn of(leaves: usize, levels: Box<[usize]>, tree: &Weak<Self>) -> Self {
        let top = levels[levels.len() - 1];
        // What points at one another is reached by the pointers that are made here, and by no reference made since.
        let words = leak(leaves, |_| Word::new());
        let branches = leak(top + 1, |_| Branch { word: Word::new(), above: ptr::null(), bit_above: 0 });
        for level in 1..levels.len() {
            for (place, number) in (levels[level - 1]..levels[level]).enumerate() {
                // SAFETY: there is a branch for each bit that the level above uses.
                let above = unsafe { branches.cast::<Branch>().add(levels[level] + place / BITS) };
                // SAFETY: the number is one of a branch.
                let mut branch = unsafe { branches.cast::<Branch>().add(number) };
                // SAFETY: nobody else has it yet.
                let branch = unsafe { branch.as_mut() };
                (branch.above, branch.bit_above) = (above.as_ptr(), 1 << (place % BITS));
            }
        }
        let anchors = leak(leaves, |number| {
            let place = number / BLOCK;
            Anchor {
                // SAFETY: there is one for each leaf.
                leaf: unsafe { words.cast::<Word>().add(number) }.as_ptr(),
                // SAFETY: the lowest branches have a bit for each block of leaves.
                above: unsafe { branches.cast::<Branch>().add(place / BITS) }.as_ptr(),
                bit_above: 1 << (place % BITS),
                tree: tree.as_ptr(),
            }
        });
        Self { leaves: words, anchors, branches, levels, outer: UnsafeCell::new(None) }
    }

    /// How many levels of branches there are.
    #[inline(always)]
    pub(super) fn levels(&self) -> usize {
        self.levels.len()
    }

    #[inline(always)]
    pub(super) fn leaves(&self) -> usize {
        self.leaves.len()
    }

    /// # Safety
    ///
    /// The level has as many branches.
    #[inline(always)]
    unsafe fn branch(&self, level: usize, place: usize) -> &Branch {
        // SAFETY: as of this function, there is such a level.
        let first = unsafe { *self.levels.get_unchecked(level) };
        // SAFETY: as of this function.
        let branch = unsafe { self.branches.cast::<Branch>().add(first + place) };
        // SAFETY: branches live as long as the tree.
        unsafe { branch.as_ref() }
    }

    /// Where wakers of a future find its leaf, and its bit's number there.
    ///
    /// # Safety
    ///
    /// There is a future of this index.
    #[inline(always)]
    pub(super) unsafe fn anchor(&self, index: usize) -> (NonNull<Anchor>, u32) {
        // SAFETY: there is one for each leaf.
        let anchor = unsafe { self.anchors.cast::<Anchor>().add(index / BITS) };
        (anchor, (index % BITS) as u32)
    }

    /// # Safety
    ///
    /// There is such a leaf.
    #[inline(always)]
    unsafe fn leaf(&self, number: usize) -> &Word {
        // SAFETY: as of this function.
        let leaf = unsafe { self.leaves.cast::<Word>().add(number) };
        // SAFETY: leaves live as long as the tree.
        unsafe { leaf.as_ref() }
    }

    /// Marks a future.
    ///
    /// # Safety
    ///
    /// The caller is the owner; there is a future of this index.
    #[inline(always)]
    pub(super) unsafe fn mark_own(&self, index: usize) {
        // SAFETY: as of this function.
        let (anchor, bit) = unsafe { self.anchor(index) };
        // SAFETY: anchors live as long as the tree.
        let anchor = unsafe { anchor.as_ref() };
        // SAFETY: as of this function.
        unsafe { anchor.mark_own(1 << bit) };
    }

    /// Whether a future was marked by the owner, or woken inside his poll, since it was taken.
    ///
    /// # Safety
    ///
    /// As of [`Self::mark_own`].
    #[inline(always)]
    pub(super) unsafe fn is_marked_own(&self, index: usize) -> bool {
        // SAFETY: as of this function.
        let leaf = unsafe { self.leaf(index / BITS) };
        // SAFETY: as of this function.
        let own = unsafe { leaf.own() };
        own >> (index % BITS) & 1 != 0
    }

    /// Takes back what was marked by the owner, or woken inside his poll, of a future that he is about to see to. (The bit
    /// above stays: he looks in vain, once.)
    ///
    /// # Safety
    ///
    /// As of [`Self::mark_own`].
    #[inline(always)]
    pub(super) unsafe fn unmark_own(&self, index: usize) {
        // SAFETY: as of this function.
        let leaf = unsafe { self.leaf(index / BITS) };
        // SAFETY: as of this function.
        let own = unsafe { leaf.own() };
        // SAFETY: as of this function.
        unsafe { leaf.set_own(own & !(1 << (index % BITS))) };
    }

    /// Takes the bits of a leaf.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and has taken the bit above; there is such a leaf.
    #[inline(always)]
    pub(super) unsafe fn take_leaf(&self, number: usize) -> usize {
        // SAFETY: as of this function.
        let leaf = unsafe { self.leaf(number) };
        // SAFETY: as of this function.
        unsafe { leaf.take() }
    }

    /// Takes the bits of a branch.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and has taken the bit above; the level is not the highest, and has as many branches.
    #[inline(always)]
    pub(super) unsafe fn take_branch(&self, level: usize, place: usize) -> usize {
        // SAFETY: as of this function.
        let branch = unsafe { self.branch(level, place) };
        // SAFETY: as of this function.
        let bits = unsafe { branch.word.take() };
        barrier_after_exchange();
        bits
    }

    #[inline(always)]
    fn top(&self) -> &Word {
        // SAFETY: the last level has one branch.
        &unsafe { self.branch(self.levels.len() - 1, 0) }.word
    }

    /// Takes the bits of the top.
    ///
    /// # Safety
    ///
    /// The caller is the owner.
    #[inline(always)]
    pub(super) unsafe fn take_top(&self) -> usize {
        let top = self.top();
        // SAFETY: as of this function.
        let own = unsafe { top.set_own(0) };
        // Ordering: Relaxed - what is not seen now is seen by `fall_asleep`.
        if top.ready.load(Ordering::Relaxed) & !FLAGS == 0 {
            return own;
        }
        // Ordering: Acquire - pairs with the Release in `mark_top`. `TAKING` is not the owner's.
        let ready = top.ready.fetch_and(TAKING, Ordering::Acquire) & !FLAGS;
        barrier_after_exchange();
        own | ready
    }
}

impl Drop for ReadyTree {
    fn drop(&mut self) {
        // SAFETY: they came from boxes, here and below, and nobody has the tree any more.
        drop(unsafe { Box::from_raw(self.anchors.as_ptr()) });
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(self.leaves.as_ptr()) });
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(self.branches.as_ptr()) });
    }
}

/// So many, in a box that is left to whoever points there.
fn leak<T>(length: usize, make: impl FnMut(usize) -> T) -> NonNull<[T]> {
    let made: Box<[T]> = (0..length).map(make).collect();
    NonNull::from(Box::leak(made))
}

/// Where the levels of branches begin that have a bit for each of so many blocks.
fn levels(blocks: usize) -> Option<Box<[usize]>> {
    let (mut levels, mut bits, mut branches) = (vec![0], blocks, 0);
    while bits > TOP_BITS {
        bits = bits.div_ceil(BITS);
        branches += bits;
        levels.push(branches);
    }
    (levels.len() <= MOST_LEVELS).then(|| levels.into())
}

#[cfg(test)]
mod tests;

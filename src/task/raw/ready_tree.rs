//! Which futures of a set were woken: a tree of words, which anybody marks and the set's owner takes word by word; and
//! where the sleeping owner leaves his waker. States and orderings: `implementation.md`, section 20.
//!
//! Every word stands twice: one for wakers, atomic, and one that is the owner's own (B2).

use core::{
    ptr::{self, NonNull},
    task::Waker,
};
use std::sync::{Arc, Weak};

use crate::sync::{Ordering, barrier::barrier_after_exchange, cell::UnsafeCell, met::AtomicUsize};

/// How many bits a word has. Few in models, so that small sets have several of everything.
pub(super) const BITS: usize = if cfg!(flagstone_loom) { 2 } else { usize::BITS as usize };

/// How many leaves have one bit above them: as many as stand in 128 bytes, which are fetched together.
pub(super) const BLOCK: usize = if cfg!(flagstone_loom) { 2 } else { 8 };

/// How many bits the top uses: it has flags besides.
const TOP_BITS: usize = if cfg!(flagstone_loom) { 2 } else { BITS - 2 };

/// At most so many branches are above one another.
pub(super) const MOST_LEVELS: usize = 5;

/// The owner sleeps, and his waker is in its place.
const ASLEEP: usize = 1 << (usize::BITS - 1);
/// Somebody who woke the owner moves the waker out of its place.
const TAKING: usize = 1 << (usize::BITS - 2);
const FLAGS: usize = ASLEEP | TAKING;

/// A word of the tree.
struct Word {
    /// What wakers marked.
    ready: AtomicUsize,
    /// What the owner marked. His; and that of wakes on the thread that polls the set.
    own: UnsafeCell<usize>,
}

/// A word above others.
pub(super) struct Branch {
    word: Word,
    /// The branch above, and the bit in it; null at the top.
    above: *const Branch,
    bit_above: usize,
}

/// Where a waker finds its leaf. So aligned that the low bits of its address can name one of the leaf's bits.
#[repr(align(64))]
pub(super) struct Anchor {
    leaf: *const Word,
    above: *const Branch,
    bit_above: usize,
    tree: *const ReadyTree,
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

impl Word {
    fn new() -> Self {
        Self { ready: AtomicUsize::new(0), own: UnsafeCell::new(0) }
    }

    /// # Safety
    ///
    /// The caller is the owner, or a wake on the thread inside the owner's poll.
    #[inline(always)]
    unsafe fn own(&self) -> usize {
        // SAFETY: as of this function.
        self.own.with(|own| unsafe { *own })
    }

    /// Returns what was there before.
    ///
    /// # Safety
    ///
    /// As of [`Self::own`].
    #[inline(always)]
    unsafe fn set_own(&self, marks: usize) -> usize {
        // SAFETY: as of this function.
        self.own.with_mut(|own| unsafe { own.replace(marks) })
    }

    /// Takes all bits, of a leaf or of a branch below the top, whose bit above the owner has cleared.
    ///
    /// # Safety
    ///
    /// The caller is the owner.
    #[inline(always)]
    unsafe fn take(&self) -> usize {
        // SAFETY: as of this function.
        let own = unsafe { self.set_own(0) };
        // Ordering: Relaxed - behind the barrier that follows the clearing of the bit above; what is seen is taken below.
        if self.ready.load(Ordering::Relaxed) == 0 {
            return own;
        }
        // Ordering: Acquire - pairs with the Release in `mark` of all that are taken.
        own | self.ready.swap(0, Ordering::Acquire)
    }
}

impl Anchor {
    /// Marks a bit of the leaf, and wakes the owner if he sleeps. Lock-free.
    ///
    /// # Safety
    ///
    /// The tree lives.
    #[inline(always)]
    pub(super) unsafe fn mark(&self, bit: usize) {
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
    pub(super) unsafe fn mark_own(&self, bit: usize) {
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
    pub(super) fn tree(&self) -> *const ReadyTree {
        self.tree
    }
}

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

    /// The owner is about to return, with nothing to do. `false`: there is something, or somebody is still busy waking him.
    ///
    /// # Safety
    ///
    /// The caller is the owner, is awake, and nothing is left of what he has taken.
    pub(super) unsafe fn fall_asleep(&self, waker: &Waker) -> bool {
        let top = self.top();
        // SAFETY: the caller is the owner.
        let has_own_marks = || unsafe { top.own() } != 0;
        // Ordering: Acquire - pairs with the Release in `wake_owner`: the place is the owner's again.
        if top.ready.load(Ordering::Acquire) != 0 || has_own_marks() {
            return false;
        }
        // SAFETY: no flag is set, and the owner alone sets one.
        let is_there = self.outer.with(|outer| unsafe { &*outer }.as_ref().is_some_and(|left| left.will_wake(waker)));
        if !is_there {
            // User code, which may panic: nothing has changed then.
            let waker = Some(waker.clone());
            // SAFETY: as above; no user code runs here.
            let before = self.outer.with_mut(|outer| unsafe { outer.replace(waker) });
            // User code again.
            drop(before);
            if has_own_marks() {
                return false;
            }
        }
        // Ordering: Release - pairs with the Acquire in `mark_top`; publishes the waker.
        top.ready.compare_exchange(0, ASLEEP, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// The owner is awake again, whoever called him.
    ///
    /// # Safety
    ///
    /// The caller is the owner.
    #[inline(always)]
    pub(super) unsafe fn wake_up(&self) {
        let top = &self.top().ready;
        // Ordering: Relaxed, twice - the waker in its place is the owner's own; who saw the flag has taken it, and clears
        // `TAKING` for the owner to acquire.
        if top.load(Ordering::Relaxed) == ASLEEP {
            let _ = top.compare_exchange(ASLEEP, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Moves the owner's waker out, and wakes him.
    ///
    /// # Safety
    ///
    /// The caller has set `TAKING`, and keeps the tree.
    #[cold]
    unsafe fn wake_owner(&self, top: &AtomicUsize) {
        // SAFETY: `TAKING` makes the place the caller's.
        let waker = self.outer.with_mut(|outer| unsafe { (*outer).take() });
        // Ordering: Release - pairs with the Acquire in `fall_asleep` and `end`: the place is the owner's again.
        top.fetch_and(!TAKING, Ordering::Release);
        // User code, which may panic: to who woke, as wakers' panics do.
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The owner ends: his waker is not called any more, but by who is at it already.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and does nothing with the tree afterwards.
    pub(super) unsafe fn end(&self) -> Option<Waker> {
        // SAFETY: as of this function.
        unsafe { self.wake_up() };
        // Ordering: Acquire - pairs with the Release in `wake_owner`.
        if self.top().ready.load(Ordering::Acquire) & FLAGS != 0 {
            return None; // who takes it drops it
        }
        // SAFETY: no flag is set, and the owner alone sets one.
        self.outer.with_mut(|outer| unsafe { (*outer).take() })
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

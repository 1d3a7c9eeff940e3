//! Which futures of a set were woken: a tree of words, which any thread marks and the set's owner takes word by word.
//! Also where the sleeping owner leaves its waker. States and orderings: `docs/future-sets.md`.
//!
//! Every word has two halves: an atomic one for wakers, and one that is the owner's own (B2).

mod marking;
mod sleep;
mod taking;
mod word;

use core::{
    ptr::{self, NonNull},
    task::Waker,
};
use std::sync::{Arc, Weak};

use self::word::Word;
pub(super) use self::{marking::mark_own, taking::Marked};
use crate::sync::cell::UnsafeCell;

/// The number of bits of a word. Few in models, so that small sets have several words of each kind.
pub(super) const BITS: usize = if cfg!(flagstone_loom) { 2 } else { usize::BITS as usize };

/// The number of leaves that share one bit above them: as many as fit in 128 bytes, which are fetched together.
pub(super) const BLOCK: usize = if cfg!(flagstone_loom) { 2 } else { 8 };

/// The number of bits that the top uses; it has flags besides.
const TOP_BITS: usize = if cfg!(flagstone_loom) { 2 } else { BITS - 2 };

/// The largest number of levels of branches.
pub(super) const MOST_LEVELS: usize = 5;

/// A word above others.
pub(super) struct Branch {
    word: Word,
    /// The branch above, and the bit in it; null at the top.
    above: *const Branch,
    bit_above: usize,
}

/// Leads a waker to its leaf. Its alignment leaves low bits of its address free, which name one of the leaf's bits.
#[repr(align(64))]
pub(super) struct Anchor {
    leaf: *const Word,
    above: *const Branch,
    bit_above: usize,
    top: *const Branch,
    tree: *const ReadyTree,
}

/// The largest offset at which an anchor may be named, one for each of its leaf's bits.
const BIT_NUMBERS: usize = align_of::<Anchor>() - 1;
const _: () = assert!(BITS <= BIT_NUMBERS + 1 && size_of::<Anchor>() > BIT_NUMBERS);

/// The tree of a set, which it shares with its wakers.
pub(super) struct ReadyTree {
    leaves: NonNull<[Word]>,
    /// One for each leaf.
    anchors: NonNull<[Anchor]>,
    /// The branches, level by level: the lowest first, the top last.
    branches: NonNull<[Branch]>,
    /// The index of the first branch of each level.
    levels: Box<[usize]>,
    top: *const Branch,
    /// The future that the owner marked first since the round began, and that is marked on no word. Null if there is
    /// none.
    lone: UnsafeCell<*const ()>,
    /// The outer waker. It is the owner's while neither flag of the top is set. Otherwise the flags say whose it is.
    outer: UnsafeCell<Option<Waker>>,
    /// The future whose wake has woken the owner, if it is marked on no word; otherwise null. Accessed by the rules of
    /// `outer`.
    handed: UnsafeCell<*const ()>,
}

/// The place where a future is marked.
#[derive(Clone, Copy)]
pub(super) struct Place {
    leaf: *const Word,
    bit: usize,
    pub(super) name: *const (),
}

// SAFETY: the words are atomic; the owner's words and the waker's place are touched as `docs/future-sets.md` says; the
// rest is not written after it was made.
unsafe impl Send for ReadyTree {}

// SAFETY: as above.
unsafe impl Sync for ReadyTree {}

/// Returns the anchor of a name, and the bit.
///
/// # Safety
///
/// The name is that of a future, and the tree lives while what is returned is used.
#[inline(always)]
pub(super) unsafe fn anchor_of<'a>(name: *const ()) -> (&'a Anchor, usize) {
    let number = name.addr() & BIT_NUMBERS;
    // SAFETY: it was made from an anchor's address and the number.
    let anchor = unsafe { name.byte_sub(number) }.cast::<Anchor>();
    // SAFETY: as of this function.
    (unsafe { &*anchor }, 1 << number)
}

impl Anchor {
    /// Returns the tree to which the leaf belongs.
    #[inline(always)]
    pub(super) fn tree(&self) -> *const ReadyTree {
        self.tree
    }
}

impl ReadyTree {
    /// Creates a tree for `futures` futures, none of them ready. `None` if a tree cannot have that many levels.
    pub(super) fn new(futures: usize) -> Option<Arc<Self>> {
        let leaves = futures.div_ceil(BITS);
        let levels = levels(leaves.div_ceil(BLOCK))?;
        Some(Arc::new_cyclic(|tree| Self::of(leaves, levels, tree)))
    }

    fn of(leaves: usize, levels: Box<[usize]>, tree: &Weak<Self>) -> Self {
        let last = levels[levels.len() - 1];
        // The parts that point at one another are accessed through the pointers made here, and through no reference
        // that was made since.
        let words = leak(leaves, |_| Word::new());
        let branches = leak(last + 1, |_| Branch { word: Word::new(), above: ptr::null(), bit_above: 0 });
        // SAFETY: the top is the last branch.
        let top = unsafe { branches.cast::<Branch>().add(last) }.as_ptr().cast_const();
        for level in 1..levels.len() {
            for (place, number) in (levels[level - 1]..levels[level]).enumerate() {
                // SAFETY: there is a branch for each bit that the level above uses.
                let above = unsafe { branches.cast::<Branch>().add(levels[level] + place / BITS) };
                // SAFETY: the number is one of a branch.
                let mut branch = unsafe { branches.cast::<Branch>().add(number) };
                // SAFETY: no other thread has it yet.
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
                top,
                tree: tree.as_ptr(),
            }
        });
        let (lone, outer, handed) = (UnsafeCell::new(ptr::null()), UnsafeCell::new(None), UnsafeCell::new(ptr::null()));
        Self { leaves: words, anchors, branches, levels, top, lone, outer, handed }
    }

    /// Returns the number of levels of branches.
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
    /// There is such a branch in that level.
    #[inline(always)]
    unsafe fn branch(&self, level: usize, place: usize) -> &Branch {
        // SAFETY: as of this function, there is such a level.
        let first = unsafe { *self.levels.get_unchecked(level) };
        // SAFETY: as of this function.
        let branch = unsafe { self.branches.cast::<Branch>().add(first + place) };
        // SAFETY: branches live as long as the tree.
        unsafe { branch.as_ref() }
    }

    /// Returns the name of a future in its wakers: the address of its leaf's anchor, whose low bits say which of the
    /// leaf's bits is the future's.
    ///
    /// # Safety
    ///
    /// There is a future of this index.
    #[inline(always)]
    unsafe fn name(&self, index: usize) -> *const () {
        // SAFETY: there is one for each leaf.
        let anchor = unsafe { self.anchors.cast::<Anchor>().add(index / BITS) };
        // SAFETY: an anchor has at least as many bytes as a leaf has bits.
        unsafe { anchor.byte_add(index % BITS) }.as_ptr().cast_const().cast()
    }

    /// Returns the index of the future of this name.
    #[inline(always)]
    fn index(&self, name: *const ()) -> usize {
        let distance = name.addr() - self.anchors.cast::<Anchor>().addr().get();
        distance / size_of::<Anchor>() * BITS + distance % size_of::<Anchor>()
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

    /// Returns the owner's mark that is on no word.
    ///
    /// # Safety
    ///
    /// The caller is the owner, or a wake on the thread inside the owner's poll.
    #[inline(always)]
    unsafe fn lone(&self) -> *const () {
        // SAFETY: as of this function.
        self.lone.with(|lone| unsafe { *lone })
    }

    /// # Safety
    ///
    /// As of [`Self::lone`].
    #[inline(always)]
    unsafe fn set_lone(&self, name: *const ()) {
        // SAFETY: as of this function.
        self.lone.with_mut(|lone| unsafe { *lone = name });
    }

    /// Returns the place where a future is marked.
    ///
    /// # Safety
    ///
    /// There is a future of this index.
    #[inline(always)]
    pub(super) unsafe fn place(&self, index: usize) -> Place {
        // SAFETY: as of this function.
        let leaf = unsafe { self.leaf(index / BITS) };
        // SAFETY: as of this function.
        let name = unsafe { self.name(index) };
        Place { leaf, bit: 1 << (index % BITS), name }
    }

    /// Returns whether the owner, or a wake inside the owner's poll, has marked a future since it was taken.
    ///
    /// # Safety
    ///
    /// As of [`Self::mark_own`]; the place is one of the tree's.
    #[inline(always)]
    pub(super) unsafe fn is_marked_own(&self, Place { leaf, bit, name }: Place) -> bool {
        // SAFETY: leaves live as long as the tree.
        let leaf = unsafe { &*leaf };
        // SAFETY: as of this function.
        let own = unsafe { leaf.own() };
        // SAFETY: as of this function.
        own & bit != 0 || unsafe { self.lone() } == name
    }

    /// Clears a mark that the owner, or a wake inside the owner's poll, set on a future that the owner is about to
    /// poll. (The bit above stays set: the owner looks in vain, once.)
    ///
    /// # Safety
    ///
    /// As of [`Self::is_marked_own`].
    #[inline(always)]
    pub(super) unsafe fn unmark_own(&self, Place { leaf, bit, name }: Place) {
        // SAFETY: leaves live as long as the tree.
        let leaf = unsafe { &*leaf };
        // SAFETY: as of this function.
        let own = unsafe { leaf.own() };
        if own & bit != 0 {
            // SAFETY: as of this function.
            unsafe { leaf.set_own(own & !bit) };
        }
        // SAFETY: as of this function.
        if unsafe { self.lone() } == name {
            // SAFETY: as of this function.
            unsafe { self.set_lone(ptr::null()) };
        }
    }

    #[inline(always)]
    fn top(&self) -> &Word {
        // SAFETY: branches live as long as the tree.
        &unsafe { &*self.top }.word
    }
}

impl Drop for ReadyTree {
    fn drop(&mut self) {
        // SAFETY: they came from boxes, here and below, and nothing else has the tree any more.
        drop(unsafe { Box::from_raw(self.anchors.as_ptr()) });
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(self.leaves.as_ptr()) });
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(self.branches.as_ptr()) });
    }
}

/// Allocates `length` values in a box, which the holder of the pointer must free.
fn leak<T>(length: usize, make: impl FnMut(usize) -> T) -> NonNull<[T]> {
    let made: Box<[T]> = (0..length).map(make).collect();
    NonNull::from(Box::leak(made))
}

/// Returns the index of the first branch of each level, for a tree with a bit for each of `blocks` blocks.
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

//! The owner's walk through the tree. In each round, every marked word is taken once, in order.

use super::{
    polled::Polled,
    ready_tree::{BITS, BLOCK, MOST_LEVELS, ReadyTree},
};

/// The owner's position, and the bits that it has taken there.
pub(super) struct Rounds {
    polled: Polled,
    /// Bits of the leaf before `leaf` that were taken and not yet followed.
    taken: usize,
    /// For the same leaf: the futures that the current call had polled when the leaf was taken, and those that it has
    /// polled since. Both are noted when the next leaf is taken.
    before: usize,
    now: usize,
    /// The next leaf of this block, and where the block ends.
    leaf: usize,
    block_end: usize,
    /// The branches, from the lowest to the top.
    branches: [Taken; MOST_LEVELS],
}

/// The bits that were taken from a branch.
#[derive(Clone, Copy)]
struct Taken {
    /// Bits that were not yet followed.
    bits: usize,
    /// The branch's index in its level.
    place: usize,
}

impl Taken {
    /// Removes the next bit, and returns its index in the level below.
    #[inline(always)]
    fn follow(&mut self) -> Option<usize> {
        let below = self.place * BITS + self.bits.trailing_zeros() as usize;
        if self.bits == 0 {
            return None;
        }
        self.bits &= self.bits - 1;
        Some(below)
    }
}

impl Rounds {
    /// Creates the walk through a tree of `leaves` leaves, with no round in progress.
    pub(super) fn new(leaves: usize) -> Self {
        let branches = [Taken { bits: 0, place: 0 }; MOST_LEVELS];
        Self { polled: Polled::new(leaves), taken: 0, before: 0, now: 0, leaf: 0, block_end: 0, branches }
    }

    /// Begins a call of the set, which has polled none of its futures.
    #[inline(always)]
    pub(super) fn begin_call(&mut self) {
        self.polled.begin_call();
        (self.before, self.now) = (0, self.taken);
    }

    /// Returns whether the current call has not polled the future that [`next`](Self::next) named.
    #[inline(always)]
    pub(super) fn is_new(&self) -> bool {
        self.before & self.taken & self.taken.wrapping_neg() == 0
    }

    /// Returns whether the current call has not polled the future of this index, which is not in the round; the round
    /// is over. Notes the future as polled.
    #[inline(always)]
    pub(super) fn note(&mut self, index: usize) -> bool {
        self.put_away();
        let (leaf, bit) = (index / BITS, 1 << (index % BITS));
        let before = self.polled.of_leaf(leaf);
        self.polled.note_leaf(leaf, before | bit);
        before & bit == 0
    }

    /// Notes what the call has polled of the leaf before `leaf`, all of whose bits were followed.
    #[inline(always)]
    fn put_away(&mut self) {
        if self.now != 0 {
            self.polled.note_leaf(self.leaf - 1, self.before | self.now);
            self.now = 0;
        }
    }

    /// Returns the next future of this round that was woken.
    ///
    /// # Safety
    ///
    /// The caller is the owner; it is the same tree at each call.
    #[inline(always)]
    pub(super) unsafe fn next(&mut self, tree: &ReadyTree) -> Option<usize> {
        while self.taken == 0 {
            self.put_away();
            if self.leaf == self.block_end {
                // SAFETY: as of this function.
                let block = unsafe { self.next_block(tree)? };
                self.leaf = block * BLOCK;
                self.block_end = tree.leaves().min(self.leaf + BLOCK);
            }
            // SAFETY: as of this function; the block has this leaf, and the bit above the block was just taken.
            self.taken = unsafe { tree.take_leaf(self.leaf) };
            if self.taken != 0 {
                (self.before, self.now) = (self.polled.of_leaf(self.leaf), self.taken);
            }
            self.leaf += 1;
        }
        Some((self.leaf - 1) * BITS + self.taken.trailing_zeros() as usize)
    }

    /// Removes the future that [`next`](Self::next) named from the round.
    #[inline(always)]
    pub(super) fn follow(&mut self) {
        self.taken &= self.taken - 1;
    }

    /// Returns the next block of leaves of which one was marked. (Its marks may have been taken since.) `None` if the
    /// round is over.
    ///
    /// # Safety
    ///
    /// As of [`Self::next`].
    #[inline]
    unsafe fn next_block(&mut self, tree: &ReadyTree) -> Option<usize> {
        let mut level = 0;
        loop {
            match self.branches[level].follow() {
                Some(block) if level == 0 => return Some(block),
                Some(below) => {
                    level -= 1;
                    // SAFETY: as of this function; there is a branch below each bit that is ever set, which was just
                    // taken.
                    let bits = unsafe { tree.take_branch(level, below) };
                    self.branches[level] = Taken { bits, place: below };
                }
                None => {
                    level += 1;
                    if level == tree.levels() {
                        return None;
                    }
                }
            }
        }
    }

    /// Begins the next round, after this one is over, with the bits that were taken from the top.
    #[inline(always)]
    pub(super) fn begin(&mut self, tree: &ReadyTree, bits: usize) {
        self.branches[tree.levels() - 1] = Taken { bits, place: 0 };
    }
}

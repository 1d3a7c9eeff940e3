//! The lifecycle word of a slot: `[ generation | count | state:2 ]`.
//!
//! [`Lifecycle`] is the pure snapshot with all the logic; [`LifecycleCell`] is the word itself and the only place with
//! its orderings. Tables of the states and of the transitions stand in `implementation.md`.

mod cell;

use core::fmt;

pub(crate) use self::cell::LifecycleCell;
use crate::{
    config::{Config, FILLED_BITS, STATE_BITS},
    key::{Key, PageNumber},
};

/// One in the count.
const ONE: usize = 1 << STATE_BITS;
const STATE_MASK: usize = ONE - 1;

/// Set in the word of a free slot that keeps a value, to be used again.
const FILLED: usize = 1 << STATE_BITS;
/// Where a free slot's link begins: the lowest bits of what is the count elsewhere say [`FILLED`].
const LINK_SHIFT: u32 = STATE_BITS + FILLED_BITS;

const FREE: usize = 0;
const PRESENT: usize = 1;
const MARKED: usize = 2;
const TAKING: usize = 3;

/// What a slot is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// On a free list, reserved, retired or never used; the count is the free-list link, and whether a value is kept.
    Free,
    /// The value may be read; the count is the number of guards, or its maximum: one exclusive guard.
    Present,
    /// Removed while guards were out; the last of them destroys the value.
    Marked,
    /// Taken while guards were out; the last of them wakes the taker.
    Taking,
}

/// A snapshot of a lifecycle word in a page of known number.
pub(crate) struct Lifecycle<C> {
    word: usize,
    page: PageNumber<C>,
}

impl<C> Clone for Lifecycle<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Lifecycle<C> {}

/// What [`Lifecycle::shared_by_one_more`] finds in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The key is not that of a readable entry.
    Absent,
    /// As many guards are out as can be counted.
    Limit,
}

/// What a removal must now do.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Nothing: the key is not that of a present entry.
    Absent,
    /// Nothing: the last guard will destroy the value.
    Deferred,
    /// Destroy the value and free the slot; the caller owns it.
    Claimed,
}

/// What a taker must now do.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    /// Nothing: the key is not that of a present entry.
    Absent,
    /// Wait until the count is zero; then the caller owns the slot.
    Wait,
    /// Move the value out and free the slot; the caller owns it.
    Claimed,
}

/// Why exclusive access was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotExclusive {
    Absent,
    InUse,
}

/// What the holder of a guard must do after letting go.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    None,
    /// It was the last guard of a removed entry: destroy the value and free the slot; the caller owns it.
    Destroy,
    /// It was the last guard of an entry that is being taken: wake the taker, and touch the slot no more.
    WakeTaker,
}

/// What came of letting go of a guard.
#[must_use]
pub(crate) enum Released {
    /// The entry is present: nothing is to be done.
    Present,
    /// The entry had been removed or taken, and this was its word before: see [`Lifecycle::duty_of_release`].
    Gone(usize),
}

impl<C: Config> Lifecycle<C> {
    #[inline(always)]
    pub(crate) const fn new(word: usize, page: PageNumber<C>) -> Self {
        Self { word, page }
    }

    /// A present entry of `key` without any guard.
    #[inline(always)]
    const fn unshared(key: Key<C>) -> Self {
        Self::new(key.generation() | PRESENT, key.page())
    }

    /// A present entry of `key` that somebody holds exclusively.
    #[inline(always)]
    const fn exclusive(key: Key<C>) -> Self {
        let unshared = Self::unshared(key);
        unshared.with(PRESENT, unshared.count_mask())
    }

    pub(crate) const fn state(self) -> State {
        match self.word & STATE_MASK {
            FREE => State::Free,
            PRESENT => State::Present,
            MARKED => State::Marked,
            _ => State::Taking,
        }
    }

    pub(crate) const fn is_free(self) -> bool {
        matches!(self.state(), State::Free)
    }

    /// Whether the slot holds a value: that of an entry, or one that is kept to be used again (invariant P1).
    pub(crate) const fn holds_value(self) -> bool {
        !self.is_free() || self.is_filled()
    }

    /// Whether a free slot keeps a value.
    const fn is_filled(self) -> bool {
        Self::link_says_filled(self.word)
    }

    /// The bits of the count, in the word.
    #[inline(always)]
    const fn count_mask(self) -> usize {
        !(self.page.generation_mask() | STATE_MASK)
    }

    /// The count as it stands in the word: [`ONE`] for one.
    #[inline(always)]
    const fn count(self) -> usize {
        self.word & self.count_mask()
    }

    /// The generation, where a key's [`Key::generation`] has it.
    #[inline(always)]
    pub(crate) const fn generation(self) -> usize {
        self.word & self.page.generation_mask()
    }

    /// The most guards that an entry of this page can have: the count's highest bit alone. All bits say "exclusive".
    pub(crate) const fn most_guards(self) -> usize {
        (self.count_mask() >> STATE_BITS).div_ceil(2)
    }

    /// How many guards are out.
    #[cfg(feature = "task")]
    pub(crate) const fn guards(self) -> usize {
        self.count() >> STATE_BITS
    }

    const fn is_exclusive(self) -> bool {
        self.count() == self.count_mask()
    }

    const fn with(self, state: usize, count: usize) -> Self {
        Self::new(self.generation() | count | state, self.page)
    }

    /// The free word that follows this life of the slot: the next generation, no link, no value.
    ///
    /// Zero when the generations are used up, since the increment runs out at the top of the word.
    #[inline(always)]
    pub(crate) const fn next_life(self) -> Self {
        // The mask is minus one, as a generation counts.
        Self::new(self.generation().wrapping_sub(self.page.generation_mask()), self.page)
    }

    /// A free word without a link, of a slot that keeps a value or does not.
    #[inline(always)]
    pub(crate) const fn keeping(self, value: bool) -> Self {
        Self::new(self.word | if value { FILLED } else { 0 }, self.page)
    }

    /// The generation after the largest is zero again.
    #[inline(always)]
    pub(crate) const fn has_run_out(self) -> bool {
        self.generation() == 0
    }

    /// The offset of the next free slot, kept as its difference (by exclusive or) from the slot after `offset`, the
    /// word's own slot. So a page of zeroed words is a list of all its slots in order, and the page's size ends it.
    ///
    /// `link` is a free slot's word without its generation.
    #[inline(always)]
    pub(crate) const fn next_free(offset: usize, link: usize) -> usize {
        (offset + 1) ^ (link >> LINK_SHIFT)
    }

    /// Whether a free slot keeps a value. `link` is its word without its generation.
    #[inline(always)]
    pub(crate) const fn link_says_filled(link: usize) -> bool {
        link & FILLED != 0
    }

    /// A free word without its link, keeping its value or not as it was.
    pub(crate) const fn unlinked(self) -> Self {
        Self::new(self.generation() | (self.word & FILLED), self.page)
    }

    /// A free word that keeps no value, without its link.
    pub(crate) const fn keeping_nothing(self) -> Self {
        Self::new(self.generation(), self.page)
    }

    /// Where a free word's link leads. `offset` is that of its own slot.
    pub(crate) const fn next_of_free(self, offset: usize) -> usize {
        Self::next_free(offset, self.word ^ self.generation())
    }

    /// Of a free word without a link, the one whose next free slot is `next`.
    #[inline(always)]
    pub(crate) const fn linked(self, offset: usize, next: usize) -> Self {
        Self::new(self.word | (((offset + 1) ^ next) << LINK_SHIFT), self.page)
    }

    /// Whether `key` is that of this entry, and the entry can be read by one more.
    #[inline(always)]
    const fn shared_by_one_more(self, key: Key<C>) -> Option<Self> {
        // One comparison for three questions: generation, state, and the count's highest bit, which is set exactly at
        // the limit and while somebody has exclusive access. It stands next to the generation, so the mask is the
        // generation's and one bit more.
        let decisive = self.page.generation_mask_and_below() | STATE_MASK;
        if (self.word ^ (key.generation() | PRESENT)) & decisive == 0 {
            Some(Self::new(self.word + ONE, self.page))
        } else {
            None
        }
    }

    /// Why there is no [`shared_by_one_more`](Self::shared_by_one_more).
    pub(crate) const fn refusal(self, key: Key<C>) -> Refused {
        match self.state() {
            State::Present if self.generation() == key.generation() && !self.is_exclusive() => Refused::Limit,
            _ => Refused::Absent,
        }
    }

    /// Whether `key` is that of a present entry, held exclusively or not.
    pub(crate) const fn is_present(self, key: Key<C>) -> bool {
        matches!(self.state(), State::Present) && self.generation() == key.generation()
    }

    /// Whether `key` is that of a present entry that nobody holds exclusively.
    #[inline(always)]
    pub(crate) const fn is_readable(self, key: Key<C>) -> bool {
        Self::counts_readers(self.word ^ key.generation(), self.page)
    }

    /// The generation of the entry, if there is one that nobody holds exclusively.
    #[inline(always)]
    pub(crate) const fn readable_generation(self) -> Option<usize> {
        let generation = self.generation();
        if Self::counts_readers(self.word ^ generation, self.page) { Some(generation) } else { None }
    }

    /// Whether a word, from which the expected generation was taken (by exclusive or), says "present", and counts less
    /// than what says "exclusive".
    ///
    /// One comparison for all three questions: with "present" taken off, a rotation leaves the count, and whatever else
    /// there was stands above it.
    #[inline(always)]
    const fn counts_readers(word: usize, page: PageNumber<C>) -> bool {
        let exclusive = !page.generation_mask() >> STATE_BITS;
        word.wrapping_sub(PRESENT).rotate_right(STATE_BITS) < exclusive
    }

    /// One more guard beside one that the caller holds.
    const fn cloned(self) -> Result<Self, Refused> {
        if self.count() < self.most_guards() << STATE_BITS {
            Ok(Self::new(self.word + ONE, self.page))
        } else {
            Err(Refused::Limit)
        }
    }

    const fn removed(self, key: Key<C>) -> (Option<Self>, Removal) {
        if !self.is_present(key) {
            (None, Removal::Absent)
        } else if self.count() == 0 {
            (Some(self.next_life()), Removal::Claimed)
        } else {
            (Some(self.with(MARKED, self.holders())), Removal::Deferred)
        }
    }

    const fn taken(self, key: Key<C>) -> (Option<Self>, Taking) {
        if !self.is_present(key) {
            (None, Taking::Absent)
        } else if self.count() == 0 {
            (Some(self.next_life()), Taking::Claimed)
        } else {
            (Some(self.with(TAKING, self.holders())), Taking::Wait)
        }
    }

    /// The count of those who hold a present entry: an exclusive guard is one.
    const fn holders(self) -> usize {
        if self.is_exclusive() { ONE } else { self.count() }
    }

    /// What the holder of a guard must do who let go of it when this was the word.
    pub(crate) const fn duty_of_release(self) -> Duty {
        self.duty_of_releasing(1)
    }

    /// The same, of somebody who let go of so many at once.
    const fn duty_of_releasing(self, counts: usize) -> Duty {
        let was_last = self.count() == counts << STATE_BITS;
        match self.state() {
            State::Marked if was_last => Duty::Destroy,
            State::Taking if was_last => Duty::WakeTaker,
            _ => Duty::None,
        }
    }
}

impl<C: Config> fmt::Debug for Lifecycle<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lifecycle")
            .field("generation", &(self.generation() >> self.page.generation_mask().trailing_zeros()))
            .field("count", &(self.count() >> STATE_BITS))
            .field("state", &self.state())
            .finish()
    }
}

#[cfg(test)]
mod tests;

//! The lifecycle word of a slot: `[ generation | count | state:2 ]`.
//!
//! [`Lifecycle`] is the pure snapshot with all the logic. [`LifecycleCell`] is the atomic word itself and the only
//! place with its orderings. The tables of states and transitions are in `implementation.md`.

mod cell;
mod duty;
mod transitions;

use core::fmt;

pub(crate) use self::{
    cell::LifecycleCell,
    duty::{Duty, NotExclusive, Promise, Promised, Refused, Released, Removal, Taking, Unreadable},
};
use crate::{
    config::{Config, FILLED_BITS, STATE_BITS},
    key::{Key, PageNumber},
};

/// One in the count.
const ONE: usize = 1 << STATE_BITS;
const STATE_MASK: usize = ONE - 1;

/// Set in the word of a free slot that keeps a value to be reused.
const FILLED: usize = 1 << STATE_BITS;
/// Where a free slot's link begins. The lowest bit of the field that is the count in other states is [`FILLED`].
const LINK_SHIFT: u32 = STATE_BITS + FILLED_BITS;

const FREE: usize = 0;
const PRESENT: usize = 1;
const MARKED: usize = 2;
const TAKING: usize = 3;

/// The state of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// On a free list, reserved, retired or never used. The count field holds the free-list link, and whether a value
    /// is kept.
    Free,
    /// The value may be read. The count is the number of guards, or its maximum: one exclusive guard.
    Present,
    /// Removed while guards or pins were active. The last of them destroys the value.
    Marked,
    /// Taken while guards or pins were active. The last of them wakes the taker.
    Taking,
    /// Promised to a thread that waits for exclusive access: no new guard is given out, and the last one wakes that
    /// thread. The entry still exists: it can be removed and taken. In the word: "taking", with the count's highest bit
    /// set.
    Promised,
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

impl<C: Config> Lifecycle<C> {
    #[inline(always)]
    pub(crate) const fn new(word: usize, page: PageNumber<C>) -> Self {
        Self { word, page }
    }

    /// Returns the word of a present entry of `key` without any guard.
    #[inline(always)]
    const fn unshared(key: Key<C>) -> Self {
        Self::new(key.generation() | PRESENT, key.page())
    }

    /// Returns the word of a present entry of `key` with an exclusive guard.
    #[inline(always)]
    const fn exclusive(key: Key<C>) -> Self {
        let unshared = Self::unshared(key);
        unshared.with(PRESENT, unshared.count_mask())
    }

    /// Returns the word of a present entry of `key` without guards, with the intent of the thread that `id` names to
    /// get exclusive access.
    ///
    /// `id` is at most [`MOST_NUMBERS`](crate::config::MOST_NUMBERS). It makes the word of each attempt unique: during
    /// an attempt no other attempt writes the same word, so a CAS from it cannot mistake one attempt for another (no
    /// ABA).
    const fn intent(key: Key<C>, id: usize) -> Self {
        let unshared = Self::unshared(key);
        unshared.with(PRESENT, unshared.top() + ((1 + id) << STATE_BITS))
    }

    pub(crate) const fn state(self) -> State {
        match self.word & STATE_MASK {
            FREE => State::Free,
            PRESENT => State::Present,
            MARKED => State::Marked,
            _ if self.word & self.top() == 0 => State::Taking,
            _ => State::Promised,
        }
    }

    /// Returns the highest bit of the count, in the word.
    const fn top(self) -> usize {
        self.page.generation_mask_and_below() ^ self.page.generation_mask()
    }

    pub(crate) const fn is_free(self) -> bool {
        matches!(self.state(), State::Free)
    }

    /// Returns whether the slot holds a value: that of an entry, or one that is kept to be reused (invariant P1).
    pub(crate) const fn holds_value(self) -> bool {
        !self.is_free() || self.is_filled()
    }

    /// Returns whether a free slot keeps a value.
    const fn is_filled(self) -> bool {
        Self::link_says_filled(self.word)
    }

    /// Returns the bits of the count, in the word.
    #[inline(always)]
    const fn count_mask(self) -> usize {
        !(self.page.generation_mask() | STATE_MASK)
    }

    /// Returns the count in its position in the word: [`ONE`] for one.
    #[inline(always)]
    const fn count(self) -> usize {
        self.word & self.count_mask()
    }

    /// Returns the generation, in the same position as in [`Key::generation`].
    #[inline(always)]
    pub(crate) const fn generation(self) -> usize {
        self.word & self.page.generation_mask()
    }

    /// Returns the maximum number of guards of an entry of this page: the value of the count's highest bit alone.
    /// Larger counts of a present entry mean an intent, or (all bits) an exclusive guard.
    pub(crate) const fn most_guards(self) -> usize {
        self.top() >> STATE_BITS
    }

    /// Returns the number of guards.
    #[cfg(feature = "task")]
    pub(crate) const fn guards(self) -> usize {
        self.count() >> STATE_BITS
    }

    const fn is_exclusive(self) -> bool {
        self.count() == self.count_mask()
    }

    /// Returns whether a present entry has the intent of a thread to get exclusive access.
    const fn is_intent(self) -> bool {
        self.count() > self.top() && !self.is_exclusive()
    }

    const fn with(self, state: usize, count: usize) -> Self {
        Self::new(self.generation() | count | state, self.page)
    }

    /// Returns the free word that follows this life of the slot: the next generation, no link, no value.
    ///
    /// Its generation is zero when the generations are used up, since the increment overflows at the top of the word.
    #[inline(always)]
    pub(crate) const fn next_life(self) -> Self {
        // As a generation the mask is minus one.
        Self::new(self.generation().wrapping_sub(self.page.generation_mask()), self.page)
    }

    /// Returns this free word, without a link, of a slot that keeps a value or not.
    #[inline(always)]
    pub(crate) const fn keeping(self, value: bool) -> Self {
        Self::new(self.word | if value { FILLED } else { 0 }, self.page)
    }

    /// Returns whether the generations are used up: the one after the largest is zero.
    #[inline(always)]
    pub(crate) const fn has_run_out(self) -> bool {
        self.generation() == 0
    }

    /// Returns the offset of the next free slot. It is stored as its XOR with `offset + 1`, where `offset` is that of
    /// the word's own slot. So a page of zeroed words is a list of all its slots in order, which ends with the page's
    /// size.
    ///
    /// `link` is a free slot's word without its generation.
    #[inline(always)]
    pub(crate) const fn next_free(offset: usize, link: usize) -> usize {
        (offset + 1) ^ (link >> LINK_SHIFT)
    }

    /// Returns whether a free slot keeps a value. `link` is its word without its generation.
    #[inline(always)]
    pub(crate) const fn link_says_filled(link: usize) -> bool {
        link & FILLED != 0
    }

    /// Returns this free word without its link. It keeps its value or not, as before.
    pub(crate) const fn unlinked(self) -> Self {
        Self::new(self.generation() | (self.word & FILLED), self.page)
    }

    /// Returns this free word without its link, keeping no value.
    pub(crate) const fn keeping_nothing(self) -> Self {
        Self::new(self.generation(), self.page)
    }

    /// Returns the offset to which a free word's link leads. `offset` is that of its own slot.
    pub(crate) const fn next_of_free(self, offset: usize) -> usize {
        Self::next_free(offset, self.word ^ self.generation())
    }

    /// Returns this free word, which has no link, with a link to `next`.
    #[inline(always)]
    pub(crate) const fn linked(self, offset: usize, next: usize) -> Self {
        Self::new(self.word | (((offset + 1) ^ next) << LINK_SHIFT), self.page)
    }

    /// Returns the word with one more guard, if `key` is that of this entry and another guard can be given out.
    #[inline(always)]
    const fn shared_by_one_more(self, key: Key<C>) -> Option<Self> {
        // One comparison answers three questions: generation, state, and the count's highest bit. That bit is set
        // exactly at the limit, with an intent and with an exclusive guard. It is next to the generation, so the mask
        // is the generation's and one bit more.
        let decisive = self.page.generation_mask_and_below() | STATE_MASK;
        if (self.word ^ (key.generation() | PRESENT)) & decisive == 0 {
            Some(Self::new(self.word + ONE, self.page))
        } else {
            None
        }
    }

    /// Returns the reason why [`shared_by_one_more`](Self::shared_by_one_more) returned `None`.
    pub(crate) const fn refusal(self, key: Key<C>) -> Refused {
        if !self.is_readable(key) {
            Refused::Absent
        } else if self.is_intent() {
            Refused::Intent
        } else {
            Refused::Limit
        }
    }

    /// Returns whether `key` is that of a present entry, with an exclusive guard or not.
    pub(crate) const fn is_present(self, key: Key<C>) -> bool {
        matches!(self.state(), State::Present) && self.generation() == key.generation()
    }

    /// Returns whether `key` is that of an entry that can be removed: a present or a promised one.
    pub(crate) const fn is_there(self, key: Key<C>) -> bool {
        matches!(self.state(), State::Present | State::Promised) && self.generation() == key.generation()
    }

    /// Returns whether `key` is that of a present entry without an exclusive guard.
    pub(crate) const fn is_readable(self, key: Key<C>) -> bool {
        self.is_present(key) && !self.is_exclusive()
    }

    /// Returns what this word shows of the entry of `key`.
    pub(crate) const fn presence(self, key: Key<C>) -> Result<(), Unreadable> {
        if self.is_readable(key) {
            Ok(())
        } else if self.is_there(key) {
            Err(Unreadable::Withheld)
        } else {
            Err(Unreadable::Absent)
        }
    }

    /// Returns whether this word alone shows that a pinned thread may read the entry of `key`. If not, [`is_readable`]
    /// decides, and an intent must be cancelled first.
    ///
    /// [`is_readable`]: Self::is_readable
    #[inline(always)]
    pub(crate) const fn is_plainly_readable(self, key: Key<C>) -> bool {
        Self::counts_readers(self.word ^ key.generation(), self.page)
    }

    /// Returns the generation of the entry, if this word alone shows that a pinned thread may read it.
    #[inline(always)]
    pub(crate) const fn readable_generation(self) -> Option<usize> {
        let generation = self.generation();
        if Self::counts_readers(self.word ^ generation, self.page) { Some(generation) } else { None }
    }

    /// Returns whether there is an entry, of any generation, that a pinned thread may be able to read although this
    /// word alone does not show it.
    #[inline(always)]
    pub(crate) const fn may_be_readable(self) -> bool {
        matches!(self.state(), State::Present) && !self.is_exclusive()
    }

    /// Returns whether a word, XORed with the expected generation, is "present" and counts at least two guards fewer
    /// than the maximum. So it shows neither an intent nor an exclusive guard.
    ///
    /// One comparison answers all questions. With "present" subtracted, a rotation moves the count to the bottom and
    /// any other set bits above it.
    #[inline(always)]
    const fn counts_readers(word: usize, page: PageNumber<C>) -> bool {
        let few = !page.generation_mask() >> (STATE_BITS + 1);
        word.wrapping_sub(PRESENT).rotate_right(STATE_BITS) < few
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

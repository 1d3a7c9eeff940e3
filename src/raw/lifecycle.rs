//! The lifecycle word of a slot: `[ generation | count | state:2 ]`.
//!
//! [`Lifecycle`] is the pure snapshot with all the logic; [`LifecycleCell`] is the word itself and the only place with
//! its orderings. Tables of the states and of the transitions stand in `implementation.md`.

mod cell;
mod duty;

use core::fmt;

pub(crate) use self::{
    cell::LifecycleCell,
    duty::{Duty, NotExclusive, Promise, Promised, Refused, Released, Removal, Taking},
};
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
    /// Promised to a thread that waits for exclusive access: no new guard is given out, and the last one wakes that thread.
    /// The entry is still there: it can be removed and taken. In the word: "taking", with the count's highest bit set.
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

    /// A present entry of `key` without guards, for which the thread that `id` names is about to try for exclusive access.
    ///
    /// `id` is at most [`MOST_NUMBERS`](crate::config::MOST_NUMBERS). It makes each attempt's word its own: while an attempt
    /// is under way no other attempt writes the same word, so a compare-and-swap from it cannot mistake one for another.
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

    /// The highest bit of the count, in the word.
    const fn top(self) -> usize {
        self.page.generation_mask_and_below() ^ self.page.generation_mask()
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

    /// The most guards that an entry of this page can have: the count's highest bit alone. What is above it says, of a
    /// present entry, that a thread intends to have it exclusively, or (all bits) has.
    pub(crate) const fn most_guards(self) -> usize {
        self.top() >> STATE_BITS
    }

    /// How many guards are out.
    #[cfg(feature = "task")]
    pub(crate) const fn guards(self) -> usize {
        self.count() >> STATE_BITS
    }

    const fn is_exclusive(self) -> bool {
        self.count() == self.count_mask()
    }

    /// Of a present entry: whether a thread is about to try for exclusive access.
    const fn is_intent(self) -> bool {
        self.count() > self.top() && !self.is_exclusive()
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
        if !self.is_readable(key) {
            Refused::Absent
        } else if self.is_intent() {
            Refused::Intent
        } else {
            Refused::Limit
        }
    }

    /// Whether `key` is that of a present entry, held exclusively or not.
    pub(crate) const fn is_present(self, key: Key<C>) -> bool {
        matches!(self.state(), State::Present) && self.generation() == key.generation()
    }

    /// Whether `key` is that of an entry that can be removed: a present one, or one that is promised.
    pub(crate) const fn is_there(self, key: Key<C>) -> bool {
        matches!(self.state(), State::Present | State::Promised) && self.generation() == key.generation()
    }

    /// Whether `key` is that of a present entry that no thread holds exclusively.
    pub(crate) const fn is_readable(self, key: Key<C>) -> bool {
        self.is_present(key) && !self.is_exclusive()
    }

    /// Whether a pinned thread may read the entry of `key` on the strength of this word alone. Else [`is_readable`] decides,
    /// and an intent must be cancelled first.
    ///
    /// [`is_readable`]: Self::is_readable
    #[inline(always)]
    pub(crate) const fn is_plainly_readable(self, key: Key<C>) -> bool {
        Self::counts_readers(self.word ^ key.generation(), self.page)
    }

    /// The generation of the entry, if a pinned thread may read it on the strength of this word alone.
    #[inline(always)]
    pub(crate) const fn readable_generation(self) -> Option<usize> {
        let generation = self.generation();
        if Self::counts_readers(self.word ^ generation, self.page) { Some(generation) } else { None }
    }

    /// Whether there is an entry, of whatever generation, that a pinned thread can read but not on the strength of this word
    /// alone.
    #[inline(always)]
    pub(crate) const fn may_be_readable(self) -> bool {
        matches!(self.state(), State::Present) && !self.is_exclusive()
    }

    /// Whether a word, from which the expected generation was taken (by exclusive or), says "present", and counts fewer
    /// guards than there may be, by two: so neither an intent nor exclusive access.
    ///
    /// One comparison for all questions: with "present" taken off, a rotation leaves the count, and whatever else
    /// there was stands above it.
    #[inline(always)]
    const fn counts_readers(word: usize, page: PageNumber<C>) -> bool {
        let few = !page.generation_mask() >> (STATE_BITS + 1);
        word.wrapping_sub(PRESENT).rotate_right(STATE_BITS) < few
    }

    /// The count of guards and pins of an entry that is marked, being taken or promised.
    const fn counted(self) -> usize {
        match self.state() {
            State::Promised => self.count() & !self.top(),
            _ => self.count(),
        }
    }

    /// Whether the count, in the state in which the word is, has room for one more.
    ///
    /// While an entry is taken or promised the count's highest bit tells the one from the other, so it must not be counted
    /// into.
    const fn has_room(self, most: usize) -> bool {
        match self.state() {
            State::Taking | State::Promised => self.counted() + ONE < self.top(),
            _ => self.count() < most,
        }
    }

    /// One more guard beside one that the caller holds.
    const fn cloned(self) -> Result<Self, Refused> {
        if self.has_room(self.top()) { Ok(Self::new(self.word + ONE, self.page)) } else { Err(Refused::Limit) }
    }

    /// One count more, for a pin, of an entry of which the caller has a count.
    const fn counted_for_pin(self) -> Option<Self> {
        if self.has_room(self.count_mask()) { Some(Self::new(self.word + ONE, self.page)) } else { None }
    }

    const fn removed(self, key: Key<C>) -> (Option<Self>, Removal) {
        if self.generation() != key.generation() {
            return (None, Removal::Absent);
        }
        match (self.state(), self.holders()) {
            (State::Present, 0) => (Some(self.next_life()), Removal::Claimed),
            (State::Present, holders) => (Some(self.with(MARKED, holders + ONE)), Removal::Marked),
            (State::Promised, 0) => (Some(self.next_life()), Removal::ClaimedOfPromised),
            (State::Promised, holders) => (Some(self.with(MARKED, holders)), Removal::MarkedOfPromised),
            _ => (None, Removal::Absent),
        }
    }

    const fn taken(self, key: Key<C>) -> (Option<Self>, Taking) {
        if self.generation() != key.generation() {
            return (None, Taking::Absent);
        }
        match (self.state(), self.holders()) {
            (State::Present, 0) => (Some(self.next_life()), Taking::Claimed),
            (State::Promised, 0) => (Some(self.next_life()), Taking::ClaimedOfPromised),
            (State::Present | State::Promised, holders) if holders + ONE >= self.top() => (None, Taking::Crowded),
            (State::Present, holders) => (Some(self.with(TAKING, holders + ONE)), Taking::Marked),
            (State::Promised, holders) => (Some(self.with(TAKING, holders + ONE)), Taking::MarkedOfPromised),
            _ => (None, Taking::Absent),
        }
    }

    const fn promised(self, key: Key<C>) -> (Option<Self>, Promise) {
        if self.generation() != key.generation() {
            return (None, Promise::Absent);
        }
        match self.state() {
            State::Promised => (None, Promise::Busy),
            State::Present if self.holders() + ONE >= self.top() => (None, Promise::Crowded),
            State::Present => (Some(self.with(TAKING, self.top() + self.holders() + ONE)), Promise::Made),
            _ => (None, Promise::Absent),
        }
    }

    /// The count of those who hold an entry: an exclusive guard is one, an intent none.
    const fn holders(self) -> usize {
        match self.state() {
            State::Present if self.is_exclusive() => ONE,
            State::Present if self.is_intent() => 0,
            _ => self.counted(),
        }
    }

    /// Why an entry cannot be had exclusively whose word this is.
    const fn why_not_exclusive(self, key: Key<C>) -> NotExclusive {
        if self.is_there(key) { NotExclusive::InUse } else { NotExclusive::Absent }
    }

    /// What the holder of a guard must do that gave it back when this was the word.
    pub(crate) const fn duty_of_release(self) -> Duty {
        let was_last = self.counted() == ONE;
        match self.state() {
            State::Marked if was_last => Duty::Destroy,
            State::Taking | State::Promised if was_last => Duty::WakeTaker,
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

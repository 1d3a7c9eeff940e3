//! The lifecycle word of a slot: `[ generation | count | state:2 ]`.
//!
//! [`Lifecycle`] is the pure snapshot with all the logic; [`LifecycleCell`] is the word itself and the only place with
//! its orderings. Tables of the states and of the transitions stand in `implementation.md`, section 5.

use core::fmt;

use crate::{
    config::{Config, STATE_BITS},
    key::{Key, PageNumber},
    sync::{AtomicUsize, Ordering},
};

/// One in the count.
const ONE: usize = 1 << STATE_BITS;
const STATE_MASK: usize = ONE - 1;

const FREE: usize = 0;
const PRESENT: usize = 1;
const MARKED: usize = 2;
const TAKING: usize = 3;

/// What a slot is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// On a free list, reserved, retired or never used; the count is the free-list link.
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
pub(crate) enum Released<C> {
    /// The entry is present: nothing is to be done.
    Present,
    /// The entry had been removed or taken, and this was its word before: see [`Lifecycle::duty_of_release`].
    Gone(Lifecycle<C>),
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

    pub(crate) const fn state(self) -> State {
        match self.word & STATE_MASK {
            FREE => State::Free,
            PRESENT => State::Present,
            MARKED => State::Marked,
            _ => State::Taking,
        }
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

    /// The most guards that an entry of this page can have. One more value is left: it says "exclusive".
    pub(crate) const fn most_guards(self) -> usize {
        (self.count_mask() >> STATE_BITS) - 1
    }

    const fn is_exclusive(self) -> bool {
        self.count() == self.count_mask()
    }

    const fn with(self, state: usize, count: usize) -> Self {
        Self::new(self.generation() | count | state, self.page)
    }

    /// The free word that follows this life of the slot: the next generation, no link.
    ///
    /// Zero when the generations are used up, since the increment runs out at the top of the word.
    #[inline(always)]
    pub(crate) const fn next_life(self) -> Self {
        // The mask is minus one, as a generation counts.
        Self::new(self.generation().wrapping_sub(self.page.generation_mask()), self.page)
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
        (offset + 1) ^ (link >> STATE_BITS)
    }

    /// A free word of the same generation whose next free slot is `next`.
    #[inline(always)]
    pub(crate) const fn linked(self, offset: usize, next: usize) -> Self {
        Self::new(self.generation() | (((offset + 1) ^ next) << STATE_BITS), self.page)
    }

    /// Whether `key` is that of this entry, and the entry can be read by one more.
    #[inline(always)]
    const fn shared_by_one_more(self, key: Key<C>) -> Result<Self, Refused> {
        // One comparison for three questions. Were the count at its limit (or "exclusive", one more), two more would
        // carry into the generation, and the generations would differ.
        let raised = self.word.wrapping_add(2 * ONE);
        if (raised ^ key.lifted()) & (self.page.generation_mask() | STATE_MASK) == PRESENT {
            Ok(Self::new(self.word + ONE, self.page))
        } else {
            Err(self.refusal(key))
        }
    }

    #[cold]
    const fn refusal(self, key: Key<C>) -> Refused {
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
    pub(crate) const fn is_readable(self, key: Key<C>) -> bool {
        self.is_present(key) && !self.is_exclusive()
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
        match self.state() {
            State::Marked if self.count() == ONE => Duty::Destroy,
            State::Taking if self.count() == ONE => Duty::WakeTaker,
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

/// The lifecycle word. All zero: a free slot of generation 0 that was never used.
#[repr(transparent)]
pub(crate) struct LifecycleCell(AtomicUsize);

impl LifecycleCell {
    #[cfg(flagstone_loom)]
    pub(crate) fn blank() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// The word of a slot that the caller owns: nobody else writes it.
    #[inline(always)]
    pub(crate) fn owned<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Relaxed - the caller came to own the slot by an acquiring step of its own (invariant L2), so the
        // last write happened before.
        Lifecycle::new(self.0.load(Ordering::Relaxed), page)
    }

    /// The word of a free slot that the caller owns: its generation and its link.
    #[inline(always)]
    pub(crate) fn owned_free(&self) -> usize {
        // Ordering: Relaxed - as in `owned`.
        self.0.load(Ordering::Relaxed)
    }

    /// Looks, for somebody who will act by key, if at all.
    pub(crate) fn peek<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Relaxed - nothing is read on the strength of this.
        Lifecycle::new(self.0.load(Ordering::Relaxed), page)
    }

    /// Rewrites the word of a free slot that the caller owns.
    #[inline(always)]
    pub(crate) fn rewrite_free<C: Config>(&self, free: Lifecycle<C>) {
        debug_assert_eq!(free.state(), State::Free);
        // Ordering: Relaxed - publishes nothing: stale readers only compare the word, and whoever takes the slot from a
        // list next is ordered by the list (invariants F1 and F2).
        self.0.store(free.word, Ordering::Relaxed);
    }

    /// free, owned -> present: the value has been written and may be read from now on.
    #[inline(always)]
    pub(crate) fn publish(&self, generation: usize) {
        // Ordering: Release - pairs with the acquiring transitions `share`, `remove`, `take` and `exclude`; publishes
        // the value.
        self.0.store(generation | PRESENT, Ordering::Release);
    }

    /// present -> present with one more guard.
    #[inline(always)]
    pub(crate) fn share<C: Config>(&self, key: Key<C>) -> Result<(), Refused> {
        let mut seen = self.peek(key.page());
        loop {
            let shared = seen.shared_by_one_more(key)?;
            // Ordering: Acquire - pairs with the Release in `publish`, and with that in `include` for what an
            // exclusive guard wrote; the value is read after it. Failure is Relaxed: the loop only looks again.
            match self.0.compare_exchange_weak(seen.word, shared.word, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(word) => seen.word = word,
            }
        }
    }

    /// One more guard beside one that the caller holds.
    pub(crate) fn share_again<C: Config>(&self, page: PageNumber<C>) -> Result<(), Refused> {
        let mut seen = self.peek(page);
        loop {
            let shared = seen.cloned()?;
            // Ordering: Relaxed - the guard that is cloned has acquired the value already, and whoever hands the clone
            // to another thread orders that himself.
            match self.0.compare_exchange_weak(seen.word, shared.word, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(word) => seen.word = word,
            }
        }
    }

    /// Gives a guard back.
    #[inline(always)]
    pub(crate) fn release<C: Config>(&self, page: PageNumber<C>) -> Released<C> {
        // Ordering: Release - pairs with the Acquire of whoever ends the entry (`remove`, `take`, `exclude`,
        // `await_release`, `claim_last`): this guard's reads come before the value's end.
        let before = self.0.fetch_sub(ONE, Ordering::Release);
        if before & STATE_MASK == PRESENT { Released::Present } else { Released::Gone(Lifecycle::new(before, page)) }
    }

    /// The last guard of a removed entry has been given back, by the caller: makes the slot its own.
    pub(crate) fn claim_last<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Acquire - pairs with the Release in `release` of every other guard, and with that in `remove`: all
        // that they did comes before the value's end.
        Lifecycle::new(self.0.load(Ordering::Acquire), page)
    }

    /// present without guards -> free: whether it was, and the caller owns the slot now.
    #[inline(always)]
    pub(crate) fn remove_unshared<C: Config>(&self, key: Key<C>) -> bool {
        let expected = Lifecycle::unshared(key);
        let next = expected.next_life();
        // Ordering: Acquire - pairs with `publish` and with `release`: the value was written, and every guard's reads
        // are over, before it is destroyed. Without guards the word is known beforehand, so nothing is loaded first:
        // where the line is another processor's that saves one of two transfers. Failure is Relaxed: `remove` looks
        // again.
        self.0.compare_exchange(expected.word, next.word, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// present -> free (claimed) or marked.
    pub(crate) fn remove<C: Config>(&self, key: Key<C>) -> Removal {
        let mut seen = self.peek(key.page());
        loop {
            let (Some(removed), duty) = seen.removed(key) else { return Removal::Absent };
            // Ordering: Acquire - as in `remove_unshared`, for an entry whose guards have gone meanwhile. Release -
            // pairs with the Acquire in `claim_last`: what the remover did before comes before the value's end on
            // another thread. Failure is Relaxed: the loop only looks again.
            match self.0.compare_exchange_weak(seen.word, removed.word, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return duty,
                Err(word) => seen.word = word,
            }
        }
    }

    /// present -> free (claimed) or taking. With `patient` unset an entry with guards is left as it is.
    #[inline]
    pub(crate) fn take<C: Config>(&self, key: Key<C>, patient: bool) -> Taking {
        let mut seen = self.peek(key.page());
        loop {
            let (Some(taken), duty) = seen.taken(key) else { return Taking::Absent };
            if duty == Taking::Wait && !patient {
                return Taking::Wait;
            }
            // Ordering: AcqRel - as in `remove`.
            match self.0.compare_exchange_weak(seen.word, taken.word, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return duty,
                Err(word) => seen.word = word,
            }
        }
    }

    /// Whether every guard of an entry that the caller is taking has been given back. Then the slot is the caller's.
    pub(crate) fn await_release<C: Config>(&self, page: PageNumber<C>) -> bool {
        // Ordering: Acquire - pairs with the Release in `release`: the guards' reads come before the value is moved.
        Lifecycle::new(self.0.load(Ordering::Acquire), page).count() == 0
    }

    /// present without guards -> present, held exclusively.
    pub(crate) fn exclude<C: Config>(&self, key: Key<C>) -> Result<(), NotExclusive> {
        let expected = Lifecycle::unshared(key);
        let exclusive = expected.with(PRESENT, expected.count_mask());
        // Ordering: Acquire - pairs with `publish` for the value and with `release` and `include`: all reads and
        // writes of others come before those of the exclusive guard.
        match self.0.compare_exchange(expected.word, exclusive.word, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            Err(word) if Lifecycle::new(word, key.page()).is_present(key) => Err(NotExclusive::InUse),
            Err(_) => Err(NotExclusive::Absent),
        }
    }

    /// Gives an exclusive guard back: present again, unless it was removed or taken meanwhile.
    pub(crate) fn include<C: Config>(&self, key: Key<C>) -> Released<C> {
        let expected = Lifecycle::unshared(key);
        let exclusive = expected.with(PRESENT, expected.count_mask());
        // Ordering: Release - pairs with the Acquire in `share`, `remove`, `take` and `exclude`; publishes what the
        // guard wrote. Failure is Relaxed: `release` comes next and orders.
        match self.0.compare_exchange(exclusive.word, expected.word, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => Released::Present,
            // Whoever removed or took it made the exclusive guard an ordinary one.
            Err(_) => self.release(key.page()),
        }
    }
}

#[cfg(test)]
mod tests;

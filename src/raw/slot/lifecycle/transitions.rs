//! What counting, ending, taking and awaiting make of a word, and what they oblige to.

use super::{
    Lifecycle, MARKED, ONE, State, TAKING,
    duty::{Duty, NotExclusive, Promise, Refused, Removal, Taking},
};
use crate::{config::Config, key::Key};

impl<C: Config> Lifecycle<C> {
    /// Returns the count of guards and pins of an entry that is marked, being taken or promised.
    pub(super) const fn counted(self) -> usize {
        match self.state() {
            State::Promised => self.count() & !self.top(),
            _ => self.count(),
        }
    }

    /// Returns whether the count has room for one more in the word's state.
    ///
    /// The count's highest bit distinguishes a taken entry from a promised one, so the count must not carry into it.
    pub(super) const fn has_room(self, most: usize) -> bool {
        match self.state() {
            State::Taking | State::Promised => self.counted() + ONE < self.top(),
            _ => self.count() < most,
        }
    }

    /// Returns the word with one more guard, for a caller that holds a guard.
    pub(super) const fn cloned(self) -> Result<Self, Refused> {
        if self.has_room(self.top()) { Ok(Self::new(self.word + ONE, self.page)) } else { Err(Refused::Limit) }
    }

    /// Returns the word with one more count, for a pin. The caller has a count of the entry.
    pub(super) const fn counted_for_pin(self) -> Option<Self> {
        if self.has_room(self.count_mask()) { Some(Self::new(self.word + ONE, self.page)) } else { None }
    }

    pub(super) const fn removed(self, key: Key<C>) -> (Option<Self>, Removal) {
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

    pub(super) const fn taken(self, key: Key<C>) -> (Option<Self>, Taking) {
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

    /// Returns the word of an entry that the thread that waits for it leaves to the last guard or pin. `None` if there is
    /// none left.
    pub(super) const fn left_to_last(self, key: Key<C>) -> Option<Self> {
        let is_awaited = matches!(self.state(), State::Taking | State::Promised);
        if self.generation() == key.generation() && is_awaited && self.counted() > 0 {
            Some(self.with(MARKED, self.counted()))
        } else {
            None
        }
    }

    pub(super) const fn promised(self, key: Key<C>) -> (Option<Self>, Promise) {
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

    /// Returns the number of guards and pins that hold an entry: an exclusive guard counts as one, an intent as none.
    pub(super) const fn holders(self) -> usize {
        match self.state() {
            State::Present if self.is_exclusive() => ONE,
            State::Present if self.is_intent() => 0,
            _ => self.counted(),
        }
    }

    /// Returns the reason why exclusive access to the entry with this word is refused.
    pub(super) const fn why_not_exclusive(self, key: Key<C>) -> NotExclusive {
        if self.is_there(key) { NotExclusive::InUse } else { NotExclusive::Absent }
    }

    /// Returns what a thread must do after it has released a guard, if this was the word before that.
    pub(crate) const fn duty_of_release(self) -> Duty {
        let was_last = self.counted() == ONE;
        match self.state() {
            State::Marked if was_last => Duty::Destroy,
            State::Taking | State::Promised if was_last => Duty::WakeTaker,
            _ => Duty::None,
        }
    }
}

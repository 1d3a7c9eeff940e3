//! The state word of a task: `[ wakes:24 | flags:8 ]`.
//!
//! [`Snapshot`] is the pure value with all the logic. [`StateCell`] is the word itself, and the only place with its
//! orderings. `docs/tasks.md` has the tables of states and transitions.
//!
//! The wakes are those since the task's one *token* was last given up. The thread that raises them from zero holds the
//! token, and puts the task in a queue. The thread that takes the task out of the queue polls it. So a task that is in
//! a queue or is being polled is never queued again, and only the holder of the token ends the task (K1).

mod cell;

use core::fmt;

pub(crate) use self::cell::StateCell;

/// The task has ended: it is not polled again, its future was dropped, and its outcome is in place.
const ENDED: u32 = 1 << 0;
/// The task was cancelled before it ended.
const CANCELLED: u32 = 1 << 1;
/// There is a join handle.
const JOINED: u32 = 1 << 2;
/// The joiner's waker is in place; the thread that ends the task will take it.
const JOIN_WAKER: u32 = 1 << 3;
/// The thread that ended the task has taken the joiner's waker, and touches the task no more.
const HANDED_OVER: u32 = 1 << 4;
/// The join handle has moved the output out.
const TAKEN: u32 = 1 << 5;
/// A thread has the right to end the task without its token: see [`StateCell::claim_end`].
const END_CLAIMED: u32 = 1 << 6;

const WAKES_SHIFT: u32 = 8;
const ONE_WAKE: u32 = 1 << WAKES_SHIFT;
const FLAGS: u32 = ONE_WAKE - 1;

/// The largest number of wakes. A poll that begins with more than half as many first brings them down.
const MOST_WAKES: u32 = u32::MAX >> WAKES_SHIFT;

/// A snapshot of a task's state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot(u32);

/// What a thread that woke a task must do next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// Nothing: the holder of the token will poll the task, or the task has ended.
    Nothing,
    /// Submit the task: the waking thread now holds the token.
    Submit,
}

/// The result of cancelling a task.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// The task had already ended.
    Ended,
    /// The task will end: the holder of the token ends it.
    WillEnd,
    /// The task will end. Submit it: the cancelling thread now holds the token.
    Submit,
}

/// What the poller of a task that is not ready must do next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rested {
    /// Nothing, and touch the task no more: the token is given up.
    GivenUp,
    /// Submit the task again: it was woken or cancelled meanwhile, and the poller still holds the token.
    Submit,
}

/// Which side removes an ended task (K3).
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heir {
    /// The ender: it drops the output unless that was taken, and removes the entry.
    Ender { output_is_there: bool },
    /// The join handle: the ender touches the task no more.
    JoinHandle,
    /// Known only after the joiner was woken: take the joiner's waker, then call [`StateCell::hand_over`].
    AfterWaking,
}

/// What the join handle finds.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joining {
    /// The output is in place, and is the handle's.
    Ended { was_cancelled: bool },
    /// The waker's field is the handle's, and empty.
    Empty,
    /// A waker of the handle is in place; the handle may read it.
    Registered,
}

/// What a join handle that is dropped must do next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing, and touch the task no more.
    Nothing,
    /// The waker that was in place is the handle's again (it was copied before): drop it. Touch the task no more.
    DropWaker,
    /// The handle removes the task: it drops the output unless that was taken, and removes the entry.
    Inherited,
}

impl Snapshot {
    /// Returns the state of a task that is about to be submitted: it has its first wake.
    pub(crate) const fn new(joined: bool) -> Self {
        Self(ONE_WAKE | if joined { JOINED } else { 0 })
    }

    pub(crate) const fn wakes(self) -> u32 {
        self.0 >> WAKES_SHIFT
    }

    const fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }

    pub(crate) const fn has_ended(self) -> bool {
        self.has(ENDED)
    }

    pub(crate) const fn is_cancelled(self) -> bool {
        self.has(CANCELLED)
    }

    /// Returns whether a thread, or a queue, holds the token.
    pub(crate) const fn is_scheduled(self) -> bool {
        self.wakes() != 0
    }

    pub(crate) const fn is_joined(self) -> bool {
        self.has(JOINED)
    }

    /// Returns the state with one more wake, unless the number is at its maximum.
    const fn one_wake_more(self) -> Self {
        if self.wakes() == MOST_WAKES { self } else { Self(self.0 + ONE_WAKE) }
    }

    /// Returns the state after a wake. `None` if the task has ended, so that nothing is written.
    const fn woken(self) -> (Option<Self>, Woken) {
        if self.has_ended() {
            (None, Woken::Nothing)
        } else if self.is_scheduled() {
            (Some(self.one_wake_more()), Woken::Nothing)
        } else {
            (Some(self.one_wake_more()), Woken::Submit)
        }
    }

    /// Returns the state after a cancellation. `None` if nothing is written.
    const fn cancelled(self) -> (Option<Self>, Cancelled) {
        if self.has_ended() {
            (None, Cancelled::Ended)
        } else if self.is_cancelled() {
            (None, Cancelled::WillEnd)
        } else {
            let cancelled = Self(self.one_wake_more().0 | CANCELLED);
            (Some(cancelled), if self.is_scheduled() { Cancelled::WillEnd } else { Cancelled::Submit })
        }
    }

    /// Returns the state after a poll that began with `seen` and was not ready. `None` if the token is kept.
    const fn rested(self, seen: Self) -> (Option<Self>, Rested) {
        if self.wakes() != seen.wakes() || (self.is_cancelled() && !seen.is_cancelled()) {
            (None, Rested::Submit)
        } else {
            (Some(Self(self.0 & FLAGS)), Rested::GivenUp)
        }
    }

    /// Returns whether so many wakes were counted that the counter could reach its maximum, and hide further wakes from
    /// a poll.
    const fn is_crowded(self) -> bool {
        self.wakes() > MOST_WAKES / 2
    }

    /// Returns the state with exactly one wake and the same flags.
    const fn with_one_wake(self) -> Self {
        Self(self.0 & FLAGS | ONE_WAKE)
    }

    /// Returns which side removes the task, if it ended in this state.
    const fn heir(self) -> Heir {
        if !self.is_joined() {
            Heir::Ender { output_is_there: true }
        } else if self.has(JOIN_WAKER) {
            Heir::AfterWaking
        } else {
            Heir::JoinHandle
        }
    }

    /// Returns the same, if this was the state after the joiner's waker was taken.
    const fn heir_after_waking(self) -> Heir {
        if self.is_joined() { Heir::JoinHandle } else { Heir::Ender { output_is_there: !self.has(TAKEN) } }
    }

    const fn joining(self) -> Joining {
        if self.has_ended() {
            Joining::Ended { was_cancelled: self.is_cancelled() }
        } else if self.has(JOIN_WAKER) {
            Joining::Registered
        } else {
            Joining::Empty
        }
    }

    /// Returns the state after the handle is dropped. `None` if nothing is written.
    const fn left(self, output_taken: bool) -> (Option<Self>, Left) {
        if !self.has_ended() {
            let left = Self(self.0 & !(JOINED | JOIN_WAKER));
            (Some(left), if self.has(JOIN_WAKER) { Left::DropWaker } else { Left::Nothing })
        } else if self.has(JOIN_WAKER) && !self.has(HANDED_OVER) {
            (Some(Self(self.0 & !JOINED | if output_taken { TAKEN } else { 0 })), Left::Nothing)
        } else {
            (None, Left::Inherited)
        }
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Snapshot")
            .field("wakes", &self.wakes())
            .field("ended", &self.has_ended())
            .field("cancelled", &self.is_cancelled())
            .field("joined", &self.is_joined())
            .field("join_waker", &self.has(JOIN_WAKER))
            .field("handed_over", &self.has(HANDED_OVER))
            .field("taken", &self.has(TAKEN))
            .field("end_claimed", &self.has(END_CLAIMED))
            .finish()
    }
}

#[cfg(test)]
mod tests;

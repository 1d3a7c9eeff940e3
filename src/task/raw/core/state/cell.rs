//! The state word itself: named transitions, with the reason for each ordering.

use super::{Cancelled, END_CLAIMED, ENDED, HANDED_OVER, Heir, JOIN_WAKER, Joining, Left, Rested, Snapshot, Woken};
use crate::sync::{Ordering, met::AtomicU32};

/// The state word of a task.
pub(crate) struct StateCell(AtomicU32);

impl StateCell {
    pub(crate) fn new(state: Snapshot) -> Self {
        Self(AtomicU32::new(state.0))
    }

    /// Loads the state, to show it, or before a transition.
    #[inline(always)]
    pub(crate) fn peek(&self) -> Snapshot {
        // Ordering: Relaxed - no other memory is read because of it alone.
        Snapshot(self.0.load(Ordering::Relaxed))
    }

    /// Returns whether the task has ended.
    pub(crate) fn has_ended(&self) -> bool {
        // Ordering: Acquire - pairs with the Release in `end`: a thread that learns that a task has ended sees what it
        // did.
        Snapshot(self.0.load(Ordering::Acquire)).has_ended()
    }

    /// Retries `change` until no other thread comes between, or nothing is to be written.
    #[inline(always)]
    fn change<R>(
        &self,
        mut seen: Snapshot,
        success: Ordering,
        failure: Ordering,
        change: impl Fn(Snapshot) -> (Option<Snapshot>, R),
    ) -> R {
        loop {
            let (next, result) = change(seen);
            let Some(next) = next else { return result };
            match self.0.compare_exchange_weak(seen.0, next.0, success, failure) {
                Ok(_) => return result,
                Err(word) => seen = Snapshot(word),
            }
        }
    }

    /// Counts one more wake. Lock-free.
    #[inline(always)]
    pub(crate) fn wake(&self) -> Woken {
        // Ordering: Release - pairs with the Acquire in `begin_poll`, also where the count stays as it is: what the
        // waker wrote before comes before the next poll. Acquire - for the thread that gets the token by this: pairs
        // with the Release in `rest`, so the last poll's writes come before the next poll, which this thread causes.
        // Failure is Relaxed: the loop only looks again.
        self.change(self.peek(), Ordering::AcqRel, Ordering::Relaxed, Snapshot::woken)
    }

    /// Cancels the task. Lock-free.
    pub(crate) fn cancel(&self) -> Cancelled {
        // Ordering: as in `wake`.
        self.change(self.peek(), Ordering::AcqRel, Ordering::Relaxed, Snapshot::cancelled)
    }

    /// Returns the state at the beginning of a poll. Called by the holder of the token.
    #[inline(always)]
    pub(crate) fn begin_poll(&self) -> Snapshot {
        // Ordering: Acquire - pairs with the Release in `wake` and `cancel` of all wakes that are counted (each
        // continues the others' release sequences).
        let seen = Snapshot(self.0.load(Ordering::Acquire));
        if seen.is_crowded() { self.begin_crowded(seen) } else { seen }
    }

    #[cold]
    fn begin_crowded(&self, seen: Snapshot) -> Snapshot {
        // Ordering: Acquire - as in `begin_poll`; nothing is released.
        self.change(seen, Ordering::Acquire, Ordering::Relaxed, |seen| {
            (Some(seen.with_one_wake()), seen.with_one_wake())
        })
    }

    /// Gives the token up after a poll that began with `seen` and was not ready, unless the task was woken or cancelled
    /// since. Called by the holder of the token.
    #[inline(always)]
    pub(crate) fn rest(&self, seen: Snapshot) -> Rested {
        // Ordering: Release - pairs with the Acquire in `wake` and `cancel` of the thread that gets the token next:
        // this poll comes before the next. Failure is Relaxed: if the token is kept, `begin_poll` acquires.
        self.change(self.peek(), Ordering::Release, Ordering::Relaxed, |now| now.rested(seen))
    }

    /// Ends the task. The caller has the right to do so (K1), has dropped the future and has put the output in its
    /// place.
    #[inline(always)]
    pub(crate) fn end(&self) -> Heir {
        // Ordering: Release - pairs with the Acquire in `joining` and `leave`; publishes the output, and the drop of
        // the future. Acquire - pairs with the Release in `register` for the joiner's waker, and in `leave`.
        Snapshot(self.0.fetch_or(ENDED, Ordering::AcqRel)).heir()
    }

    /// Records that the ender has taken the joiner's waker. The ender touches the task no more, unless it removes the
    /// task.
    #[inline(always)]
    pub(crate) fn hand_over(&self) -> Heir {
        // Ordering: Release - pairs with the Acquire in `leave`: the waker's field was read before the entry is
        // removed. Acquire - pairs with the Release in `leave`: the handle has taken the output before the entry is
        // removed.
        Snapshot(self.0.fetch_or(HANDED_OVER, Ordering::AcqRel)).heir_after_waking()
    }

    /// Returns what the join handle finds.
    #[inline(always)]
    pub(crate) fn joining(&self) -> Joining {
        // Ordering: Acquire - pairs with the Release in `end`: the output is read after it.
        Snapshot(self.0.load(Ordering::Acquire)).joining()
    }

    /// Registers the waker that the join handle has put in its place: the thread that ends the task may take it from
    /// now on. Fails if the task has ended.
    #[inline(always)]
    pub(crate) fn register(&self) -> Joining {
        // Ordering: Release - pairs with the Acquire in `end`; publishes the waker. Failure is Acquire: as in
        // `joining`, since the output is read next if it has ended.
        self.change(self.peek(), Ordering::Release, Ordering::Acquire, |seen| {
            if seen.has_ended() {
                // Loads again, if the end was first seen without acquiring.
                (None, self.joining())
            } else {
                (Some(Snapshot(seen.0 | JOIN_WAKER)), Joining::Registered)
            }
        })
    }

    /// Takes the join handle's waker back, to change it. Fails if the task has ended.
    pub(crate) fn unregister(&self) -> Joining {
        // Ordering: Relaxed - no other thread writes the field; a thread that ends the task and sees the flag cleared
        // does not read it.
        self.change(self.peek(), Ordering::Relaxed, Ordering::Relaxed, |seen| {
            if seen.has_ended() {
                (None, self.joining())
            } else {
                (Some(Snapshot(seen.0 & !JOIN_WAKER)), Joining::Empty)
            }
        })
    }

    /// Records that the join handle is dropped.
    #[inline(always)]
    pub(crate) fn leave(&self, output_taken: bool) -> Left {
        // Ordering: Acquire - pairs with the Release in `end` and `hand_over`: the output was written, and the waker
        // read, before this side drops the one and removes the entry. Release - pairs with the Acquire in `end` and
        // `hand_over` of the other side, if that removes the entry instead: what the handle did comes before.
        self.change(Snapshot(self.0.load(Ordering::Acquire)), Ordering::AcqRel, Ordering::Acquire, |seen| {
            seen.left(output_taken)
        })
    }

    /// Claims the right to end the task without its token. Returns whether the caller is the first.
    ///
    /// For the end of a local executor, whose thread alone polls, and for a spawner on another thread that submits too
    /// late: both may try.
    pub(crate) fn claim_end(&self) -> bool {
        // Ordering: Acquire and Release - the thread that comes first has itself ordered all that it does; the thread
        // that comes second touches nothing. Release also for the spawner's fields, which its publication released
        // before.
        let before = Snapshot(self.0.fetch_or(END_CLAIMED, Ordering::AcqRel));
        !before.has(END_CLAIMED) && !before.has_ended()
    }
}

//! How many tasks of a core live: whether there is room for one more, and which thread releases the core at the end.
//!
//! The owner's thread counts the tasks that it spawns and frees with loads and stores. All other threads count in one
//! shared word. Both together are the number of live tasks. At the end of the executor, the owner's part is added to
//! the shared one, and from then on all threads count there. The thread that brings it to zero releases the core for
//! all tasks (K6).

use crate::sync::{Ordering, met::AtomicUsize};

/// Set in the shared word from the end of the executor on.
const CLOSED: usize = 1 << 0;
/// Set in the shared word while a claim waits for room.
const AWAITED: usize = 1 << 1;
const ONE_SHIFT: u32 = 2;
const ONE: usize = 1 << ONE_SHIFT;

/// How many tasks live.
pub(in crate::task::raw) struct Population {
    /// The owner's part, wrapping. Written by the owner alone.
    own: AtomicUsize,
    /// The others' part, wrapping, and the flags.
    shared: AtomicUsize,
    /// The largest number of tasks.
    limit: usize,
}

/// Why there is no place for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    Full,
    Closed,
}

/// What to do after a task was removed.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::task::raw) enum AfterLess {
    Nothing,
    /// Notify a claim that waits for room.
    TellWaiting,
    /// It was the last task, and the executor has ended: release the core for all tasks.
    LetGo,
}

/// The result of closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::task::raw) enum Closed {
    /// It was closed before.
    Before,
    /// No task lives.
    Empty,
    /// Tasks live: the thread that removes the last releases the core for all tasks.
    WithTasks,
}

/// Returns the number in a word. The number wraps around, since it has two bits less than a word.
const fn count_of(shared: usize) -> usize {
    shared >> ONE_SHIFT
}

/// Returns the sum of both parts. They are read one after the other, so the sum may be below zero: then the result is
/// 0.
const fn total(own: usize, shared: usize) -> usize {
    let total = own.wrapping_add(count_of(shared)) << ONE_SHIFT >> ONE_SHIFT;
    if total > usize::MAX >> (ONE_SHIFT + 1) { 0 } else { total }
}

impl Population {
    /// Creates an empty population. `limit` may be [`Self::NO_LIMIT`].
    pub(in crate::task::raw) fn new(limit: usize) -> Self {
        Self { own: AtomicUsize::new(0), shared: AtomicUsize::new(0), limit }
    }

    pub(in crate::task::raw) const NO_LIMIT: usize = usize::MAX;

    pub(in crate::task::raw) fn limit(&self) -> usize {
        self.limit
    }

    /// Returns the number of live tasks. It is approximate while other threads count.
    pub(in crate::task::raw) fn len(&self) -> usize {
        // Ordering: Relaxed, both - a number; a caller that decides by it says why it may.
        total(self.own.load(Ordering::Relaxed), self.shared.load(Ordering::Relaxed))
    }

    /// Adds one task. Called by the owner. `others_spawn` says whether other threads may add tasks, from now on and for
    /// ever.
    #[inline(always)]
    pub(in crate::task::raw) fn one_more_by_owner(&self, others_spawn: bool) -> Result<(), NoPlace> {
        if self.limit != Self::NO_LIMIT {
            if others_spawn {
                return self.one_more_by_other();
            }
            // Other threads add only for claims that wait. So an update that is missed makes the sum too large. And
            // claims have priority.
            // Ordering: Relaxed, both - as said; the owner itself sets the flag.
            let (own, shared) = (self.own.load(Ordering::Relaxed), self.shared.load(Ordering::Relaxed));
            if shared & AWAITED != 0 || total(own, shared) >= self.limit {
                return Err(NoPlace::Full);
            }
        }
        // Ordering: Relaxed - only the owner writes it, so no update is lost.
        self.own.store(self.own.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        Ok(())
    }

    /// Adds one task, on any thread. Fails while claims wait. Lock-free.
    pub(in crate::task::raw) fn one_more_by_other(&self) -> Result<(), NoPlace> {
        self.one_more_unless(CLOSED | AWAITED)
    }

    /// Adds one task, for the first claim that waits. Returns whether there was a place. The caller has locked the
    /// waiting claims, and one waits or is about to; so the owner adds nothing by load and store meanwhile.
    pub(in crate::task::raw) fn one_more_for_waiting(&self) -> bool {
        self.one_more_unless(CLOSED).is_ok()
    }

    /// Adds one task, unless one of the flags is set.
    #[inline(always)]
    fn one_more_unless(&self, refused: usize) -> Result<(), NoPlace> {
        // Ordering: Relaxed - compared below.
        let mut shared = self.shared.load(Ordering::Relaxed);
        loop {
            if shared & refused != 0 {
                return Err(if shared & CLOSED != 0 { NoPlace::Closed } else { NoPlace::Full });
            }
            // Ordering: Relaxed - where others spawn, the own part only becomes less; so a late read is too large, and
            // the limit is kept. A thread that adds to the shared part comes between, and makes the CAS fail.
            if self.limit != Self::NO_LIMIT && total(self.own.load(Ordering::Relaxed), shared) >= self.limit {
                return Err(NoPlace::Full);
            }
            // Ordering: Relaxed - a number; the thread that brings it back to zero is ordered by `one_less_by_other`.
            let more = shared.wrapping_add(ONE);
            match self.shared.compare_exchange_weak(shared, more, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(seen) => shared = seen,
            }
        }
    }

    /// Subtracts one task. Called by the owner while the executor has not ended.
    #[inline(always)]
    pub(in crate::task::raw) fn one_less_by_owner(&self) -> AfterLess {
        // Ordering: Relaxed - as in `one_more_by_owner`.
        self.own.store(self.own.load(Ordering::Relaxed).wrapping_sub(1), Ordering::Relaxed);
        // Ordering: Relaxed - only the owner waits for room, so it sees what it set.
        if self.shared.load(Ordering::Relaxed) & AWAITED != 0 { AfterLess::TellWaiting } else { AfterLess::Nothing }
    }

    /// Subtracts one task, on any thread. The core may be freed afterwards unless the caller keeps it. Wait-free.
    pub(in crate::task::raw) fn one_less_by_other(&self) -> AfterLess {
        // Ordering: Release - pairs with the Acquire here, of the thread that takes the last, and in `close`: all that
        // was done with the task comes before the core's end. Also with that in `wait`: the slot is given back before.
        let before = self.shared.fetch_sub(ONE, Ordering::AcqRel);
        if before & CLOSED != 0 && count_of(before) == 1 {
            AfterLess::LetGo
        } else if before & AWAITED != 0 {
            AfterLess::TellWaiting
        } else {
            AfterLess::Nothing
        }
    }

    /// Announces that a claim is going to wait for room. A thread that subtracts a task from now on notifies the claim.
    /// If a thread has subtracted a task before, the caller's next look sees that. Called by the owner.
    pub(in crate::task::raw) fn wait(&self) {
        // Ordering: Acquire - pairs with the Release in `one_less_by_other`. It is one word: a subtraction either comes
        // before this, and the smaller number is seen, or sees the flag.
        self.shared.fetch_or(AWAITED, Ordering::Acquire);
    }

    /// Announces that no claim waits for room any more. Called by the owner, or by the thread that notifies a claim,
    /// under the lock of the waiting claims.
    pub(in crate::task::raw) fn wait_no_more(&self) {
        // Ordering: Relaxed - the lock orders it against `wait`.
        self.shared.fetch_and(!AWAITED, Ordering::Relaxed);
    }

    /// Ends the executor: no task is added from now on, and all threads count in the shared word. Called by the owner,
    /// which stops being the owner, or by any thread if there never was an owner.
    pub(in crate::task::raw) fn close(&self) -> Closed {
        // First the own part, so that no thread that sees the flag takes its task for the last.
        // Ordering: Relaxed - only the owner writes it, and later reads only report a number.
        let own = self.own.load(Ordering::Relaxed);
        self.own.store(0, Ordering::Relaxed);
        // Ordering: Release - pairs with the Acquire in `one_less_by_other` of the thread that takes the last: the
        // owner's own frees.
        self.shared.fetch_add(own << ONE_SHIFT, Ordering::Release);
        // Ordering: Acquire - pairs with the Release in `one_less_by_other`, as there.
        let before = self.shared.fetch_or(CLOSED, Ordering::AcqRel);
        if before & CLOSED != 0 {
            Closed::Before
        } else if count_of(before) == 0 {
            Closed::Empty
        } else {
            Closed::WithTasks
        }
    }

    pub(in crate::task::raw) fn is_closed(&self) -> bool {
        // Ordering: Relaxed - a caller that must know is refused by `one_more_by_other`, or has itself ended the
        // executor.
        self.shared.load(Ordering::Relaxed) & CLOSED != 0
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

//! How many tasks of a core live: whether there is room for one more, and who lets go of the core at the end.
//!
//! The owner's thread counts plainly what it spawns and frees; all others count in one shared word. Both together are the
//! number of live tasks. At the end of the executor the owner's part is added to the shared one, and from then on all
//! count there; whoever brings it to zero lets go of the core for all tasks (K6).

use crate::sync::{Ordering, met::AtomicUsize};

/// Set in the shared word from the end of the executor on.
const CLOSED: usize = 1 << 0;
/// Set in the shared word while somebody waits for room.
const AWAITED: usize = 1 << 1;
const ONE_SHIFT: u32 = 2;
const ONE: usize = 1 << ONE_SHIFT;

/// How many tasks live.
pub(super) struct Population {
    /// The owner's part, wrapping. Written by the owner alone.
    own: AtomicUsize,
    /// The others' part, wrapping, and the flags.
    shared: AtomicUsize,
    /// At most so many.
    limit: usize,
}

/// Why there is no place for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    Full,
    Closed,
}

/// What is due after a task has gone.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterLess {
    Nothing,
    /// Tell somebody who waits for room.
    TellWaiting,
    /// It was the last, and the executor has ended: let go of the core for all tasks.
    LetGo,
}

/// What came of closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// Somebody had closed it.
    Before,
    /// No task lives.
    Empty,
    /// Tasks live: the last lets go of the core for all.
    WithTasks,
}

/// The count in a word, as far as words with two bits less go.
const fn count_of(shared: usize) -> usize {
    shared >> ONE_SHIFT
}

/// Both parts together. They are read one after the other, so their sum may come out below zero.
const fn total(own: usize, shared: usize) -> usize {
    let total = own.wrapping_add(count_of(shared)) << ONE_SHIFT >> ONE_SHIFT;
    if total > usize::MAX >> (ONE_SHIFT + 1) { 0 } else { total }
}

impl Population {
    /// `limit`: see [`Self::NO_LIMIT`].
    pub(super) fn new(limit: usize) -> Self {
        Self { own: AtomicUsize::new(0), shared: AtomicUsize::new(0), limit }
    }

    pub(super) const NO_LIMIT: usize = usize::MAX;

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// How many live: a number near the truth while others count.
    pub(super) fn len(&self) -> usize {
        // Ordering: Relaxed, both - a number; who decides by it says why he may.
        total(self.own.load(Ordering::Relaxed), self.shared.load(Ordering::Relaxed))
    }

    /// One more, by the owner. `others_spawn`: whether other threads may do the same, from now on for ever.
    #[inline(always)]
    pub(super) fn one_more_by_owner(&self, others_spawn: bool) -> Result<(), NoPlace> {
        if self.limit != Self::NO_LIMIT {
            if others_spawn {
                return self.one_more_by_other();
            }
            // Nobody else adds but for claims that wait, so what is missed makes the sum too large; and those go first.
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

    /// One more, on any thread. Not while claims wait. Lock-free.
    pub(super) fn one_more_by_other(&self) -> Result<(), NoPlace> {
        self.one_more_unless(CLOSED | AWAITED)
    }

    /// One more, for the first claim that waits. Returns whether there was a place. The caller has locked the claims that wait,
    /// and one does, or is about to: so the owner adds nothing plainly meanwhile.
    pub(super) fn one_more_for_waiting(&self) -> bool {
        self.one_more_unless(CLOSED).is_ok()
    }

    /// One more, unless one of the flags is set.
    #[inline(always)]
    fn one_more_unless(&self, refused: usize) -> Result<(), NoPlace> {
        // Ordering: Relaxed - compared below.
        let mut shared = self.shared.load(Ordering::Relaxed);
        loop {
            if shared & refused != 0 {
                return Err(if shared & CLOSED != 0 { NoPlace::Closed } else { NoPlace::Full });
            }
            // Ordering: Relaxed - where others spawn the own part only becomes less, so what is read late is too large, and
            // the limit is kept: whoever adds to the shared part comes between here, and the exchange fails.
            if self.limit != Self::NO_LIMIT && total(self.own.load(Ordering::Relaxed), shared) >= self.limit {
                return Err(NoPlace::Full);
            }
            // Ordering: Relaxed - a number; whoever brings it back to zero is ordered by `one_less_by_other`.
            let more = shared.wrapping_add(ONE);
            match self.shared.compare_exchange_weak(shared, more, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(seen) => shared = seen,
            }
        }
    }

    /// One less, by the owner, while the executor has not ended.
    #[inline(always)]
    pub(super) fn one_less_by_owner(&self) -> AfterLess {
        // Ordering: Relaxed - as in `one_more_by_owner`.
        self.own.store(self.own.load(Ordering::Relaxed).wrapping_sub(1), Ordering::Relaxed);
        // Ordering: Relaxed - it is the owner himself who waits for room, so he sees what he set.
        if self.shared.load(Ordering::Relaxed) & AWAITED != 0 { AfterLess::TellWaiting } else { AfterLess::Nothing }
    }

    /// One less, by whomever. The core may be gone afterwards unless the caller keeps it. Wait-free.
    pub(super) fn one_less_by_other(&self) -> AfterLess {
        // Ordering: Release - pairs with the Acquire here, of who takes the last, and in `close`: all that was done with
        // the task comes before the core's end. Also with that in `wait`: the slot is given back before.
        let before = self.shared.fetch_sub(ONE, Ordering::AcqRel);
        if before & CLOSED != 0 && count_of(before) == 1 {
            AfterLess::LetGo
        } else if before & AWAITED != 0 {
            AfterLess::TellWaiting
        } else {
            AfterLess::Nothing
        }
    }

    /// Somebody is going to wait for room: whoever counts one less from now on tells him, and whoever did before is seen by
    /// the caller's next look. By the owner.
    pub(super) fn wait(&self) {
        // Ordering: Acquire - pairs with the Release in `one_less_by_other`. One word: who counts one less either comes
        // before this, and the count is seen to be less, or sees the flag.
        self.shared.fetch_or(AWAITED, Ordering::Acquire);
    }

    /// Nobody waits for room any more. By the owner, or who tells him, under the lock of those who wait.
    pub(super) fn wait_no_more(&self) {
        // Ordering: Relaxed - the lock orders it against `wait`.
        self.shared.fetch_and(!AWAITED, Ordering::Relaxed);
    }

    /// The executor ends: nobody counts one more from now on, and all count in the shared word. By the owner, who is none any
    /// more; or, where there never was one, by anybody.
    pub(super) fn close(&self) -> Closed {
        // First the own part, so that nobody who sees the flag takes his task for the last.
        // Ordering: Relaxed - only the owner writes it, and nobody reads it afterwards for more than a number.
        let own = self.own.load(Ordering::Relaxed);
        self.own.store(0, Ordering::Relaxed);
        // Ordering: Release - pairs with the Acquire in `one_less_by_other` of who takes the last: the owner's own frees.
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

    pub(super) fn is_closed(&self) -> bool {
        // Ordering: Relaxed - who must know is refused by `one_more_by_other`, or has ended the executor himself.
        self.shared.load(Ordering::Relaxed) & CLOSED != 0
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

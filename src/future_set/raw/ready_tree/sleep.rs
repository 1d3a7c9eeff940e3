//! How the owner goes to sleep and is woken: the flags of the top, and the place of the outer waker.

use core::task::Waker;

use super::ReadyTree;
use crate::sync::{Ordering, met::AtomicUsize};

/// The owner sleeps, and its waker is in its place.
pub(super) const ASLEEP: usize = 1 << (usize::BITS - 1);
/// A thread that woke the owner is moving the waker out of its place.
pub(super) const TAKING: usize = 1 << (usize::BITS - 2);
pub(super) const FLAGS: usize = ASLEEP | TAKING;

impl ReadyTree {
    /// Marks the owner as sleeping, with its waker in place, before it returns with nothing to do. Returns `false` if
    /// there is something to do, or a thread is still waking the owner.
    ///
    /// # Safety
    ///
    /// The caller is the owner, is awake, and has nothing left of what it has taken.
    pub(in crate::future_set::raw) unsafe fn fall_asleep(&self, waker: &Waker) -> bool {
        let top = self.top();
        // SAFETY: the caller is the owner.
        let has_lone = || !unsafe { self.lone() }.is_null();
        // SAFETY: as above.
        let has_own_marks = || has_lone() || unsafe { top.own() } != 0;
        // Ordering: Acquire - pairs with the Release in `wake_owner`: the place is the owner's again.
        if top.ready.load(Ordering::Acquire) != 0 || has_own_marks() {
            return false;
        }
        // A future may have been handed over since the round began.
        // SAFETY: no flag is set, and the owner alone sets one.
        if !self.handed.with(|handed| unsafe { *handed }).is_null() {
            return false;
        }
        // SAFETY: no flag is set, and the owner alone sets one.
        let is_there = self.outer.with(|outer| unsafe { &*outer }.as_ref().is_some_and(|left| left.will_wake(waker)));
        if !is_there {
            // User code, which may panic: then nothing has changed.
            let waker = Some(waker.clone());
            // SAFETY: as above; no user code runs here.
            let before = self.outer.with_mut(|outer| unsafe { outer.replace(waker) });
            // User code again.
            drop(before);
            if has_own_marks() {
                return false;
            }
        }
        // Ordering: Release - pairs with the Acquire in `mark_top` and `hand_over`; publishes the waker.
        top.ready.compare_exchange(0, ASLEEP, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Marks the owner as awake again, for whichever reason it is polled.
    ///
    /// # Safety
    ///
    /// The caller is the owner.
    #[inline(always)]
    pub(in crate::future_set::raw) unsafe fn wake_up(&self) {
        let top = &self.top().ready;
        // Ordering: Relaxed, twice - the waker in its place is the owner's own. A thread that saw the flag has taken
        // the waker, and clears `TAKING` for the owner to acquire.
        if top.load(Ordering::Relaxed) == ASLEEP {
            let _ = top.compare_exchange(ASLEEP, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Moves the owner's waker out, hands over the future of this name unless that is null, and wakes the owner.
    ///
    /// # Safety
    ///
    /// The caller has set `TAKING`, and keeps the tree.
    pub(super) unsafe fn wake_owner(&self, top: &AtomicUsize, name: *const ()) {
        // SAFETY: `TAKING` makes the place the caller's.
        let waker = self.outer.with_mut(|outer| unsafe { (*outer).take() });
        if !name.is_null() {
            // SAFETY: as above.
            self.handed.with_mut(|handed| unsafe { *handed = name });
        }
        // Ordering: Release - pairs with the Acquire in `fall_asleep`, `take_top` and `end`: the places are the owner's
        // again, and what was done before the wake that was handed over comes before the poll.
        top.fetch_and(!TAKING, Ordering::Release);
        // User code, which may panic: the panic propagates to the waking thread, as panics of wakers do.
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends the owner: its waker is not called any more, except by a thread that is already waking it. Returns the
    /// waker, unless such a thread has it.
    ///
    /// # Safety
    ///
    /// The caller is the owner, and does nothing with the tree afterwards.
    pub(in crate::future_set::raw) unsafe fn end(&self) -> Option<Waker> {
        // SAFETY: as of this function.
        unsafe { self.wake_up() };
        // Ordering: Acquire - pairs with the Release in `wake_owner`.
        if self.top().ready.load(Ordering::Acquire) & FLAGS != 0 {
            return None; // the thread that takes it drops it
        }
        // SAFETY: no flag is set, and the owner alone sets one.
        self.outer.with_mut(|outer| unsafe { (*outer).take() })
    }
}

//! The end of an executor, then of its last task, then of the last slot that lingers: the last of them releases the core (K6).

use core::mem::ManuallyDrop;
use std::sync::Arc;

use super::{Core, Submit, population::Closed};
#[cfg(flagstone_loom)]
use crate::sync::Ordering;
use crate::task::storage::Storage;

impl<S: Submit, M: Storage> Core<S, M> {
    /// Ends the executor: nothing is spawned from now on, and the tasks that live keep the core alive. The caller must
    /// end the tasks that are counted, unless there are none. Called by the owner, if there was one.
    pub(in crate::task::raw) fn close(self: &Arc<Self>) -> Closed {
        // First, since the last task may end at once. Released with the last task and the last slot that lingers (K6).
        let own_count = ManuallyDrop::new(Arc::clone(self));
        let closed = self.population.close();
        match closed {
            Closed::WithTasks => {}
            Closed::Empty => self.none_lives(),
            Closed::Before => drop(ManuallyDrop::into_inner(own_count)),
        }
        // Tells the waiting claims that there will be no room.
        self.scheduler.rare().waiting.tell_all(&self.population);
        closed
    }

    /// Drops what only tasks need, after the executor and its last task have ended. If no slot lingers, releases the
    /// core's own count. The caller keeps the core alive.
    #[cold]
    pub(super) fn none_lives(&self) {
        // SAFETY: nothing is spawned any more, and no task lives; the population reports that once.
        unsafe { self.scheduler.none_lives() };
        if self.scheduler.rare().lingering.none_lives() {
            self.release_own_count();
        }
    }

    /// Records that the entry of a task was removed but its slot was not freed, since references to it exist. Called
    /// before the task is subtracted from the population.
    #[cold]
    pub(in crate::task::raw) fn lingers(&self) {
        self.scheduler.rare().lingering.one_more();
    }

    /// Records that the slot of a task that lingered was freed. The caller keeps the core alive.
    #[cold]
    pub(in crate::task::raw) fn lingers_no_more(&self) {
        if self.scheduler.rare().lingering.one_less() {
            self.release_own_count();
        }
    }

    fn release_own_count(&self) {
        self.before_release();
        // SAFETY: `close` has kept the count that is released here, once; the caller has another.
        unsafe { Arc::decrement_strong_count(self.sites.core().cast::<Self>().as_ptr()) };
    }

    /// Tells `loom` about the ordering of the core's `Arc`, which `loom` does not see. Called when the current thread
    /// is about to release a count of it.
    #[inline(always)]
    pub(in crate::task::raw) fn before_release(&self) {
        #[cfg(flagstone_loom)]
        // Ordering: Release - pairs with the Acquire in `drop`, as in `Arc`.
        self.released.fetch_add(1, Ordering::Release);
    }

    /// Returns the memory of unused slots to the operating system, if a handle or a waker of a removed task keeps the
    /// core alive.
    pub(in crate::task::raw) fn trim_after_end(self: &Arc<Self>) {
        if self.scheduler.rare().lingering.is_any() || Arc::strong_count(self) > 1 {
            self.shards.trim();
        }
        self.before_release();
    }
}

#[cfg(flagstone_loom)]
impl<S, M: Storage> Drop for Core<S, M> {
    fn drop(&mut self) {
        // Ordering: Acquire - pairs with the Release in `before_release`, as in `Arc`.
        self.released.load(Ordering::Acquire);
    }
}

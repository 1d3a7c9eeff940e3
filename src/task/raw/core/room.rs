//! Slots for tasks that will be: reserved by the owner or another thread, waited for, and given back unused.

use core::{mem::ManuallyDrop, task::Waker};
use std::sync::Arc;

use super::{Core, Submit, TaskPlace, population::NoPlace};
use crate::{raw::NoRoom, task::storage::Storage};

impl<S: Submit, M: Storage> Core<S, M> {
    /// Allocates slots for the current thread, so that `tasks` more tasks need no allocation there. `claimed` is the
    /// number of reserved slots that hold no entry yet.
    pub(crate) fn make_slots(&self, tasks: usize, claimed: usize) -> Result<(), NoRoom> {
        if self.limit().is_some_and(|limit| tasks > limit.saturating_sub(self.len())) {
            return Err(NoRoom::Pages);
        }
        self.shards.make_room(tasks.saturating_add(claimed))
    }

    /// Adds a task to the population and reserves its slot. The current thread is the owner; `others_spawn` is that of
    /// [`Population::one_more_by_owner`](super::population::Population::one_more_by_owner).
    #[inline(always)]
    pub(in crate::task::raw) fn reserve_by_owner(&self, others_spawn: bool) -> Result<TaskPlace<M>, NoPlace> {
        self.population.one_more_by_owner(others_spawn)?;
        self.shards.reserve_place().ok_or_else(|| self.no_slot())
    }

    /// Does the same as [`Self::reserve_by_owner`], on any thread. The caller keeps the core alive.
    pub(in crate::task::raw) fn reserve_by_other(&self) -> Result<TaskPlace<M>, NoPlace> {
        self.population.one_more_by_other()?;
        self.shards.reserve_place().ok_or_else(|| self.no_slot())
    }

    /// Undoes the counting of a task.
    #[cold]
    fn no_slot(&self) -> NoPlace {
        self.one_less();
        NoPlace::Full
    }

    /// Frees a reserved slot, and subtracts its task from the population.
    ///
    /// # Safety
    ///
    /// The place was reserved in this core, and holds nothing that must be dropped. The caller keeps the core alive.
    #[cold]
    pub(in crate::task::raw) unsafe fn abandon(&self, place: TaskPlace<M>) {
        // SAFETY: the place is of this core's table.
        unsafe { self.shards.abandon_place(place) };
        self.one_less();
    }

    /// Reserves a slot that the population does not count: of a root, or of a task that ends when it is made. The slot
    /// has a count of the `Arc` instead.
    pub(in crate::task::raw) fn reserve_uncounted(self: &Arc<Self>) -> Option<TaskPlace<M>> {
        let place = self.shards.reserve_place()?;
        let _for_the_slot = ManuallyDrop::new(Arc::clone(self));
        Some(place)
    }

    /// Releases the count of the `Arc` for an uncounted slot, which has been freed. The caller keeps the core alive.
    #[cold]
    pub(in crate::task::raw) fn one_uncounted_less(&self) {
        // SAFETY: `reserve_uncounted` has kept the count for the slot, which is freed; the caller has another.
        unsafe { Arc::decrement_strong_count(self.sites.core().cast::<Self>().as_ptr()) };
    }

    /// Waits for a place. Returns `None` if there is one, which the caller may [use](Self::reserve_granted) now.
    /// Otherwise returns the position in the queue. Called by the owner.
    pub(crate) fn wait_for_room(&self, waker: &Waker) -> Option<usize> {
        self.scheduler.rare().waiting.wait(&self.population, waker)
    }

    /// Returns whether the waiter at this position of the queue now has a place. If so, the caller may
    /// [use](Self::reserve_granted) it, and waits no more. Called by the owner.
    pub(crate) fn has_room(&self, waiting: usize, waker: &Waker) -> bool {
        self.scheduler.rare().waiting.is_granted(waiting, waker)
    }

    /// Removes the waiter at this position of the queue. The caller keeps the core alive. Called by the owner.
    pub(crate) fn wait_no_more(&self, waiting: usize) {
        if self.scheduler.rare().waiting.leave(&self.population, waiting) {
            self.one_less();
        }
    }

    /// Reserves a slot, for a place that was waited for. `None` if there is no memory. Called by the owner.
    pub(in crate::task::raw) fn reserve_granted(&self) -> Option<TaskPlace<M>> {
        let place = self.shards.reserve_place();
        if place.is_none() {
            self.one_less();
        }
        place
    }
}

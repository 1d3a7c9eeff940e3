//! Making a task in a slot.

use core::{future::Future, mem::ManuallyDrop, panic::Location, ptr::NonNull};
use std::sync::Arc;

use super::{
    cell::{Cell, CellError, Label, Typed},
    join::RawJoin,
    outcome::Failure,
    population::NoPlace,
    run::{Token, end},
    slot::TaskSlot,
    state::Snapshot,
};
use crate::task::{
    raw::core::{Core, Submit, TaskPlace},
    spawn_error::Refusal,
    storage::Storage,
};

/// Where a task was spawned, and its kind.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) location: &'static Location<'static>,
    pub(crate) kind: &'static str,
}

/// A slot with room for one future of a type, counted as a task. If it is dropped before a task is made in it, the slot
/// is freed and the task is no longer counted.
pub(crate) struct Prepared<'a, F: Future, L: Label, S: Submit, M: Storage> {
    core: &'a Core<S, M>,
    place: ManuallyDrop<TaskPlace<M>>,
    cell: NonNull<Cell<F, L>>,
}

impl From<NoPlace> for Refusal {
    fn from(reason: NoPlace) -> Self {
        match reason {
            NoPlace::Full => Self::Full,
            NoPlace::Closed => Self::ShutDown,
        }
    }
}

impl From<CellError> for Refusal {
    fn from(reason: CellError) -> Self {
        match reason {
            CellError::TooLarge { needed, had } => Self::TooLarge { needed, had },
            CellError::Align { needed, had } => Self::Align { needed, had },
            CellError::Memory => Self::Full,
        }
    }
}

impl<'a, F: Future, L: Label, S: Submit, M: Storage> Prepared<'a, F, L, S, M> {
    /// Makes room in the slot that `reserve` reserves, if the future fits.
    #[inline(always)]
    pub(crate) fn new(
        core: &'a Core<S, M>,
        reserve: impl FnOnce(&'a Core<S, M>) -> Result<TaskPlace<M>, NoPlace>,
    ) -> Result<Self, Refusal> {
        Typed::<F, L, S, M>::check()?;
        let place = reserve(core)?;
        // SAFETY: the slot is reserved, and of this storage.
        unsafe { Self::in_place(core, place) }
    }

    /// Makes room in a slot. Frees the slot if that fails.
    ///
    /// # Safety
    ///
    /// The place was reserved in this core.
    #[inline(always)]
    pub(crate) unsafe fn in_place(core: &'a Core<S, M>, place: TaskPlace<M>) -> Result<Self, Refusal> {
        let room = TaskSlot::<M::Room>::room_of(place.value());
        // SAFETY: the slot is the caller's.
        match unsafe { Typed::<F, L, S, M>::make_room(room) } {
            Ok(cell) => Ok(Self { core, place: ManuallyDrop::new(place), cell }),
            Err(reason) => {
                // SAFETY: as of this function; nothing is in the slot.
                unsafe { core.abandon(place) };
                Err(reason.into())
            }
        }
    }

    /// Makes the task, with a join handle and its token. `make` is user code; if it panics, the slot is freed.
    #[inline(always)]
    pub(crate) fn make(
        self,
        origin: Origin,
        born: u32,
        label: L,
        make: impl FnOnce() -> F,
    ) -> (RawJoin<F::Output>, Token) {
        let future = make();
        // SAFETY: the cell is this one's, and nothing is in it.
        unsafe { Typed::<F, L, S, M>::fill(self.cell, label, future) };
        let mut this = ManuallyDrop::new(self);
        // SAFETY: it is not used again, nor dropped.
        let place = unsafe { ManuallyDrop::take(&mut this.place) };
        let site = this.core.site(&Typed::<F, L, S, M>::VTABLE, origin.location, origin.kind);
        // SAFETY: all that is needed was done before; the place is of this core.
        let task = unsafe { this.core.publish(place, Snapshot::new(true), site, born) };
        // SAFETY: the task was made with a join handle, which is handed out once.
        let join = unsafe { RawJoin::new(task) };
        // SAFETY: the task was made with its first token, which is handed out once.
        (join, unsafe { Token::new(task) })
    }
}

impl<S: Submit, M: Storage> Core<S, M> {
    /// Spawns a future after the executor's end: a task that was never polled, and has ended with the executor. Its
    /// future is dropped here. `None` if there is no memory for its slot.
    #[cold]
    pub(crate) fn spawn_ended<F: Future>(self: &Arc<Self>, origin: Origin, future: F) -> Option<RawJoin<F::Output>> {
        let place = self.reserve_uncounted()?;
        let room = TaskSlot::<M::Room>::room_of(place.value());
        // SAFETY: the slot is reserved, and of this storage.
        let Ok(cell) = (unsafe { Typed::<F, (), S, M>::make_room(room) }) else {
            // SAFETY: the place is of this table, and nothing is in it.
            unsafe { self.shards.abandon_place(place) };
            self.one_uncounted_less();
            return None;
        };
        // SAFETY: the cell was just made, and nothing is in it.
        unsafe { Typed::<F, (), S, M>::fill(cell, (), future) };
        let site = self.site(&Typed::<F, (), S, M>::UNCOUNTED_VTABLE, origin.location, origin.kind);
        // SAFETY: the place is of this core, and the cell complete.
        let task = unsafe { self.publish(place, Snapshot::new(true), site, self.now()) };
        // SAFETY: the task was made with a join handle, which is handed out once.
        let join = unsafe { RawJoin::new(task) };
        // SAFETY: the task was made with its first token, which is handed out once.
        let token = unsafe { Token::new(task) };
        let task = token.into_pointer();
        // The walk of an executor that is ending may find the task as well: the first of the two ends it.
        // SAFETY: the join handle is a right to the task.
        if unsafe { task.header() }.state.claim_end() {
            // SAFETY: the claim is the right to end it; it was never polled, so it may be dropped here.
            unsafe { end(task, Failure::ShutDown) };
        }
        Some(join)
    }
}

impl<F: Future, L: Label, S: Submit, M: Storage> Drop for Prepared<'_, F, L, S, M> {
    #[cold]
    fn drop(&mut self) {
        // SAFETY: the cell is this one's, and nothing is in it.
        unsafe { Typed::<F, L, S, M>::free_room(self.cell) };
        // SAFETY: it is not used again.
        let place = unsafe { ManuallyDrop::take(&mut self.place) };
        // SAFETY: the place is of this core, and nothing is in it.
        unsafe { self.core.abandon(place) };
    }
}

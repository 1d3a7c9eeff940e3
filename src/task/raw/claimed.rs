//! A slot that somebody has claimed before he has a future for it.

use core::{future::Future, mem::ManuallyDrop};

use super::{
    core::TaskPlace,
    join::RawJoin,
    owner::Owner,
    population::NoPlace,
    spawn::{Origin, Prepared},
};
use crate::task::{spawn_error::Refusal, storage::Storage};

/// A slot that is the holder's, counted as a task; given back unless a task is made in it. It keeps the core.
pub(crate) struct Claimed<M: Storage> {
    owner: Owner<M>,
    place: ManuallyDrop<TaskPlace<M>>,
}

impl<M: Storage> Claimed<M> {
    pub(crate) fn new(owner: &Owner<M>) -> Result<Self, NoPlace> {
        let place = owner.reserve()?;
        Ok(Self { owner: owner.clone(), place: ManuallyDrop::new(place) })
    }

    pub(crate) fn key(&self) -> usize {
        self.place.key()
    }

    /// Spawns the future that `make` makes of `source`, or gives `source` back, and the slot.
    pub(crate) fn spawn<G, F: Future + 'static>(
        self,
        origin: Origin,
        source: G,
        make: impl FnOnce(G) -> F,
    ) -> Result<RawJoin<F::Output>, (G, Refusal)> {
        if self.owner.core().is_closed() {
            return Err((source, Refusal::ShutDown));
        }
        let mut this = ManuallyDrop::new(self);
        // SAFETY: it is not used again, nor dropped.
        let place = unsafe { ManuallyDrop::take(&mut this.place) };
        // SAFETY: as above.
        let owner = unsafe { core::ptr::read(&raw const this.owner) };
        // SAFETY: the place is of this core.
        match unsafe { Prepared::in_place(owner.core(), place) } {
            Ok(prepared) => Ok(owner.spawn(prepared, origin, (), || make(source))),
            Err(reason) => Err((source, reason)),
        }
    }
}

impl<M: Storage> Drop for Claimed<M> {
    fn drop(&mut self) {
        // SAFETY: it is not used again.
        let place = unsafe { ManuallyDrop::take(&mut self.place) };
        // SAFETY: the place is of this core, and nothing is in it.
        unsafe { self.owner.core().abandon(place) };
    }
}

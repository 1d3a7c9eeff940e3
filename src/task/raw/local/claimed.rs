//! A slot that is claimed before there is a future for it.

use core::future::Future;

use super::owner::Owner;
use crate::task::{
    raw::core::{
        TaskPlace,
        cell::Label,
        join::RawJoin,
        population::NoPlace,
        spawn::{Origin, Prepared},
    },
    spawn_error::Refusal,
    storage::Storage,
};

/// A reserved slot, which is counted as a task. It is freed unless a task is made in it. It keeps the core alive.
pub(crate) struct Claimed<M: Storage> {
    owner: Owner<M>,
    /// `None` if there can be no place: the executor had ended before, has no room at all, or there is no memory.
    place: Option<TaskPlace<M>>,
}

impl<M: Storage> Claimed<M> {
    pub(crate) fn new(owner: &Owner<M>) -> Result<Self, NoPlace> {
        Ok(Self::of(owner, Some(owner.reserve()?)))
    }

    /// Claims the slot for a place that was waited for, or nothing if there is no memory.
    pub(crate) fn of_granted(owner: &Owner<M>) -> Self {
        Self::of(owner, owner.core().reserve_granted())
    }

    /// Claims nothing, for the case that there can be no place.
    pub(crate) fn nothing(owner: &Owner<M>) -> Self {
        Self::of(owner, None)
    }

    fn of(owner: &Owner<M>, place: Option<TaskPlace<M>>) -> Self {
        owner.count_claimed(usize::from(place.is_some()));
        Self { owner: owner.clone(), place }
    }

    fn take(&mut self) -> Option<TaskPlace<M>> {
        let place = self.place.take();
        self.owner.count_claimed(usize::from(place.is_some()).wrapping_neg());
        place
    }

    /// Returns the number of the executor, and the key of the slot. Without a slot the key is `usize::MAX`, which is
    /// never a key.
    pub(crate) fn id(&self) -> (usize, usize) {
        (self.owner.core().executor(), self.place.as_ref().map_or(usize::MAX, TaskPlace::<M>::key))
    }

    /// Spawns the future that `make` makes of `source`; or returns `source`, and frees the slot.
    pub(crate) fn spawn<G, F: Future + 'static, L: Label>(
        mut self,
        origin: Origin,
        label: L,
        source: G,
        make: impl FnOnce(G) -> F,
    ) -> Result<RawJoin<F::Output>, (G, Refusal)> {
        if self.owner.core().is_closed() {
            return Err((source, Refusal::ShutDown));
        }
        let Some(place) = self.take() else { return Err((source, Refusal::Full)) };
        // SAFETY: the place is of this core.
        match unsafe { Prepared::in_place(self.owner.core(), place) } {
            Ok(prepared) => Ok(self.owner.spawn(prepared, origin, label, || make(source))),
            Err(reason) => Err((source, reason)),
        }
    }
}

impl<M: Storage> Drop for Claimed<M> {
    fn drop(&mut self) {
        if let Some(place) = self.take() {
            // SAFETY: the place is of this core, and nothing is in it.
            unsafe { self.owner.core().abandon(place) };
        }
    }
}

//! Slots that somebody fills in place, and entries that he refers to by address: what tasks stand on.

#[cfg(not(flagstone_loom))]
use core::mem::offset_of;
use core::ptr::NonNull;

use super::{
    ending::Ending,
    insertion::Vacancy,
    lifecycle::{Duty, Lifecycle, LifecycleCell, Released},
    shard::Shard,
    shard_table::{ShardTable, too_many_guards},
    slot::Slot,
};
use crate::{config::Config, key::Key};

/// A free slot that is the holder's to fill in place. Not given back unless [`ShardTable::abandon_place`] is called.
pub(crate) struct Place<T, C> {
    key: Key<C>,
    generation: usize,
    slot: NonNull<Slot<T>>,
    shard: NonNull<Shard<T, C>>,
}

impl<T, C: Config> Place<T, C> {
    pub(crate) fn key(&self) -> usize {
        self.key.raw()
    }

    /// Where the value belongs. Neither it nor any value is there. The pointer may be used for the slot's word too, by
    /// its distance.
    pub(crate) fn value(&self) -> NonNull<T> {
        value_of(self.slot)
    }

    /// The word of the slot.
    pub(crate) fn lifecycle(&self) -> NonNull<LifecycleCell> {
        self.slot.cast()
    }
}

/// Where the value of a slot is. The pointer has the provenance of `slot`, the word's included.
fn value_of<T>(slot: NonNull<Slot<T>>) -> NonNull<T> {
    #[cfg(flagstone_loom)]
    // SAFETY: slots live as long as their table, which whoever has the address keeps.
    let value = unsafe { slot.as_ref() }.value();
    #[cfg(flagstone_loom)]
    // SAFETY: a slot's address is not null.
    let value = unsafe { NonNull::new_unchecked(value) };
    #[cfg(not(flagstone_loom))]
    // SAFETY: the value lies in the slot.
    let value = unsafe { slot.byte_add(offset_of!(Slot<T>, value)) }.cast();
    value
}

impl<T, C: Config> ShardTable<T, C> {
    /// Takes a free slot out of the current thread's shard, as an insertion does. `None` if that is full, or memory is.
    #[inline(always)]
    pub(crate) fn reserve_place(&self) -> Option<Place<T, C>> {
        let Vacancy { key, generation, slot, shard, .. } = match self.reserve_fast() {
            Some(vacancy) => vacancy,
            None => self.reserve()?,
        };
        Some(Place { key, generation, slot, shard: NonNull::from(shard) })
    }

    /// Makes the slot an entry that others can read.
    ///
    /// # Safety
    ///
    /// The place came from this table, and a value has been put in it.
    #[inline(always)]
    pub(crate) unsafe fn publish_place(&self, place: Place<T, C>) {
        // SAFETY: slots live as long as `self`.
        unsafe { place.slot.as_ref() }.lifecycle.publish(place.generation);
        // SAFETY: shards live as long as `self`, and the place came from this table.
        unsafe { place.shard.as_ref() }.count(1);
    }

    /// Gives the slot back.
    ///
    /// # Safety
    ///
    /// The place came from this table, and no value is in it.
    pub(crate) unsafe fn abandon_place(&self, place: Place<T, C>) {
        // SAFETY: as of this function; the place is not used afterwards.
        unsafe { self.give_back(place.key, false) };
    }

    /// The value of the entry of `key`, with a counted reference to it, if there is such an entry. Lock-free.
    ///
    /// # Panics
    ///
    /// If as many are out as can be counted.
    pub(crate) fn share_place(&self, key: usize) -> Option<NonNull<T>> {
        if !self.has_slot(key) {
            return None;
        }
        let found = self.share(key)?;
        // SAFETY: the page has a slot of this offset.
        let slot = unsafe { found.page.slots(found.key.page()).at(found.key.offset()) };
        Some(value_of(slot))
    }

    /// Where the value of the entry of `key` is, if there is such an entry at this moment. Without right or count: the caller
    /// has pinned the slab, or knows the entry for other reasons.
    pub(crate) fn address_of(&self, key: usize) -> Option<NonNull<T>> {
        debug_assert!(self.has_slot(key));
        let found = self.find(key)?;
        if !found.slot.lifecycle.become_readable(found.key) {
            return None;
        }
        // SAFETY: an offset is masked with the page's size.
        let slot = unsafe { found.page.slots(found.key.page()).at(found.key.offset()) };
        Some(value_of(slot))
    }

    /// Ends the value of a removed entry whose last reference was let go, and frees its slot.
    ///
    /// # Safety
    ///
    /// `key` is that of an entry of this table for which [`release_entry`] said so to the caller, once.
    #[cold]
    pub(crate) unsafe fn finish_entry<E: Ending<T>>(&self, key: usize) {
        let Some(found) = self.find(key) else { unreachable!("a referenced entry is in the table") };
        found.slot.lifecycle.claim_last(found.key.page());
        // SAFETY: the caller's was the last reference to a removed entry, so the slot is the caller's (L2), and no pinned thread
        // reads its value (N1).
        unsafe { self.end_value::<E>(&found) };
    }
}

/// One counted reference more to an entry, of somebody who has a right to it. Lock-free.
///
/// # Panics
///
/// If as many are out as can be counted.
#[inline(always)]
pub(crate) fn share_entry<C: Config>(lifecycle: &LifecycleCell, key: usize) {
    let key = Key::<C>::from_raw(key);
    match lifecycle.share_again(key.page()) {
        Ok(()) => {}
        Err(_) => too_many_guards(key),
    }
}

/// How many counted references there are to an entry, and whether it is there still.
pub(crate) fn references_of<C: Config>(lifecycle: &LifecycleCell, key: usize) -> (usize, bool) {
    let key = Key::<C>::from_raw(key);
    let lifecycle = lifecycle.peek(key.page());
    (lifecycle.guards(), lifecycle.is_present(key))
}

/// Gives a counted reference back. Whether it was the last to a removed entry: then its slot is the caller's, for
/// [`ShardTable::finish_entry`].
#[must_use]
#[inline(always)]
pub(crate) fn release_entry<C: Config>(lifecycle: &LifecycleCell, key: usize) -> bool {
    match lifecycle.release() {
        Released::Present => false,
        Released::Gone(before) => {
            Lifecycle::new(before, Key::<C>::from_raw(key).page()).duty_of_release() == Duty::Destroy
        }
    }
}

//! Slots that somebody fills in place, and entries that he refers to by address: what tasks stand on.

#[cfg(not(flagstone_loom))]
use core::mem::offset_of;
use core::ptr::NonNull;

use super::{
    ending::Ending,
    hold::Hold,
    insertion::Vacancy,
    lifecycle::{Duty, Lifecycle, LifecycleCell, Released},
    pinned::Pinned,
    shard::Shard,
    shard_table::{ShardTable, too_many_guards},
    slot::Slot,
    walk::Walk,
};
use crate::{
    config::Config,
    key::{Key, PageNumber},
    thread_id,
};

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
    /// Takes a free slot out of the current thread's shard, as an insertion does; but slots that other threads have given back come
    /// before such as were never used, as far as that has been announced. `None` if the shard is full, or memory is.
    #[inline(always)]
    pub(crate) fn reserve_place(&self) -> Option<Place<T, C>> {
        let Vacancy { key, generation, slot, shard, .. } = match self.reserve_used() {
            Some(vacancy) => vacancy,
            None => self.reserve()?,
        };
        Some(Place { key, generation, slot, shard: NonNull::from(shard) })
    }

    /// As [`reserve_place`](Self::reserve_place), if that needs nothing but the shard's own lists.
    #[inline(always)]
    fn reserve_used(&self) -> Option<Vacancy<'_, T, C>> {
        // The numbers of threads that have none are longer than any roster.
        let shard = self.shard(thread_id::current())?;
        // SAFETY: the current thread has the shard's number, so that is not 0 (T3) and it owns the shard (T1).
        let mut page = unsafe { shard.current() }?;
        // SAFETY: as above.
        if unsafe { page.page().owner.0.list.first_is_blank() } {
            // SAFETY: as above.
            unsafe { self.take_in_returned(shard) };
            // SAFETY: as above.
            page = unsafe { shard.current() }?;
        }
        // SAFETY: as above, and the page is the shard's current one.
        Some(unsafe { self.pop(shard, page) })
    }

    /// Puts what others gave back, as far as they have announced it, before what is on an owner's lists.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard (T1).
    #[cold]
    unsafe fn take_in_returned(&self, shard: &Shard<T, C>) {
        let mut pages = shard.take_returned();
        // SAFETY: as of this function.
        let Some(row) = (unsafe { shard.row() }) else { return };
        while pages != 0 {
            let number = PageNumber::<C>::new(pages.trailing_zeros());
            pages &= pages - 1;
            let Some(page) = self.directory().page(row, number) else { continue };
            if let Some((first, counted)) = page.page().others.0.remote.take_all(number) {
                // SAFETY: the caller owns the page, and the chain comes from its stack.
                unsafe { page.page().owner.0.list.prepend(page.slots(number), first) };
                // SAFETY: the caller owns the shard, and the page has this number.
                unsafe { shard.has_slots(page, number) };
                shard.count_by_owner(counted.wrapping_neg());
            }
        }
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
    fn address_of(&self, key: usize) -> Option<NonNull<T>> {
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

/// Calls `act` with the place of each entry that is there throughout, once, and with those of some that come or go meanwhile.
///
/// The slab is pinned for a stretch of so many slots at a time, during which the places stay what they are; with how many guards of
/// its own the pin counts the entry (0 or 1). So what ends meanwhile is freed after a stretch.
pub(crate) fn for_each_place<T, C: Config, H: Hold<T, C> + Copy>(
    hold: H,
    stretch: usize,
    mut act: impl FnMut(NonNull<T>, usize),
) {
    let mut walk = Walk::new();
    loop {
        let pinned = Pinned::new(hold);
        let mut slots_left = stretch;
        while let Some(key) = walk.next_present_within(hold.shards(), &mut slots_left) {
            with_place_of(&pinned, key, &mut act);
        }
        if slots_left > 0 {
            return;
        }
    }
}

/// Calls `act` with the place of the entry of `key`, which may be any number, if there is one, as [`for_each_place`] does.
pub(crate) fn with_place<T, C: Config, H: Hold<T, C> + Copy>(hold: H, key: usize, act: impl FnMut(NonNull<T>, usize)) {
    if hold.shards().has_slot(key) {
        with_place_of(&Pinned::new(hold), key, act);
    }
}

fn with_place_of<T, C: Config, H: Hold<T, C> + Copy>(
    pinned: &Pinned<T, C, H>,
    key: usize,
    mut act: impl FnMut(NonNull<T>, usize),
) {
    // It may go between the two; then it is not needed.
    if pinned.get(key).is_some()
        && let Some(place) = pinned.hold().shards().address_of(key)
    {
        act(place, usize::from(pinned.takes_guards()));
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

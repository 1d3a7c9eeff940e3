//! Slots that are filled in place, and entries that are accessed by address, for tasks.

#[cfg(not(flagstone_loom))]
use core::mem::offset_of;
use core::ptr::NonNull;

use super::{
    insertion::Vacancy,
    shard::Shard,
    shard_table::{ShardTable, too_many_guards},
    walk::Walk,
};
use crate::{
    config::Config,
    key::{Key, PageNumber},
    raw::{
        guards::hold::Hold,
        pins::pinned::Pinned,
        slot::{
            Slot,
            ending::Ending,
            lifecycle::{Duty, Lifecycle, LifecycleCell, Released},
        },
    },
    thread_id,
};

/// A free slot that the holder fills in place. It is not freed unless [`ShardTable::abandon_place`] is called.
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

    /// Returns the address for the value. No value is there yet. The pointer may be used for the slot's word too, which
    /// is at a fixed distance.
    pub(crate) fn value(&self) -> NonNull<T> {
        value_of(self.slot)
    }

    /// Returns the word of the slot.
    pub(crate) fn lifecycle(&self) -> NonNull<LifecycleCell> {
        self.slot.cast()
    }
}

/// Returns the address of a slot's value. The pointer has the provenance of `slot`, which includes the word.
fn value_of<T>(slot: NonNull<Slot<T>>) -> NonNull<T> {
    #[cfg(flagstone_loom)]
    // SAFETY: slots live as long as their table, which the holder of the address keeps.
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
    /// Takes a free slot of the current thread's shard, as an insertion does, but prefers slots that other threads have
    /// returned and announced to slots that were never used. `None` if the shard is full, or the allocator refuses
    /// memory.
    #[inline(always)]
    pub(crate) fn reserve_place(&self) -> Option<Place<T, C>> {
        let Vacancy { key, generation, slot, shard, .. } = match self.reserve_used() {
            Some(vacancy) => vacancy,
            None => self.reserve()?,
        };
        Some(Place { key, generation, slot, shard: NonNull::from(shard) })
    }

    /// Does the same as [`reserve_place`](Self::reserve_place) if a local list of the shard has a slot. Otherwise
    /// returns `None`.
    #[inline(always)]
    fn reserve_used(&self) -> Option<Vacancy<'_, T, C>> {
        // The values that mean "no number" are not less than the length of any roster.
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

    /// Puts the slots that other threads have returned and announced in front of an owner's lists.
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

    /// Makes the slot an entry that other threads can read.
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

    /// Frees a slot that was not used.
    ///
    /// # Safety
    ///
    /// The place came from this table, and no value is in it.
    pub(crate) unsafe fn abandon_place(&self, place: Place<T, C>) {
        // SAFETY: as of this function; the place is not used afterwards.
        unsafe { self.give_back(place.key, false) };
    }

    /// Adds a counted reference to the entry of `key`, if there is such an entry, and returns the address of its value.
    /// Lock-free.
    ///
    /// # Panics
    ///
    /// If the entry has as many references as can be counted.
    pub(crate) fn share_place(&self, key: usize) -> Option<NonNull<T>> {
        if !self.has_slot(key) {
            return None;
        }
        let found = self.share(key)?;
        // SAFETY: the page has a slot of this offset.
        let slot = unsafe { found.page.slots(found.key.page()).at(found.key.offset()) };
        Some(value_of(slot))
    }

    /// Returns the address of the value of the entry of `key`, if there is such an entry at this moment. It counts
    /// nothing and gives no right to the value: the caller has pinned the slab, or keeps the entry by other means.
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

    /// Ends the value of a removed entry whose last reference was released, and frees its slot.
    ///
    /// # Safety
    ///
    /// `key` is that of an entry of this table for which [`release_entry`] returned `true` to the caller, and is passed
    /// once.
    #[cold]
    pub(crate) unsafe fn finish_entry<E: Ending<T>>(&self, key: usize) {
        let Some(found) = self.find(key) else { unreachable!("a referenced entry is in the table") };
        found.slot.lifecycle.claim_last(found.key.page());
        // SAFETY: the caller's was the last reference to a removed entry, so the slot is the caller's (L2), and no
        // pinned thread reads its value (N1).
        unsafe { self.end_value::<E>(&found) };
    }
}

/// Calls `act` once with the address of each entry that is present throughout, and with those of some entries that are
/// inserted or removed meanwhile.
///
/// The slab is pinned for `stretch` slots at a time. Meanwhile the addresses stay those of the same entries. The slots
/// of entries that end are freed when the pin ends. The second argument of `act` is the number of guards that the pin
/// itself holds of the entry (0 or 1).
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

/// Calls `act` with the address of the entry of `key`, if there is one, as [`for_each_place`] does. `key` may be any
/// number.
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
    // The entry may be removed between the two look-ups. Then it is skipped.
    if pinned.get(key).is_some() {
        if let Some(place) = pinned.hold().shards().address_of(key) {
            act(place, usize::from(pinned.takes_guards()));
        }
    }
}

/// Adds a counted reference to an entry, for a caller that has a right to it. Lock-free.
///
/// # Panics
///
/// If the entry has as many references as can be counted.
#[inline(always)]
pub(crate) fn share_entry<C: Config>(lifecycle: &LifecycleCell, key: usize) {
    let key = Key::<C>::from_raw(key);
    match lifecycle.share_again(key.page()) {
        Ok(()) => {}
        Err(_) => too_many_guards(key),
    }
}

/// Returns the number of counted references to an entry, and whether the entry is still present.
pub(crate) fn references_of<C: Config>(lifecycle: &LifecycleCell, key: usize) -> (usize, bool) {
    let key = Key::<C>::from_raw(key);
    let lifecycle = lifecycle.peek(key.page());
    (lifecycle.guards(), lifecycle.is_present(key))
}

/// Releases a counted reference. Returns whether it was the last one to a removed entry: then the slot is the caller's,
/// for [`ShardTable::finish_entry`].
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

//! A counted reference to an entry.
//!
//! All public guards of this crate are thin wrappers of this lease or of the exclusive one.

use core::{
    iter,
    mem::{ManuallyDrop, MaybeUninit},
    ptr::NonNull,
};

use super::{
    hold::Hold,
    holding::{Caller, Holding},
};
use crate::{
    config::Config,
    key::Key,
    raw::{
        shards::walk::Walk,
        slot::{Slot, lifecycle::Unreadable},
        typed::typed,
    },
    sync::cell::Reading,
};

/// A counted reference to an entry.
pub(crate) struct Lease<T, C: Config, H: Hold<T, C>> {
    slot: NonNull<Slot<T>>,
    key: Key<C>,
    /// Ends before the count is released.
    reading: ManuallyDrop<Reading<MaybeUninit<T>>>,
    holding: Holding,
    hold: H,
}

// SAFETY: a lease is a `&T` (hence `T: Sync`), and the last one drops the value on its own thread (hence `T: Send`); it
// also has a hold on the slab. The slot's word is atomic.
unsafe impl<T: Send + Sync, C: Config, H: Hold<T, C> + Send> Send for Lease<T, C, H> {}

// SAFETY: `&Lease` gives access to `&T` (hence `T: Sync`), to a clone of the lease, which may be the last (hence
// `T: Send`), and to the hold, shared.
unsafe impl<T: Send + Sync, C: Config, H: Hold<T, C> + Sync> Sync for Lease<T, C, H> {}

impl<T, C: Config, H: Hold<T, C>> Lease<T, C, H> {
    /// Returns a reference to the entry of `key`, if there is one. Lock-free.
    ///
    /// # Panics
    ///
    /// If the entry has as many guards as can be counted.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn new(hold: H, key: usize) -> Option<Self> {
        Self::of_caller(hold, key, Caller::here())
    }

    /// Does the same for a caller that got here another way.
    #[inline(always)]
    #[track_caller]
    fn of_caller(hold: H, key: usize, caller: Caller) -> Option<Self> {
        let found = hold.shards().share(key)?;
        let (slot, key) = (NonNull::from(found.slot), found.key);
        let holding = Holding::new(slot.as_ptr(), caller);
        // SAFETY: the slot was found by its key, and `share` has counted this guard.
        Some(unsafe { Self::of_counted(hold, slot, key, holding) })
    }

    /// Returns a reference to the entry of `key`, or the reason why there is none. Lock-free.
    ///
    /// # Panics
    ///
    /// If the entry has as many guards as can be counted.
    #[track_caller]
    pub(crate) fn try_new(hold: H, key: usize) -> Result<Self, Unreadable>
    where
        H: Copy,
    {
        loop {
            if let Some(lease) = Self::new(hold, key) {
                return Ok(lease);
            }
            hold.shards().presence(key)?; // or readable since a moment ago
        }
    }

    /// Makes the lease of a guard that the slot's word counts already.
    ///
    /// # Safety
    ///
    /// `slot` is that of `key` in the table of `hold`, and its word counts a guard for which there is no lease yet.
    #[inline(always)]
    pub(in crate::raw) unsafe fn of_counted(hold: H, slot: NonNull<Slot<T>>, key: Key<C>, holding: Holding) -> Self {
        // SAFETY: slots live as long as their table, which the hold keeps (G1).
        let reading = unsafe { slot.as_ref() }.begin_reading();
        Self { slot, key, reading: ManuallyDrop::new(reading), holding, hold }
    }

    #[inline(always)]
    pub(crate) fn key(&self) -> H::Key {
        // SAFETY: a guard of the key's entry is counted, so the key was handed out.
        unsafe { typed(self.key) }
    }

    /// The key as a number, whatever the type of the keys makes of it.
    #[inline(always)]
    pub(crate) fn raw_key(&self) -> usize {
        self.key.raw()
    }

    #[inline(always)]
    pub(crate) fn hold(&self) -> &H {
        &self.hold
    }

    #[inline(always)]
    fn slot(&self) -> &Slot<T> {
        // SAFETY: slots live as long as their table, which the hold keeps (G1).
        unsafe { self.slot.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn value(&self) -> &T {
        self.holding.used();
        // SAFETY: the lease is counted in the slot's word, so the value is there and no thread writes it (L3).
        unsafe { &*self.slot().value() }
    }

    /// Returns another reference to the same entry, even if the entry has been removed meanwhile. Lock-free.
    ///
    /// # Panics
    ///
    /// If the entry has as many guards as can be counted.
    #[track_caller]
    pub(crate) fn share(&self) -> Self
    where
        H: Clone,
    {
        // This comes first, since it may panic.
        let hold = self.hold.clone();
        match self.slot().lifecycle.share_again(self.key.page()) {
            Ok(()) => {
                let holding = Holding::new(self.slot.as_ptr(), Caller::here());
                // SAFETY: it is this lease's slot, and `share_again` has counted another guard.
                unsafe { Self::of_counted(hold, self.slot, self.key, holding) }
            }
            Err(_) => crate::raw::shards::shard_table::too_many_guards(self.key),
        }
    }
}

impl<T, C: Config, H: Hold<T, C>> Drop for Lease<T, C, H> {
    #[inline(always)]
    fn drop(&mut self) {
        self.holding.end();
        // SAFETY: it is dropped here only, and not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.reading) };
        let released = self.slot().lifecycle.release();
        // From here on the slot may belong to another thread.
        // SAFETY: a guard of this entry was released, and this is what that returned.
        unsafe { self.hold.shards().finish::<H::Ending>(self.key, released) };
    }
}

/// An iterator over a lease of each entry in turn. Other threads may use the slab meanwhile.
pub(crate) struct Leases<C, H> {
    walk: Walk<C>,
    caller: Caller,
    hold: H,
}

impl<C: Config, H: Copy> Leases<C, H> {
    #[track_caller]
    pub(crate) fn new(hold: H) -> Self {
        Self { walk: Walk::new(), caller: Caller::here(), hold }
    }

    /// Returns a lease of the next entry.
    pub(crate) fn next<T>(&mut self) -> Option<Lease<T, C, H>>
    where
        H: Hold<T, C>,
    {
        loop {
            // The entry was removed, or got an exclusive guard, since the walk passed it: continue with the next.
            if let Some(lease) = Lease::of_caller(self.hold, self.walk.next_present(self.hold.shards())?, self.caller) {
                return Some(lease);
            }
        }
    }

    /// Returns the key of the next entry that can be read.
    pub(crate) fn next_key<T>(&mut self) -> Option<H::Key>
    where
        H: Hold<T, C>,
    {
        let shards = self.hold.shards();
        let key = iter::from_fn(|| self.walk.next_present(shards)).find(|&key| shards.contains(key))?;
        // SAFETY: the key has an entry, so it was handed out.
        Some(unsafe { typed(Key::<C>::from_raw(key)) })
    }
}

/// Returns an iterator over a lease of each entry in turn. Other threads may use the slab meanwhile.
#[track_caller]
pub(crate) fn leases<T, C: Config, H: Hold<T, C> + Copy>(hold: H) -> impl Iterator<Item = Lease<T, C, H>> {
    let mut leases = Leases::new(hold);
    iter::from_fn(move || leases.next())
}

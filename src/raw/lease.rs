//! A counted reference to an entry.
//!
//! All user-visible guards of this crate are thin covers of this one and of the exclusive one.

use core::{
    iter,
    mem::{ManuallyDrop, MaybeUninit},
    ptr::NonNull,
};

use super::{hold::Hold, slot::Slot, walk::Walk};
use crate::{config::Config, key::Key, sync::cell::Reading};

/// A counted reference to an entry.
pub(crate) struct Lease<T, C: Config, H: Hold<T, C>> {
    slot: NonNull<Slot<T>>,
    key: Key<C>,
    /// Ends before the count is given back.
    reading: ManuallyDrop<Reading<MaybeUninit<T>>>,
    hold: H,
}

// SAFETY: a lease is a `&T` (hence `T: Sync`) whose last holder drops the value on his thread (hence `T: Send`), and a
// hold on the slab. The slot's word is atomic.
unsafe impl<T: Send + Sync, C: Config, H: Hold<T, C> + Send> Send for Lease<T, C, H> {}

// SAFETY: through `&Lease` comes `&T` (hence `T: Sync`), a clone of the lease, which may be the last (hence `T: Send`),
// and the hold, shared.
unsafe impl<T: Send + Sync, C: Config, H: Hold<T, C> + Sync> Sync for Lease<T, C, H> {}

impl<T, C: Config, H: Hold<T, C>> Lease<T, C, H> {
    /// A reference to the entry of `key`, if there is one. Lock-free.
    ///
    /// # Panics
    ///
    /// If as many guards of the entry are out as can be counted.
    #[inline(always)]
    pub(crate) fn new(hold: H, key: usize) -> Option<Self> {
        let found = hold.shards().share(key)?;
        let (slot, key) = (NonNull::from(found.slot), found.key);
        // SAFETY: the slot was found by its key, and `share` has counted this guard.
        Some(unsafe { Self::of_counted(hold, slot, key) })
    }

    /// The lease of somebody whom the slot's word counts already.
    ///
    /// # Safety
    ///
    /// `slot` is that of `key` in the table of `hold`, and its word counts a guard for which there is no lease yet.
    #[inline(always)]
    pub(super) unsafe fn of_counted(hold: H, slot: NonNull<Slot<T>>, key: Key<C>) -> Self {
        // SAFETY: slots live as long as their table, which the hold keeps (G1).
        let reading = unsafe { slot.as_ref() }.begin_reading();
        Self { slot, key, reading: ManuallyDrop::new(reading), hold }
    }

    #[inline(always)]
    pub(crate) fn key(&self) -> usize {
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
        // SAFETY: the lease is counted in the slot's word, so the value is there and nobody writes it (L3).
        unsafe { &*self.slot().value() }
    }

    /// One more reference to the same entry, also if that has been removed meanwhile. Lock-free.
    ///
    /// # Panics
    ///
    /// If as many guards of the entry are out as can be counted.
    pub(crate) fn share(&self) -> Self
    where
        H: Clone,
    {
        // First, since it may panic.
        let hold = self.hold.clone();
        match self.slot().lifecycle.share_again(self.key.page()) {
            // SAFETY: it is this lease's slot, and `share_again` has counted another guard.
            Ok(()) => unsafe { Self::of_counted(hold, self.slot, self.key) },
            Err(_) => super::shard_table::too_many_guards(self.key),
        }
    }
}

impl<T, C: Config, H: Hold<T, C>> Drop for Lease<T, C, H> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: it is dropped here only, and not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.reading) };
        let released = self.slot().lifecycle.release();
        // From here on the slot may be somebody else's.
        // SAFETY: a guard of this entry was let go, and this is what that returned.
        unsafe { self.hold.shards().finish::<H::Ending>(self.key, released) };
    }
}

/// Every entry in turn, each under a lease of its own, while other threads go on.
pub(crate) fn leases<T, C: Config, H: Hold<T, C> + Copy>(hold: H) -> impl Iterator<Item = Lease<T, C, H>> {
    let mut walk = Walk::new();
    iter::from_fn(move || {
        loop {
            // Gone or held exclusively since the walk came by: go on to the next.
            if let Some(lease) = Lease::new(hold, walk.next_present(hold.shards())?) {
                return Some(lease);
            }
        }
    })
}

//! What guards are made of: a counted reference, an exclusive one, and a reserved slot.
//!
//! Each keeps the slab alive through a [`Hold`], and gives back what it has when it is dropped. All user-visible guards
//! of this crate are thin covers of these three.

use core::{
    mem::{ManuallyDrop, MaybeUninit},
    ptr::NonNull,
};

use super::{
    insertion::Vacancy,
    lifecycle::{NotExclusive, Refused},
    shard_table::ShardTable,
    slot::Slot,
};
use crate::{
    config::Config,
    key::Key,
    sync::cell::{Reading, Writing},
};

/// A reference to a slab, borrowed or counted.
///
/// # Safety
///
/// Every call returns the same table, which lives and stays where it is as long as the hold or a clone of it (G1).
pub(crate) unsafe trait Hold<T, C: Config> {
    fn shards(&self) -> &ShardTable<T, C>;
}

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
        let (slot, key, reading) = (NonNull::from(found.slot), found.key, found.slot.begin_reading());
        Some(Self { slot, key, reading: ManuallyDrop::new(reading), hold })
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
            Ok(()) => {
                Self { slot: self.slot, key: self.key, reading: ManuallyDrop::new(self.slot().begin_reading()), hold }
            }
            Err(Refused::Absent | Refused::Limit) => super::shard_table::too_many_guards(self.key),
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
        unsafe { self.hold.shards().finish(self.key, released) };
    }
}

/// The only reference to an entry.
pub(crate) struct ExclusiveLease<T, C: Config, H: Hold<T, C>> {
    slot: NonNull<Slot<T>>,
    value: NonNull<T>,
    key: Key<C>,
    /// Ends before the entry is given back.
    writing: ManuallyDrop<Writing<MaybeUninit<T>>>,
    hold: H,
}

// SAFETY: it is a `&mut T`, and becomes an ordinary lease when the entry is removed meanwhile, so its holder may drop
// the value (`T: Send`); what it writes others read (`T: Sync` by way of the slab's bounds).
unsafe impl<T: Send + Sync, C: Config, H: Hold<T, C> + Send> Send for ExclusiveLease<T, C, H> {}

// SAFETY: through a shared reference comes `&T` (hence `T: Sync`) and the hold, shared. `T: Send` for symmetry with the
// slab, without which nobody could share it.
unsafe impl<T: Send + Sync, C: Config, H: Hold<T, C> + Sync> Sync for ExclusiveLease<T, C, H> {}

impl<T, C: Config, H: Hold<T, C>> ExclusiveLease<T, C, H> {
    /// The only reference to the entry of `key`, if there is one and nobody else holds it. Wait-free.
    pub(crate) fn new(hold: H, key: usize) -> Result<Self, NotExclusive> {
        let found = hold.shards().find(key).ok_or(NotExclusive::Absent)?;
        found.slot.lifecycle.exclude(found.key)?;
        let Some(value) = NonNull::new(found.slot.value()) else { unreachable!("a value in a slot has an address") };
        let (slot, key, writing) = (NonNull::from(found.slot), found.key, found.slot.begin_writing());
        Ok(Self { slot, value, key, writing: ManuallyDrop::new(writing), hold })
    }

    pub(crate) fn key(&self) -> usize {
        self.key.raw()
    }

    pub(crate) fn hold(&self) -> &H {
        &self.hold
    }

    pub(crate) fn value(&self) -> &T {
        // SAFETY: the slot's word says that this is the only reference (L3), and the hold keeps the memory (G1).
        unsafe { self.value.as_ref() }
    }

    pub(crate) fn value_mut(&mut self) -> &mut T {
        // SAFETY: as in `value`, and this lease is borrowed mutably.
        unsafe { self.value.as_mut() }
    }
}

impl<T, C: Config, H: Hold<T, C>> Drop for ExclusiveLease<T, C, H> {
    fn drop(&mut self) {
        // SAFETY: it is dropped here only, and not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.writing) };
        // SAFETY: slots live as long as their table, which the hold keeps (G1).
        let released = unsafe { self.slot.as_ref() }.lifecycle.include(self.key);
        // From here on the slot may be somebody else's.
        // SAFETY: a guard of this entry was let go, and this is what that returned.
        unsafe { self.hold.shards().finish(self.key, released) };
    }
}

/// A free slot that is the holder's, and the key that its entry will have.
pub(crate) struct Reservation<T, C: Config, H: Hold<T, C>> {
    /// `None` once it is used.
    vacancy: Option<Vacancy<T, C>>,
    hold: H,
}

// SAFETY: it is a hold, and a slot that only it may write, into which a `T` may come from its thread (hence `T: Send`;
// others will read it: `T: Sync`).
unsafe impl<T: Send + Sync, C: Config, H: Hold<T, C> + Send> Send for Reservation<T, C, H> {}

// SAFETY: through a shared reference comes the key alone, and the hold, shared.
unsafe impl<T, C: Config, H: Hold<T, C> + Sync> Sync for Reservation<T, C, H> {}

impl<T, C: Config, H: Hold<T, C>> Reservation<T, C, H> {
    /// Takes a free slot. `None` if the current thread's shard is full, or memory is.
    pub(crate) fn new(hold: H) -> Option<Self> {
        let vacancy = hold.shards().reserve()?;
        Some(Self { vacancy: Some(vacancy), hold })
    }

    pub(crate) fn key(&self) -> usize {
        let Some(vacancy) = &self.vacancy else { unreachable!("`publish` consumes the reservation") };
        vacancy.key.raw()
    }

    /// Makes the slot an entry.
    pub(crate) fn publish(mut self, value: T) -> usize {
        let Some(vacancy) = self.vacancy.take() else { unreachable!("`publish` consumes the reservation") };
        // SAFETY: the vacancy came from this hold's table, and was taken out for good.
        unsafe { self.hold.shards().publish(&vacancy, value) };
        vacancy.key.raw()
    }
}

impl<T, C: Config, H: Hold<T, C>> Drop for Reservation<T, C, H> {
    fn drop(&mut self) {
        if let Some(vacancy) = self.vacancy.take() {
            // SAFETY: the vacancy came from this hold's table, and was taken out for good.
            unsafe { self.hold.shards().give_back(&vacancy) };
        }
    }
}

//! The exclusive reference to an entry.

use core::{
    mem::{ManuallyDrop, MaybeUninit},
    ptr::{self, NonNull},
};

use super::{
    hold::Hold,
    holding::{Caller, Holding},
    lease::Lease,
    reservation::Reservation,
};
use crate::{
    config::Config,
    key::Key,
    raw::{
        slot::{Slot, lifecycle::NotExclusive},
        typed::typed,
    },
    sync::cell::Writing,
};

/// The exclusive reference to an entry.
pub(crate) struct ExclusiveLease<T, C: Config, H: Hold<T, C>> {
    slot: NonNull<Slot<T>>,
    value: NonNull<T>,
    key: Key<C>,
    /// Ends before the exclusive access ends.
    writing: ManuallyDrop<Writing<MaybeUninit<T>>>,
    holding: Holding,
    hold: H,
}

// SAFETY: it is a `&mut T`, and becomes an ordinary lease when the entry is removed meanwhile, so its thread may drop
// the value (`T: Send`); other threads read what it writes (`T: Sync` through the slab's bounds).
unsafe impl<T: Send + Sync, C: Config, H: Hold<T, C> + Send> Send for ExclusiveLease<T, C, H> {}

// SAFETY: a shared reference gives access to `&T` (hence `T: Sync`) and to the hold, shared, which is a slab that needs
// `T: Send` as well.
unsafe impl<T: Send + Sync, C: Config, H: Hold<T, C> + Sync> Sync for ExclusiveLease<T, C, H> {}

impl<T, C: Config, H: Hold<T, C>> ExclusiveLease<T, C, H> {
    /// Returns the exclusive reference to the entry of `key`, if there is one, it has no guard, and no thread has the
    /// slab pinned.
    #[track_caller]
    pub(crate) fn new(hold: H, key: usize) -> Result<Self, NotExclusive> {
        let found = hold.shards().find(key).ok_or(NotExclusive::Absent)?;
        hold.shards().attempt(&found, |id| found.slot.lifecycle.exclude(found.key, id))?;
        let (slot, key) = (NonNull::from(found.slot), found.key);
        // SAFETY: the slot was found by its key, and `exclude` has made it exclusive.
        Ok(unsafe { Self::of_excluded(hold, slot, key) })
    }

    /// Waits until all guards and pins have ended, and returns the exclusive reference to the entry of `key`. `None` if
    /// there is no such entry, or if it is removed meanwhile.
    ///
    /// # Panics
    ///
    /// If there is such an entry and the current thread has pinned the slab: it would wait for itself.
    #[track_caller]
    pub(crate) fn wait(hold: H, key: usize) -> Option<Self> {
        let found = hold.shards().wait_exclusive::<H::Ending>(key)?;
        let (slot, key) = (NonNull::from(found.slot), found.key);
        // SAFETY: the slot was found by its key, and is exclusive for this thread.
        Some(unsafe { Self::of_excluded(hold, slot, key) })
    }

    /// Makes a new entry, with the value that its slot keeps or, if it keeps none, the result of `make`. `None` if
    /// there is no room. If `make` panics, the slot is freed.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn create(hold: H, make: impl FnOnce() -> T) -> Option<Self> {
        let mut reservation = Reservation::<_, _, H::Ending>::new(hold.shards())?;
        reservation.fill(make);
        let (slot, key) = reservation.publish_exclusive();
        // SAFETY: the slot of this key was just made exclusive in this table.
        Some(unsafe { Self::of_excluded(hold, slot, key) })
    }

    /// Makes the lease of an exclusive guard that the slot's word shows already.
    ///
    /// # Safety
    ///
    /// `slot` is that of `key` in the table of `hold`, and its word shows an exclusive guard for which there is no
    /// lease yet.
    #[inline(always)]
    #[track_caller]
    unsafe fn of_excluded(hold: H, slot: NonNull<Slot<T>>, key: Key<C>) -> Self {
        // SAFETY: slots live as long as their table, which the hold keeps (G1).
        let found = unsafe { slot.as_ref() };
        let Some(value) = NonNull::new(found.value()) else { unreachable!("a value in a slot has an address") };
        let holding = Holding::new(slot.as_ptr(), Caller::here());
        Self { slot, value, key, writing: ManuallyDrop::new(found.begin_writing()), holding, hold }
    }

    /// Makes it an ordinary reference, so that other threads can get one too.
    #[inline(always)]
    pub(crate) fn downgrade(self) -> Lease<T, C, H> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped, so it is dropped here only, and not used afterwards.
        unsafe { ManuallyDrop::drop(&mut this.writing) };
        // SAFETY: slots live as long as their table, which the hold keeps (G1).
        unsafe { this.slot.as_ref() }.lifecycle.downgrade(this.key);
        // SAFETY: `this.hold` is not used again, and `this` is not dropped, so the hold is moved.
        let hold = unsafe { ptr::read(&raw const this.hold) };
        // SAFETY: as above.
        let holding = unsafe { ptr::read(&raw const this.holding) };
        // SAFETY: `downgrade` left one guard counted, which is this one.
        unsafe { Lease::of_counted(hold, this.slot, this.key, holding) }
    }

    /// Ends the entry together with the reference, unless it is removed already.
    ///
    /// # Safety
    ///
    /// The entry has been exclusive since it was made.
    pub(super) unsafe fn end(self) {
        let mut this = ManuallyDrop::new(self);
        this.holding.end();
        // SAFETY: `this` is not dropped, so it is dropped here only, and not used afterwards.
        unsafe { ManuallyDrop::drop(&mut this.writing) };
        // SAFETY: `this.hold` is not used again, and `this` is not dropped, so the hold is moved.
        let hold = unsafe { ptr::read(&raw const this.hold) };
        let shards = hold.shards();
        // SAFETY: slots live as long as their table, which the hold keeps (G1).
        let lifecycle = &unsafe { this.slot.as_ref() }.lifecycle;
        if lifecycle.remove_excluded(this.key) {
            let Some(found) = shards.find(this.key.raw()) else { unreachable!("a guard's slot is in its table") };
            // SAFETY: the slot is this thread's now (L2), and holds a value, which no pinned thread has ever seen (N1).
            unsafe { shards.end_value::<H::Ending>(&found) };
            return;
        }
        // It was removed meanwhile, or a thread waits for it.
        shards.remove::<H::Ending>(this.key.raw());
        let released = lifecycle.include(this.key);
        // SAFETY: a guard of this entry was released, and this is what that returned.
        unsafe { shards.finish::<H::Ending>(this.key, released) };
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
    pub(crate) fn value(&self) -> &T {
        self.holding.used();
        // SAFETY: the slot's word says that this is the only reference (L3), and the hold keeps the memory (G1).
        unsafe { self.value.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn value_mut(&mut self) -> &mut T {
        self.holding.used();
        // SAFETY: as in `value`, and this lease is borrowed mutably.
        unsafe { self.value.as_mut() }
    }
}

impl<T, C: Config, H: Hold<T, C>> Drop for ExclusiveLease<T, C, H> {
    #[inline(always)]
    fn drop(&mut self) {
        self.holding.end();
        // SAFETY: it is dropped here only, and not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.writing) };
        // SAFETY: slots live as long as their table, which the hold keeps (G1).
        let released = unsafe { self.slot.as_ref() }.lifecycle.include(self.key);
        // From here on the slot may belong to another thread.
        // SAFETY: a guard of this entry was released, and this is what that returned.
        unsafe { self.hold.shards().finish::<H::Ending>(self.key, released) };
    }
}

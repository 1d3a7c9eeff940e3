//! A free slot that the reservation owns, and the key that its entry will have.

use core::{marker::PhantomData, mem::ManuallyDrop, ptr::NonNull};

use crate::{
    config::Config,
    key::Key,
    key_type,
    raw::{
        panics::FirstPanic,
        shards::{insertion::Vacancy, shard_table::ShardTable},
        slot::{Slot, ending::Ending},
        typed::typed,
    },
};

/// A free slot that the reservation owns. If it is dropped unpublished, it ends the value in the slot, if any, and
/// frees the slot.
pub(crate) struct Reservation<'a, T, C: Config, E: Ending<T>> {
    vacancy: Vacancy<'a, T, C>,
    shards: &'a ShardTable<T, C>,
    _ending: PhantomData<fn() -> E>,
}

// SAFETY: it is a reference to the table, and a slot that only it may write. A `T` of its thread may be moved into the
// slot (hence `T: Send`), and other threads will read it (hence `T: Sync`).
unsafe impl<T: Send + Sync, C: Config, E: Ending<T>> Send for Reservation<'_, T, C, E> {}

// SAFETY: a shared reference gives access only to the key. The bounds are those of the table, to which it refers.
unsafe impl<T: Send + Sync, C: Config, E: Ending<T>> Sync for Reservation<'_, T, C, E> {}

impl<'a, T, C: Config, E: Ending<T>> Reservation<'a, T, C, E> {
    /// Takes a free slot. `None` if the current thread's shard is full, or the allocator refuses memory.
    #[inline(always)]
    pub(crate) fn new(shards: &'a ShardTable<T, C>) -> Option<Self> {
        let vacancy = match shards.reserve_fast() {
            Some(vacancy) => vacancy,
            None => shards.reserve()?,
        };
        Some(Self { vacancy, shards, _ending: PhantomData })
    }

    #[inline(always)]
    pub(crate) fn key<K: key_type::Key>(&self) -> K {
        // SAFETY: the key is that of a reserved slot.
        unsafe { typed(self.vacancy.key) }
    }

    #[inline(always)]
    fn slot(&self) -> &Slot<T> {
        // SAFETY: slots live as long as their table, to which this is a reference.
        unsafe { self.vacancy.slot.as_ref() }
    }

    /// Makes the slot an entry.
    #[inline]
    pub(crate) fn publish<K: key_type::Key>(mut self, value: T) -> K {
        debug_assert!(!self.vacancy.filled, "a slab keeps no values");
        // SAFETY: the slot is the reservation's, and no value is in it.
        unsafe { self.slot().write(value) };
        self.vacancy.filled = true;
        self.publish_filled()
    }

    /// Ensures that the slot holds a value: the one that it keeps, or the result of `make`.
    #[inline(always)]
    pub(crate) fn fill(&mut self, make: impl FnOnce() -> T) {
        if !self.vacancy.filled {
            let value = make();
            // SAFETY: the slot is the reservation's, and no value is in it.
            unsafe { self.slot().write(value) };
            self.vacancy.filled = true;
        }
    }

    /// Calls `change` on the value in the slot.
    #[inline(always)]
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut T)) {
        assert!(self.vacancy.filled, "`fill` comes first");
        // SAFETY: the slot is the reservation's, and a value is in it.
        unsafe { self.slot().value_mut(change) }
    }

    /// Makes the slot, which holds a value, an entry that other threads can read.
    #[inline(always)]
    pub(crate) fn publish_filled<K: key_type::Key>(self) -> K {
        assert!(self.vacancy.filled, "`fill` comes first");
        self.slot().lifecycle.publish(self.vacancy.generation);
        // SAFETY: the key is that of an entry now.
        unsafe { typed(self.counted()) }
    }

    /// Makes the slot, which holds a value, an entry to which the caller has exclusive access.
    #[inline(always)]
    pub(in crate::raw) fn publish_exclusive(self) -> (NonNull<Slot<T>>, Key<C>) {
        assert!(self.vacancy.filled, "`fill` comes first");
        self.slot().lifecycle.publish_exclusive(self.vacancy.key);
        (self.vacancy.slot, self.counted())
    }

    /// Counts the entry that the slot has become, and consumes the reservation.
    #[inline(always)]
    fn counted(self) -> Key<C> {
        let this = ManuallyDrop::new(self);
        let Vacancy { key, shard, .. } = this.vacancy;
        shard.count(1);
        key
    }
}

impl<T, C: Config, E: Ending<T>> Drop for Reservation<'_, T, C, E> {
    /// Passes everything on by value: if a function got the address of a reservation, the reservation would have to be
    /// in memory, also on the path on which it is published.
    #[inline(always)]
    fn drop(&mut self) {
        let Vacancy { key, slot, filled, .. } = self.vacancy;
        // SAFETY: the vacancy came from this table, and is not used afterwards.
        unsafe { abandon::<T, C, E>(self.shards, key, slot, filled) };
    }
}

/// Ends the value in a reserved slot, if there is one, and frees the slot.
///
/// # Safety
///
/// `key` and `slot` are those of a vacancy of the table, which is not used afterwards; `filled` says whether a value is
/// in it.
#[cold]
#[inline(never)]
unsafe fn abandon<T, C: Config, E: Ending<T>>(
    shards: &ShardTable<T, C>,
    key: Key<C>,
    slot: NonNull<Slot<T>>,
    mut filled: bool,
) {
    let mut panic = FirstPanic::default();
    if filled {
        // Dropped with a value in the slot, by a panic in the code that was to change the value. What that code left is
        // ended as in any other entry.
        // SAFETY: slots live as long as their table.
        let slot = unsafe { slot.as_ref() };
        // SAFETY: the slot is the caller's, and a value is in it.
        panic.catch(|| _ = unsafe { E::end(slot) });
        filled = !panic.has_happened() && E::KEEPS_VALUE;
    }
    // SAFETY: the key is that of the caller's vacancy, which is not used afterwards.
    panic.catch(|| unsafe { shards.give_back(key, filled) });
    // A panic is unwinding already. A second one must not abort.
    panic.forget();
}

//! A reserved slot.

use core::{fmt, marker::PhantomData};

use crate::{
    config::{Config, DefaultConfig},
    key_type::Key,
    raw::{Dropped, Reservation},
};

/// A reserved slot whose key is known and whose value is inserted later. Returned by
/// [`Slab::vacant_entry`](crate::Slab::vacant_entry).
///
/// If it is dropped without [`insert`](Self::insert), it frees the slot, and the key counts as handed out.
///
/// # Examples
///
/// ```
/// let slab = flagstone::Slab::new();
/// let vacant = slab.vacant_entry().unwrap();
/// let key = vacant.key();
/// vacant.insert((key, "knows its own key"));
/// assert_eq!(slab.get(key).unwrap().0, key);
/// ```
#[must_use = "a vacant entry that is dropped gives its slot back"]
pub struct VacantEntry<'a, T, C: Config = DefaultConfig, K: Key = usize> {
    reservation: Reservation<'a, T, C, Dropped>,
    keys: PhantomData<fn() -> K>,
}

impl<'a, T, C: Config, K: Key> VacantEntry<'a, T, C, K> {
    pub(super) fn new(reservation: Reservation<'a, T, C, Dropped>) -> Self {
        Self { reservation, keys: PhantomData }
    }

    /// Returns the key that the entry will have. Until [`insert`](Self::insert), a look-up of the key finds nothing.
    #[must_use]
    pub fn key(&self) -> K {
        self.reservation.key()
    }

    /// Stores the value. From now on a look-up of the key finds it. Wait-free.
    pub fn insert(self, value: T) {
        let _: usize = self.reservation.publish(value);
    }
}

impl<T, C: Config, K: Key> fmt::Debug for VacantEntry<'_, T, C, K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VacantEntry").field("key", &self.key()).finish()
    }
}

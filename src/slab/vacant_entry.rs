//! A reserved slot.

use core::fmt;

use crate::{
    config::{Config, DefaultConfig},
    raw::{Dropped, Reservation},
};

/// A slot that is reserved for a value to come, whose key is known already. Made by
/// [`Slab::vacant_entry`](crate::Slab::vacant_entry).
///
/// Dropped without [`insert`](Self::insert), it gives the slot back.
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
pub struct VacantEntry<'a, T, C: Config = DefaultConfig> {
    reservation: Reservation<'a, T, C, Dropped>,
}

impl<'a, T, C: Config> VacantEntry<'a, T, C> {
    pub(super) fn new(reservation: Reservation<'a, T, C, Dropped>) -> Self {
        Self { reservation }
    }

    /// Returns the key that the entry will have. Until [`insert`](Self::insert) it finds nothing.
    #[must_use]
    pub fn key(&self) -> usize {
        self.reservation.key()
    }

    /// Stores the value; from now on the key finds it. Wait-free.
    pub fn insert(self, value: T) {
        self.reservation.publish(value);
    }
}

impl<T, C: Config> fmt::Debug for VacantEntry<'_, T, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VacantEntry").field("key", &self.key()).finish()
    }
}

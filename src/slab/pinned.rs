//! A pin on a slab.

use super::Slab;
use crate::pinned::pinned;

pinned! {
    /// The right to read every entry of a slab without counting. Made by [`Slab::pin`].
    ///
    /// While it lives, no value that it may be showing is dropped: what is removed meanwhile goes when the last pin that
    /// was out at the removal is dropped, on that pin's thread.
    ///
    /// It is bound to its thread:
    ///
    /// ```compile_fail,E0277
    /// fn sent<T: Send>(_: T) {}
    /// let slab: flagstone::Slab<u8> = flagstone::Slab::new();
    /// sent(slab.pin());
    /// ```
    ///
    /// ```
    /// fn taken<T>(_: T) {}
    /// let slab: flagstone::Slab<u8> = flagstone::Slab::new();
    /// taken(slab.pin());
    /// ```
    ///
    /// No reference escapes it:
    ///
    /// ```compile_fail,E0505
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert(1).unwrap();
    /// let pinned = slab.pin();
    /// let value = pinned.get(key).unwrap();
    /// drop(pinned);
    /// assert_eq!(*value, 1);
    /// ```
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert(1).unwrap();
    /// let pinned = slab.pin();
    /// let value = pinned.get(key).unwrap();
    /// assert_eq!(*value, 1);
    /// drop(pinned);
    /// ```
    ///
    /// # Forgetting
    ///
    /// A pin that is forgotten ([`core::mem::forget`]) keeps every value that is removed from then on, until the slab is
    /// dropped, and its thread's number is not used again.
    Slab("slab")
}

//! A pin on a slab.

use super::Slab;
use crate::pinned::pinned;

pinned! {
    /// A pin: reads every entry of a slab without reference counting. Returned by [`Slab::pin`].
    ///
    /// While it lives, no value that was read through it is dropped. A value that is removed meanwhile is dropped when
    /// the last guard or pin that was active at the removal ends, on the thread that ends it.
    ///
    /// So the drop of a pin may call destructors. If one panics, the other values are dropped first, then the first
    /// panic is resumed.
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
    /// No reference to a value outlives it:
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
    /// # Leaking
    ///
    /// A leaked pin ([`core::mem::forget`]) keeps every value that is removed from then on until the slab is cleared or
    /// dropped. On every other thread, `take` and `wait_exclusive` of any entry then wait for ever. The thread's number
    /// is never reused.
    Slab("slab")
}

//! The exclusive guard of an entry.

use core::fmt;
use std::error::Error;

use super::{Entry, Slab};
use crate::{
    config::{Config, DefaultConfig},
    guard::exclusive_guard,
    key_type::Key,
    raw::{Dropped, ExclusiveLease, NotExclusive},
};

/// The exclusive guard of one entry, through which its value can be changed. Returned by [`Slab::get_exclusive`] and
/// [`Slab::wait_exclusive`].
///
/// While it lives, [`get`](Slab::get) of the key returns `None`. When it is dropped, also by a panic, the entry can be
/// read again: nothing is poisoned. If the entry was removed meanwhile, the value is dropped then, or when the last pin
/// that was active at the removal ends.
///
/// Dropping it costs one compare-and-swap (CAS). It is wait-free, with the exceptions that [`Entry`] names.
///
/// # Examples
///
/// ```
/// let slab = flagstone::Slab::new();
/// let key = slab.insert(1).unwrap();
/// let mut entry = slab.get_exclusive(key).unwrap();
/// *entry += 1;
/// assert!(slab.get(key).is_none());
/// let entry = entry.downgrade();
/// assert_eq!((*entry, *slab.get(key).unwrap()), (2, 2));
/// ```
#[must_use = "a guard that is dropped at once holds nothing"]
pub struct ExclusiveEntry<'a, T, C: Config = DefaultConfig, K: Key = usize> {
    lease: ExclusiveLease<T, C, &'a Slab<T, C, K>>,
}

exclusive_guard! {
    impl['a] ExclusiveEntry<'a, T, C, K> { ExclusiveLease<T, C, &'a Slab<T, C, K>> } of slab(self): &'a Slab<T, C, K>,
    downgrade: Entry<'a, T, C, K>
}

impl<T, C: Config, K: Key> ExclusiveEntry<'_, T, C, K> {
    /// Removes the entry. Its value is dropped here, or when the last pin that is active at the removal ends.
    ///
    /// Returns `true` if it was still there, `false` if it has been removed or taken already. Lock-free.
    ///
    /// # Panics
    ///
    /// If the value is dropped here, and its destructor panics.
    pub fn remove(self) -> bool {
        self.slab().shards.remove::<Dropped>(self.lease.raw_key())
    }
}

/// The reason why [`Slab::get_exclusive`] returned no guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExclusiveError {
    /// A guard of the entry is active, a thread has the slab pinned, or a thread read the entry during the attempt.
    InUse,
    /// The key has no entry, or it has been removed.
    Absent,
}

impl From<NotExclusive> for ExclusiveError {
    fn from(reason: NotExclusive) -> Self {
        match reason {
            NotExclusive::InUse => Self::InUse,
            NotExclusive::Absent => Self::Absent,
        }
    }
}

impl fmt::Display for ExclusiveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::InUse => "a guard of the entry or a pin is out",
            Self::Absent => "the key has no entry",
        })
    }
}

impl Error for ExclusiveError {}

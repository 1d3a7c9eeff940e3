//! The only guard of an entry.

use core::{fmt, ops::DerefMut};
use std::error::Error;

use super::Slab;
use crate::{
    config::{Config, DefaultConfig},
    raw::{ExclusiveLease, NotExclusive},
};

/// The only guard of one entry, through which its value can be changed. Made by [`Slab::get_exclusive`].
///
/// While it lives `get` of the key returns `None`; when it is dropped, also by a panic, the entry can be read
/// again: nothing is poisoned.
///
/// # Examples
///
/// ```
/// let slab = flagstone::Slab::new();
/// let key = slab.insert(1).unwrap();
/// let mut entry = slab.get_exclusive(key).unwrap();
/// *entry += 1;
/// assert!(slab.get(key).is_none());
/// drop(entry);
/// assert_eq!(*slab.get(key).unwrap(), 2);
/// ```
#[must_use = "a guard that is dropped at once holds nothing"]
pub struct ExclusiveEntry<'a, T, C: Config = DefaultConfig> {
    lease: ExclusiveLease<T, C, &'a Slab<T, C>>,
}

impl<'a, T, C: Config> ExclusiveEntry<'a, T, C> {
    pub(super) fn new(slab: &'a Slab<T, C>, key: usize) -> Result<Self, ExclusiveError> {
        match ExclusiveLease::new(slab, key) {
            Ok(lease) => Ok(Self { lease }),
            Err(NotExclusive::InUse) => Err(ExclusiveError::InUse),
            Err(NotExclusive::Absent) => Err(ExclusiveError::Absent),
        }
    }

    /// Returns the entry's key.
    #[must_use]
    pub fn key(&self) -> usize {
        self.lease.key()
    }

    /// Returns the slab in which the entry is.
    #[must_use]
    pub fn slab(&self) -> &'a Slab<T, C> {
        self.lease.hold()
    }

    /// Removes the entry and drops its value.
    ///
    /// Returns whether it was still there; `false` if somebody else has removed or taken it already.
    pub fn remove(self) -> bool {
        self.slab().remove(self.key())
    }
}

super::guard_traits! { ExclusiveEntry<'_, T, C>, lease }

impl<T, C: Config> DerefMut for ExclusiveEntry<'_, T, C> {
    fn deref_mut(&mut self) -> &mut T {
        self.lease.value_mut()
    }
}

/// Why [`Slab::get_exclusive`] returned no guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExclusiveError {
    /// Somebody has a guard of the entry.
    InUse,
    /// The key has no entry, or it has been removed.
    Absent,
}

impl fmt::Display for ExclusiveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::InUse => "another guard of the entry is out",
            Self::Absent => "the key has no entry",
        })
    }
}

impl Error for ExclusiveError {}

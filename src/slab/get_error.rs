//! The error of a look-up.

use core::fmt;
use std::error::Error;

use crate::raw::Unreadable;

/// The reason why [`Slab::try_get`](crate::Slab::try_get) or [`Pool::try_get`](crate::Pool::try_get) returned no guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GetError {
    /// The key has no entry, or it has been removed.
    Absent,
    /// There is an entry, which a thread has exclusively or waits for: it can be read later.
    Exclusive,
}

impl From<Unreadable> for GetError {
    fn from(reason: Unreadable) -> Self {
        match reason {
            Unreadable::Absent => Self::Absent,
            Unreadable::Withheld => Self::Exclusive,
        }
    }
}

impl fmt::Display for GetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "the key has no entry",
            Self::Exclusive => "a thread has the entry exclusively, or waits for it",
        })
    }
}

impl Error for GetError {}

//! The error of a reservation of room.

use core::fmt;
use std::error::Error;

use crate::raw::NoRoom;

/// The reason why room could not be made: by [`Slab::reserve`](crate::Slab::reserve),
/// [`Pool::reserve`](crate::Pool::reserve), and, with the feature `task`, `LocalExecutor::reserve` and
/// `Tasks::reserve`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReserveError {
    /// The current thread's shard cannot have that many slots (see [`Config::MAX_PAGES`](crate::Config::MAX_PAGES)), or
    /// an executor may not have that many tasks.
    Capacity,
    /// The allocator refused memory.
    Memory,
}

impl ReserveError {
    /// Panics for a constructor `with_capacity` that got no room.
    #[cold]
    #[track_caller]
    pub(crate) fn refuse_capacity(self, capacity: usize) -> ! {
        panic!("flagstone: `with_capacity` of {capacity} entries failed: {self}")
    }
}

impl From<NoRoom> for ReserveError {
    fn from(reason: NoRoom) -> Self {
        match reason {
            NoRoom::Pages => Self::Capacity,
            NoRoom::Memory => Self::Memory,
        }
    }
}

impl fmt::Display for ReserveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Capacity => {
                "no room can be reserved: MAX_PAGES pages of a thread's shard, or the executor's capacity, are less"
            }
            Self::Memory => "no room can be reserved: the allocator refused memory",
        })
    }
}

impl Error for ReserveError {}

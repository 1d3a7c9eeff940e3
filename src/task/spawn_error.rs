//! Why a task was not spawned.

use core::{error::Error, fmt};

/// The reason why a task was not spawned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There are as many tasks as the storage allows, or no memory for one more.
    Full,
    /// The future, with the task's name, is too large for a slot, and the storage uses no boxes.
    TooLarge {
        /// The number of bytes that the future needs.
        needed: usize,
        /// The number of bytes that a slot has.
        had: usize,
    },
    /// The future's alignment exceeds that of a slot, and the storage uses no boxes.
    Align {
        /// The alignment that the future needs, in bytes.
        needed: usize,
        /// The alignment of a slot, in bytes.
        had: usize,
    },
    /// The executor has ended.
    ShutDown,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => formatter.write_str("the executor is full"),
            Self::TooLarge { needed, had } => {
                write!(formatter, "the future needs {needed} bytes, and a slot has {had}")
            }
            Self::Align { needed, had } => {
                write!(formatter, "the future must be aligned to {needed} bytes, and a slot is aligned to {had}")
            }
            Self::ShutDown => formatter.write_str("the executor has ended"),
        }
    }
}

/// Reports that a task was not spawned, and holds its future or closure, unchanged.
pub struct SpawnError<F> {
    future: F,
    reason: Refusal,
}

impl<F> SpawnError<F> {
    pub(crate) fn new(future: F, reason: Refusal) -> Self {
        Self { future, reason }
    }

    /// Returns why the task was not spawned.
    #[must_use]
    pub fn reason(&self) -> Refusal {
        self.reason
    }

    /// Returns the future that was not spawned, or the closure that would have made it.
    #[must_use]
    pub fn into_inner(self) -> F {
        self.future
    }

    /// Panics with this error, for callers that return no errors.
    #[track_caller]
    #[cold]
    pub(crate) fn panic(self) -> ! {
        panic!("flagstone: {self}")
    }
}

impl<F> fmt::Debug for SpawnError<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SpawnError").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl<F> fmt::Display for SpawnError<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no task was spawned: {}", self.reason)
    }
}

impl<F> Error for SpawnError<F> {}

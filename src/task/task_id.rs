//! Who a task is.

use core::{error::Error, fmt, num::ParseIntError, str::FromStr};

/// Who a task is: the key of its slot in its executor's slab.
///
/// No other task of the same executor has it, had it or, on 64 bits, will have it (see [`Config`](crate::Config): on 32 bits
/// ids come back). It is printed, and read, as a hexadecimal number: `0x2a`.
///
/// # Examples
///
/// ```
/// use flagstone::task::{LocalExecutor, TaskId};
///
/// let executor = LocalExecutor::new();
/// let task = executor.spawn(async {});
/// let printed = task.id().to_string();
/// assert_eq!(printed.parse::<TaskId>().unwrap(), task.id());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(usize);

impl TaskId {
    /// The id of the task in the slot of this key.
    #[must_use]
    pub const fn from_usize(key: usize) -> Self {
        Self(key)
    }

    /// Returns the key of the task's slot.
    #[must_use]
    pub const fn as_usize(self) -> usize {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("{:#x}", self.0))
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TaskId({:#x})", self.0)
    }
}

/// A text is not that of a [`TaskId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTaskIdError(ParseIntError);

impl fmt::Display for ParseTaskIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a task's id is a hexadecimal number such as 0x2a: {}", self.0)
    }
}

impl Error for ParseTaskIdError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl FromStr for TaskId {
    type Err = ParseTaskIdError;

    /// With or without the leading `0x`.
    fn from_str(text: &str) -> Result<Self, ParseTaskIdError> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        // Numbers may have a sign, ids not: that alone is no number.
        let digits = if digits.starts_with('+') { "+" } else { digits };
        usize::from_str_radix(digits, 16).map(Self).map_err(ParseTaskIdError)
    }
}

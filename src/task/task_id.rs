//! Ids of tasks.

use core::{
    error::Error,
    fmt,
    num::{NonZeroUsize, ParseIntError},
    str::FromStr,
};

/// Identifies a task: the number of its executor, and the key of its slot in the executor's slab.
///
/// No other task of the process has this id, had it or, on 64 bits, will have it (on 32 bits keys repeat: see
/// [`Config`](crate::Config)). It is printed and parsed as both numbers, the key in hexadecimal: `1:0x2a`.
///
/// # Examples
///
/// ```
/// use flagstone::task::{LocalExecutor, TaskId};
///
/// let (executor, other) = (LocalExecutor::new(), LocalExecutor::new());
/// let task = executor.spawn(async {});
/// assert_ne!(task.id(), other.spawn(async {}).id());
/// assert!(other.registry().get(task.id()).is_none());
///
/// let printed = task.id().to_string();
/// assert_eq!(printed.parse::<TaskId>().unwrap(), task.id());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// 0: the id names no executor.
    executor: usize,
    key: usize,
}

impl TaskId {
    /// The id with this executor's number and this slot's key.
    pub(crate) fn of((executor, key): (usize, usize)) -> Self {
        Self { executor, key }
    }

    /// Returns the id of the task in the slot of this key, without an executor. It finds the task of the executor that
    /// is asked. It is equal to no task's own id, and is printed without an executor's number, as `0x2a`.
    #[must_use]
    pub const fn from_usize(key: usize) -> Self {
        Self { executor: 0, key }
    }

    /// Returns the key of the task's slot. Tasks of different executors may have the same key.
    #[must_use]
    pub const fn as_usize(self) -> usize {
        self.key
    }

    /// Returns the number of the task's executor: 1 or more, unique in the process; 0 if the id names no executor.
    #[must_use]
    pub const fn executor(self) -> usize {
        self.executor
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&match self.executor {
            0 => format!("{:#x}", self.key),
            executor => format!("{executor}:{:#x}", self.key),
        })
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TaskId({self})")
    }
}

/// The error of parsing a text that is not a [`TaskId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTaskIdError(ParseIntError);

impl fmt::Display for ParseTaskIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a task's id is the number of its executor and a hexadecimal one, such as 1:0x2a: {}", self.0)
    }
}

impl Error for ParseTaskIdError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl FromStr for TaskId {
    type Err = ParseTaskIdError;

    /// Parses an id, with or without the executor's number and the leading `0x`.
    fn from_str(text: &str) -> Result<Self, ParseTaskIdError> {
        let (executor, key) = text.split_once(':').map_or((None, text), |(executor, key)| (Some(executor), key));
        let executor = executor.map_or(Ok(0), |number| unsigned(number).parse::<NonZeroUsize>().map(NonZeroUsize::get));
        let digits = key.strip_prefix("0x").or_else(|| key.strip_prefix("0X")).unwrap_or(key);
        let key = usize::from_str_radix(unsigned(digits), 16);
        executor.and_then(|executor| Ok(Self { executor, key: key? })).map_err(ParseTaskIdError)
    }
}

/// The parser of integers accepts a sign; an id has none. A text with a sign becomes one that is no number.
fn unsigned(digits: &str) -> &str {
    if digits.starts_with('+') { "+" } else { digits }
}

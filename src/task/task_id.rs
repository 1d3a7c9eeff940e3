//! Who a task is.

use core::{
    error::Error,
    fmt,
    num::{NonZeroUsize, ParseIntError},
    str::FromStr,
};

/// Who a task is: the number of its executor, and the key of its slot in the executor's slab.
///
/// No other task of the process has it, had it or, on 64 bits, will have it (see [`Config`](crate::Config): on 32 bits keys come
/// back). It is printed, and read, as both numbers, the key in hexadecimal: `1:0x2a`.
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
    /// 0: not said.
    executor: usize,
    key: usize,
}

impl TaskId {
    /// The number of the executor, and the key of the slot.
    pub(crate) fn of((executor, key): (usize, usize)) -> Self {
        Self { executor, key }
    }

    /// The id of the task in the slot of this key, of whatever executor: it finds that of the one that is asked, is equal to no
    /// task's own id, and is printed without the executor's number, as `0x2a`.
    #[must_use]
    pub const fn from_usize(key: usize) -> Self {
        Self { executor: 0, key }
    }

    /// Returns the key of the task's slot. Tasks of different executors may have the same.
    #[must_use]
    pub const fn as_usize(self) -> usize {
        self.key
    }

    /// Returns the number of the task's executor, 1 or more, which no other one of the process has; 0 if the id does not say.
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

/// A text is not that of a [`TaskId`].
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

    /// With or without the executor's number, and the leading `0x`.
    fn from_str(text: &str) -> Result<Self, ParseTaskIdError> {
        let (executor, key) = text.split_once(':').map_or((None, text), |(executor, key)| (Some(executor), key));
        let executor = executor.map_or(Ok(0), |number| unsigned(number).parse::<NonZeroUsize>().map(NonZeroUsize::get));
        let digits = key.strip_prefix("0x").or_else(|| key.strip_prefix("0X")).unwrap_or(key);
        let key = usize::from_str_radix(unsigned(digits), 16);
        executor.and_then(|executor| Ok(Self { executor, key: key? })).map_err(ParseTaskIdError)
    }
}

/// Numbers may have a sign, ids not: that alone is no number.
fn unsigned(digits: &str) -> &str {
    if digits.starts_with('+') { "+" } else { digits }
}

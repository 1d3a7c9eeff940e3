//! Why a task has no output.

use core::{any::Any, convert::Infallible, error::Error, fmt};
use std::sync::{Mutex, PoisonError};

use super::{
    raw::{Failure, Joined},
    task_id::TaskId,
};
use crate::raw::Payload;

/// The reason why a joined task has no output: it was cancelled, it panicked, or its executor ended.
///
/// A task that was cancelled during the poll that completed it has both: see [`into_output`](Self::into_output).
pub struct JoinError<T> {
    id: TaskId,
    reason: Reason<T>,
}

enum Reason<T> {
    Cancelled(Option<T>),
    /// In a mutex so that the error is `Sync`; two threads never lock it.
    Panicked(Mutex<Payload>),
    ShutDown,
}

impl<T> JoinError<T> {
    /// The result that a join handle returns.
    pub(crate) fn result_of(id: impl FnOnce() -> TaskId, joined: Joined<T>) -> Result<T, Self> {
        let reason = match joined.outcome {
            Ok(output) if !joined.was_cancelled => return Ok(output),
            Ok(output) => Reason::Cancelled(Some(output)),
            Err(Failure::Cancelled) => Reason::Cancelled(None),
            Err(Failure::Panicked(payload)) => Reason::Panicked(Mutex::new(payload)),
            Err(Failure::ShutDown) => Reason::ShutDown,
        };
        Err(Self { id: id(), reason })
    }

    /// Returns the id of the task.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Returns whether the task was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.reason, Reason::Cancelled(_))
    }

    /// Returns whether the task panicked: in its poll, or in the destructor of its future.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self.reason, Reason::Panicked(_))
    }

    /// Returns whether the task's executor ended before the task did.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        matches!(self.reason, Reason::ShutDown)
    }

    /// Returns the output of a task that was cancelled during the poll that completed it; `None` of any other.
    #[must_use]
    pub fn output(&self) -> Option<&T> {
        match &self.reason {
            Reason::Cancelled(output) => output.as_ref(),
            Reason::Panicked(_) | Reason::ShutDown => None,
        }
    }

    /// Returns the output of a task that was cancelled during the poll that completed it; `None` of any other.
    #[must_use]
    pub fn into_output(self) -> Option<T> {
        match self.reason {
            Reason::Cancelled(output) => output,
            Reason::Panicked(_) | Reason::ShutDown => None,
        }
    }

    /// Returns the payload of the task's panic, for [`std::panic::resume_unwind`].
    ///
    /// # Panics
    ///
    /// If the task did not panic: see [`try_into_panic`](Self::try_into_panic).
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::LocalExecutor;
    ///
    /// let executor = LocalExecutor::new();
    /// let task = executor.spawn(async { std::panic::panic_any("payload") });
    /// let error = executor.block_on(task).unwrap_err();
    /// assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "payload");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(error) => panic!("flagstone: `into_panic` of a task that did not panic: {error}"),
        }
    }

    /// Returns the payload of the task's panic.
    ///
    /// # Errors
    ///
    /// The error itself, if the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, Self> {
        match self.reason {
            Reason::Panicked(payload) => Ok(payload.into_inner().unwrap_or_else(PoisonError::into_inner)),
            reason => Err(Self { id: self.id, reason }),
        }
    }

    /// Returns the same error without the output, which it drops if there is one: for `?` into error types that need
    /// `Send + Sync + 'static` where the output is not.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, error::Error, rc::Rc};
    /// use flagstone::task::{JoinError, LocalExecutor};
    ///
    /// async fn joined(executor: &LocalExecutor) -> Result<(), Box<dyn Error + Send + Sync>> {
    ///     let task = executor.spawn(async { Rc::new(Cell::new(1)) });
    ///     let output = task.await.map_err(JoinError::without_output)?;
    ///     assert_eq!(output.get(), 1);
    ///     Ok(())
    /// }
    ///
    /// let executor = LocalExecutor::new();
    /// executor.block_on(joined(&executor)).unwrap();
    /// ```
    #[must_use]
    pub fn without_output(self) -> JoinError<Infallible> {
        let reason = match self.reason {
            Reason::Cancelled(_) => Reason::Cancelled(None),
            Reason::Panicked(payload) => Reason::Panicked(payload),
            Reason::ShutDown => Reason::ShutDown,
        };
        JoinError { id: self.id, reason }
    }

    /// The message of the panic, if its payload is a string.
    fn message(payload: &Mutex<Payload>) -> Option<String> {
        let payload = payload.lock().unwrap_or_else(PoisonError::into_inner);
        let text = payload.downcast_ref::<&'static str>().copied();
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).map(str::to_owned)
    }
}

impl<T> fmt::Display for JoinError<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        match &self.reason {
            Reason::Cancelled(None) => write!(formatter, "task {id} was cancelled"),
            Reason::Cancelled(Some(_)) => write!(formatter, "task {id} was cancelled while it completed"),
            Reason::Panicked(payload) => match Self::message(payload) {
                Some(message) => write!(formatter, "task {id} panicked: {message}"),
                None => write!(formatter, "task {id} panicked"),
            },
            Reason::ShutDown => write!(formatter, "the executor of task {id} ended before it"),
        }
    }
}

impl<T> fmt::Debug for JoinError<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, has_output) = match &self.reason {
            Reason::Cancelled(output) => ("Cancelled", output.is_some()),
            Reason::Panicked(_) => ("Panicked", false),
            Reason::ShutDown => ("ShutDown", false),
        };
        let mut shown = formatter.debug_struct("JoinError");
        shown.field("id", &self.id).field("reason", &format_args!("{name}")).field("has_output", &has_output);
        if let Reason::Panicked(payload) = &self.reason {
            shown.field("message", &Self::message(payload));
        }
        shown.finish()
    }
}

impl<T> Error for JoinError<T> {}

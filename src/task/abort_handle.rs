//! A handle that can only cancel a task.

use core::fmt;

use super::{task_id::TaskId, task_ref::TaskRef};

/// Cancels a task from any thread, and does nothing else. It may outlive the task and its executor.
///
/// # Examples
///
/// ```
/// use flagstone::task::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// let task = executor.spawn(std::future::pending::<()>());
/// let abort = task.abort_handle();
/// std::thread::spawn(move || assert!(abort.abort())).join().unwrap();
/// assert!(executor.block_on(task).unwrap_err().is_cancelled());
/// ```
#[derive(Clone)]
pub struct AbortHandle(TaskRef);

impl AbortHandle {
    pub(crate) fn new(task: TaskRef) -> Self {
        Self(task)
    }

    /// Cancels the task: it ends before it completes, as with [`JoinHandle::cancel`](super::JoinHandle::cancel).
    /// Returns whether it will: `false` if it has ended already.
    pub fn abort(&self) -> bool {
        self.0.cancel()
    }

    /// Returns the task's id.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.0.id()
    }

    /// Returns whether the task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

// A panic leaves shared state consistent: user code runs only where no operation is half done.
impl core::panic::UnwindSafe for AbortHandle {}
impl core::panic::RefUnwindSafe for AbortHandle {}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AbortHandle").field("id", &self.id()).finish_non_exhaustive()
    }
}

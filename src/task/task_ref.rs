//! A counted reference to a task.

use core::{fmt, task::Waker};

use super::{info::TaskInfo, raw::Reference, task_id::TaskId};

/// A counted reference to a task. It keeps the task's slot, not its future. It can be used on any thread, and may
/// outlive the executor.
///
/// Wakers are such references too.
///
/// # Panics
///
/// If a task has as many references as can be counted (at least 67,108,864 on 64 bits, 1,024 on 32), then one more
/// panics: a clone of a reference or waker, and every call that returns a reference, an
/// [`AbortHandle`](super::AbortHandle) or a waker. The panic has no other effect.
///
/// # Examples
///
/// ```
/// use flagstone::task::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// let task = executor.spawn(async {}).task();
/// assert_eq!(task.info().polls, 0);
/// executor.tick(1);
/// assert!(task.is_finished());
/// ```
#[derive(Clone)]
pub struct TaskRef(Reference);

impl TaskRef {
    pub(crate) fn new(reference: Reference) -> Self {
        Self(reference)
    }

    /// Returns the task's id.
    #[must_use]
    pub fn id(&self) -> TaskId {
        TaskId::of(self.0.id())
    }

    /// Wakes the task, as its waker does. Lock-free.
    pub fn wake(&self) {
        self.0.wake();
    }

    /// Returns a waker of the task.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.0.clone().into_waker()
    }

    /// Cancels the task: it ends before it completes, as with [`JoinHandle::cancel`](super::JoinHandle::cancel).
    /// Returns whether it will: `false` if it has ended already.
    pub fn cancel(&self) -> bool {
        self.0.cancel()
    }

    /// Returns whether the task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.0.has_ended()
    }

    /// Returns a snapshot of the task.
    #[must_use]
    pub fn info(&self) -> TaskInfo {
        let mut info = None;
        self.0.see(&mut |seen| info = Some(TaskInfo::new(&seen)));
        info.expect("a task is seen once")
    }
}

// A panic leaves shared state consistent: user code runs only where no operation is half done.
impl core::panic::UnwindSafe for TaskRef {}
impl core::panic::RefUnwindSafe for TaskRef {}

impl fmt::Debug for TaskRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("TaskRef").field(&self.info()).finish()
    }
}

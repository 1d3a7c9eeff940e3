//! What waits for a task's output.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use super::{
    abort_handle::AbortHandle,
    join_error::JoinError,
    raw::RawJoin,
    spawn_error::{Refusal, SpawnError},
    task_id::TaskId,
    task_ref::TaskRef,
};

/// Waits for a task, and returns its output. Dropped, it lets the task go on by itself.
///
/// The output is moved out once; nothing is allocated. The handle may outlive the executor, whose tasks end with it.
/// It is `Send`, and `Sync`, exactly when the output is `Send`; whoever polls it need not be on the executor's thread.
///
/// # Errors
///
/// A [`JoinError`], if the task was cancelled, panicked, or was still there when its executor ended.
///
/// # Panics
///
/// If it is polled after it has returned the output.
///
/// # Examples
///
/// ```
/// use flagstone::task::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// let task = executor.spawn(async { 6 * 7 });
/// assert_eq!(executor.block_on(task).unwrap(), 42);
///
/// let task = executor.spawn(std::future::pending::<()>());
/// assert!(task.cancel());
/// assert!(executor.block_on(task).unwrap_err().is_cancelled());
/// ```
///
/// It goes to other threads, and is shared with them, if the output may go there:
///
/// ```
/// let task = flagstone::task::LocalExecutor::new().spawn(async { std::sync::Arc::new(7) });
/// std::thread::scope(|scope| scope.spawn(|| task.cancel()).join()).unwrap();
/// std::thread::spawn(move || drop(task)).join().unwrap();
/// ```
///
/// ```compile_fail,E0277
/// let task = flagstone::task::LocalExecutor::new().spawn(async { std::rc::Rc::new(7) });
/// std::thread::spawn(move || drop(task)).join().unwrap();
/// ```
///
/// ```compile_fail,E0277
/// let task = flagstone::task::LocalExecutor::new().spawn(async { std::rc::Rc::new(7) });
/// std::thread::scope(|scope| scope.spawn(|| task.cancel()).join()).unwrap();
/// ```
#[must_use = "a handle that is dropped detaches its task: call `detach` if that is meant"]
pub struct JoinHandle<T> {
    join: RawJoin<T>,
}

impl<T> JoinHandle<T> {
    /// Of a task that was to be spawned: from `source`, which is given back if it was not.
    pub(crate) fn of<S>(spawned: Result<RawJoin<T>, (S, Refusal)>) -> Result<Self, SpawnError<S>> {
        match spawned {
            Ok(join) => Ok(Self { join }),
            Err((source, reason)) => Err(SpawnError::new(source, reason)),
        }
    }

    #[inline(always)]
    pub(crate) fn new(join: RawJoin<T>) -> Self {
        Self { join }
    }

    /// Of a task that was to be spawned from a source; and where it was refused because the executor has ended, of one that
    /// `spawn_ended` makes, which has ended with it.
    ///
    /// # Panics
    ///
    /// If it was refused for another reason, or there is no memory for such a task.
    #[track_caller]
    #[inline(always)]
    pub(crate) fn of_any<S>(
        spawned: Result<RawJoin<T>, (S, Refusal)>,
        spawn_ended: impl FnOnce(S) -> Option<RawJoin<T>>,
    ) -> Self {
        match spawned {
            Ok(join) => Self { join },
            Err((source, reason)) => Self::of_refused(source, reason, spawn_ended),
        }
    }

    /// Of a task that was to be spawned from `source` and was refused. If the executor has ended, `spawn_ended` makes one that has
    /// ended with it.
    ///
    /// # Panics
    ///
    /// If it was refused for another reason, or `spawn_ended` has no memory for it.
    #[track_caller]
    #[cold]
    fn of_refused<S>(source: S, reason: Refusal, spawn_ended: impl FnOnce(S) -> Option<RawJoin<T>>) -> Self {
        if reason != Refusal::ShutDown {
            SpawnError::new((), reason).panic();
        }
        match spawn_ended(source) {
            Some(join) => Self { join },
            None => SpawnError::new((), Refusal::Full).panic(),
        }
    }

    /// Returns the task's id.
    #[must_use]
    pub fn id(&self) -> TaskId {
        TaskId::of(self.join.id())
    }

    /// Lets the task end before it completes. Returns whether it will: `false` if it has ended already.
    ///
    /// The future is dropped on the executor's thread, at its next turn; after a poll that goes on. The handle returns an error
    /// then: [with the output](JoinError::into_output) if that poll completed the task, of a [panic](JoinError::is_panic) if
    /// that panicked, of the [executor's end](JoinError::is_shut_down) if that came first. Lock-free.
    pub fn cancel(&self) -> bool {
        self.join.cancel()
    }

    /// Returns whether the task has ended: the handle is ready when it is polled next.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.join.has_ended()
    }

    /// Returns a handle that can cancel the task, and no more.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle::new(self.task())
    }

    /// Returns a reference to the task.
    #[must_use]
    pub fn task(&self) -> TaskRef {
        TaskRef::new(self.join.reference())
    }

    /// Lets the task go on by itself. Its output will be dropped on the executor's thread; here, if it is there already.
    pub fn detach(self) {}
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError<T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.join.poll_output(context).map(|joined| JoinError::result_of(|| self.id(), joined))
    }
}

impl<T> Unpin for JoinHandle<T> {}

// A panic leaves what is shared whole: user code runs where nothing is half done.
impl<T> core::panic::UnwindSafe for JoinHandle<T> {}
impl<T> core::panic::RefUnwindSafe for JoinHandle<T> {}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JoinHandle")
            .field("id", &self.id())
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

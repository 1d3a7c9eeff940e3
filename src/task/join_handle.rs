//! The handle that waits for a task's output.

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

/// Waits for a task, and returns its output. Dropping the handle detaches the task, which goes on.
///
/// The output is moved out once; nothing is allocated. The handle may outlive the executor, whose tasks end with it. It
/// is `Send` and `Sync` exactly when the output is `Send`; the task that polls it need not be on the executor's thread.
///
/// # Panics
///
/// If it is polled after it has returned the output.
///
/// # Errors
///
/// A [`JoinError`], if the task was cancelled, panicked, or had not ended when its executor ended.
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
/// It can be sent to other threads, and shared with them, if the output is `Send`:
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
    /// The handle of a spawned task. If the task was refused, its `source` is returned with the error.
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

    /// The handle of a spawned task. If the task was refused because the executor has ended, `spawn_ended` makes one
    /// that has ended with the executor.
    ///
    /// # Panics
    ///
    /// If the task was refused for another reason, or there is no memory for the ended one.
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

    /// The handle for a task that was refused, and was to be made from `source`. If the executor has ended,
    /// `spawn_ended` makes one that has ended with the executor.
    ///
    /// # Panics
    ///
    /// If the task was refused for another reason, or `spawn_ended` has no memory for the ended one.
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

    /// Cancels the task: it ends before it completes. Returns whether it will: `false` if it has ended already.
    ///
    /// The future is dropped on the executor's thread, at the task's next turn; if the task is being polled, after that
    /// poll. The handle then returns an error: [with the output](JoinError::into_output) if that poll completed the
    /// task, of a [panic](JoinError::is_panic) if that poll panicked, of the [executor's end](JoinError::is_shut_down)
    /// if that came first. Lock-free.
    pub fn cancel(&self) -> bool {
        self.join.cancel()
    }

    /// Returns whether the task has ended: if so, the handle is ready when it is polled next.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.join.has_ended()
    }

    /// Returns a handle that can only cancel the task.
    ///
    /// # Panics
    ///
    /// If the task has as many [references](TaskRef) as can be counted.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle::new(self.task())
    }

    /// Returns a reference to the task.
    ///
    /// # Panics
    ///
    /// If the task has as many references as can be counted.
    #[must_use]
    pub fn task(&self) -> TaskRef {
        TaskRef::new(self.join.reference())
    }

    /// Drops the handle; the task goes on. Its output will be dropped on the executor's thread; or here, if the task
    /// has already ended.
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

// A panic leaves shared state consistent: user code runs only where no operation is half done.
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

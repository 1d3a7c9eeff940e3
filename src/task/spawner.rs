//! Spawning from other threads.

use core::{fmt, future::Future};
use std::sync::Arc;

use super::{
    builder::{Builder, plain_origin},
    join_handle::JoinHandle,
    raw::{Core, Label, Local, Origin, RawJoin},
    registry::Registry,
    spawn_error::SpawnError,
    storage::{BoxStorage, Storage},
};

/// Spawns tasks on an executor, from any thread.
///
/// Returned by [`LocalExecutor::spawner`](super::LocalExecutor::spawner). It does not keep the executor from ending.
/// After the end, [`try_spawn`](Self::try_spawn) is refused with [`Refusal::ShutDown`](super::Refusal::ShutDown), and
/// [`spawn`](Self::spawn) returns the handle of a task that was shut down. A task that a thread spawns is stored in
/// that thread's shard of the executor's slab.
///
/// # Examples
///
/// ```
/// use flagstone::task::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// let spawner = executor.spawner();
/// let thread = std::thread::spawn(move || {
///     // A future that is not `Send` is built on the executor's thread.
///     spawner.spawn_with(|| async {
///         let shared = std::rc::Rc::new(7);
///         flagstone::task::yield_now().await;
///         *shared
///     })
/// });
/// let task = thread.join().unwrap();
/// assert_eq!(executor.block_on(task).unwrap(), 7);
/// ```
///
/// A future that is not `Send` cannot be spawned itself:
///
/// ```compile_fail
/// let executor = flagstone::task::LocalExecutor::new();
/// let shared = std::rc::Rc::new(7);
/// executor.spawner().spawn(async move { drop(shared) });
/// ```
///
/// ```
/// let executor = flagstone::task::LocalExecutor::new();
/// let shared = std::sync::Arc::new(7);
/// executor.spawner().spawn(async move { drop(shared) });
/// ```
///
/// A future that is built on the executor's thread need not be `Send`, but its output must be:
///
/// ```
/// let executor = flagstone::task::LocalExecutor::new();
/// executor.spawner().spawn_with(|| async { *std::rc::Rc::new(7) });
/// ```
///
/// ```compile_fail,E0277
/// let executor = flagstone::task::LocalExecutor::new();
/// executor.spawner().spawn_with(|| async { std::rc::Rc::new(7) });
/// ```
pub struct Spawner<M: Storage = BoxStorage> {
    core: Arc<Core<Local, M>>,
}

impl<M: Storage> Spawner<M> {
    pub(crate) fn new(core: Arc<Core<Local, M>>) -> Self {
        Self { core }
    }

    pub(crate) fn spawn_labelled<F: Future<Output: Send> + Send + 'static, L: Label>(
        &self,
        origin: Origin,
        label: L,
        future: F,
    ) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
        JoinHandle::of(self.core.spawn_remotely(origin, label, future))
    }

    /// Spawns a future on the executor.
    ///
    /// Lock-free, except for the allocator when the thread needs more slots, and for waking the executor's thread if it
    /// is parked.
    ///
    /// If the executor has ended, the future is dropped, and the returned handle says that the task was
    /// [shut down](super::JoinError::is_shut_down).
    ///
    /// # Panics
    ///
    /// If [`try_spawn`](Self::try_spawn) is refused because the storage is full, or the future is too large or too
    /// aligned for it.
    #[track_caller]
    pub fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        let origin = plain_origin();
        JoinHandle::of_any(self.core.spawn_remotely(origin, (), future), |future| self.spawn_ended(origin, future))
    }

    pub(crate) fn spawn_ended<F: Future>(&self, origin: Origin, future: F) -> Option<RawJoin<F::Output>> {
        self.core.spawn_ended(origin, future)
    }

    /// Spawns a future on the executor, if there is room.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], with the future: as for [`LocalExecutor::try_spawn`](super::LocalExecutor::try_spawn), or if the
    /// executor has ended.
    #[track_caller]
    pub fn try_spawn<F: Future<Output: Send> + Send + 'static>(
        &self,
        future: F,
    ) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
        self.spawn_labelled(plain_origin(), (), future)
    }

    /// Spawns the future that `build` returns. `build` is called on the executor's thread, in the task's first poll, so
    /// the future need not be `Send`.
    ///
    /// If the executor has ended, `build` is dropped, and the returned handle says that the task was
    /// [shut down](super::JoinError::is_shut_down).
    ///
    /// # Panics
    ///
    /// If [`try_spawn_with`](Self::try_spawn_with) is refused because the storage is full, or the future is too large
    /// or too aligned for it. A panic in `build` is a panic of the task.
    #[track_caller]
    pub fn spawn_with<G, F>(&self, build: G) -> JoinHandle<F::Output>
    where
        G: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send> + 'static,
    {
        let origin = plain_origin();
        JoinHandle::of_any(self.core.spawn_built(origin, build), |build| self.core.spawn_built_ended(origin, build))
    }

    /// Spawns the future that `build` returns, if there is room. `build` is called on the executor's thread.
    ///
    /// The task needs room for `build`, the future, and a little more.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], with `build`: as for [`try_spawn`](Self::try_spawn).
    #[track_caller]
    pub fn try_spawn_with<G, F>(&self, build: G) -> Result<JoinHandle<F::Output>, SpawnError<G>>
    where
        G: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send> + 'static,
    {
        JoinHandle::of(self.core.spawn_built(plain_origin(), build))
    }

    /// Returns a builder that sets a task's name and kind before it spawns the task.
    pub fn builder(&self) -> Builder<'_, Self> {
        Builder::new(self)
    }

    /// Returns the memory of entirely free pages of slots to the operating system, and the number of its bytes to the
    /// caller, as [`LocalExecutor::trim`](super::LocalExecutor::trim) does for the executor's thread.
    ///
    /// It frees pages in which the current thread, and threads that have ended, have spawned tasks.
    pub fn trim(&self) -> usize {
        self.core.trim()
    }

    /// Returns a handle that lists the tasks of the executor.
    #[must_use]
    pub fn registry(&self) -> Registry {
        Registry::new(self.core.clone())
    }
}

impl<M: Storage> Clone for Spawner<M> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core) }
    }
}

// A panic leaves shared state consistent: user code runs only where no operation is half done.
impl<M: Storage> core::panic::UnwindSafe for Spawner<M> {}
impl<M: Storage> core::panic::RefUnwindSafe for Spawner<M> {}

impl<M: Storage> fmt::Debug for Spawner<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Spawner").field("len", &self.core.len()).finish_non_exhaustive()
    }
}

//! Tasks for a custom scheduler.

use core::{fmt, future::Future};
use std::sync::Arc;

use super::{
    builder::{Builder, plain_origin},
    join_handle::JoinHandle,
    raw::{Core, Label, Origin, RawJoin, Scheduled},
    registry::Registry,
    schedule::Schedule,
    spawn_error::SpawnError,
    storage::{BoxStorage, Storage},
};
use crate::ReserveError;

/// Holds tasks for a custom scheduler. A thread that takes a [`Runnable`](super::Runnable) from the scheduler polls the
/// task; it can be any thread.
///
/// Futures and their outputs must be `Send`. Dropping a `Tasks` [shuts down](Self::shutdown) all its tasks.
///
/// # Examples
///
/// ```
/// use std::sync::Mutex;
/// use flagstone::task::{Runnable, Tasks};
///
/// static QUEUE: Mutex<Vec<Runnable>> = Mutex::new(Vec::new());
///
/// let tasks = Tasks::new(|task| QUEUE.lock().unwrap().push(task));
/// let sum = tasks.spawn(async { 1 + 1 });
/// while let Some(task) = { let next = QUEUE.lock().unwrap().pop(); next } {
///     task.run();
/// }
/// assert!(sum.is_finished());
/// ```
pub struct Tasks<S: Schedule, M: Storage = BoxStorage> {
    core: Arc<Core<Scheduled<S>, M>>,
    schedule: Arc<S>,
}

impl<S: Schedule> Tasks<S> {
    /// Returns an empty set of tasks for this scheduler, without a limit on their number.
    #[must_use]
    pub fn new(schedule: S) -> Self {
        Self::with_storage(schedule, BoxStorage::new())
    }

    /// Returns an empty set of tasks for this scheduler, with at most `tasks` tasks at a time. Their slots are made
    /// now, on this thread, as far as there is memory. A future of more than 192 bytes is put in a box.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::{Runnable, Tasks};
    ///
    /// let tasks = Tasks::with_capacity(|task: Runnable| { task.run(); }, 10);
    /// assert_eq!(tasks.capacity(), Some(10));
    /// ```
    #[must_use]
    pub fn with_capacity(schedule: S, tasks: usize) -> Self {
        Self::with_storage(schedule, BoxStorage::with_capacity(tasks))
    }
}

impl<S: Schedule, M: Storage> Tasks<S, M> {
    /// Returns an empty set of tasks for this scheduler, kept in this storage.
    #[must_use]
    pub fn with_storage(schedule: S, storage: M) -> Self {
        let schedule = Arc::new(schedule);
        Self { core: Core::new(&storage, Scheduled::new(&schedule)), schedule }
    }

    pub(crate) fn spawn_labelled<F: Future<Output: Send> + Send + 'static, L: Label>(
        &self,
        origin: Origin,
        label: L,
        future: F,
    ) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
        JoinHandle::of(self.core.spawn(origin, label, future))
    }

    /// Spawns a future: makes it a task, and gives the task to the scheduler.
    ///
    /// After [`shutdown`](Self::shutdown), the future is dropped, and the returned handle says that the task was
    /// [shut down](super::JoinError::is_shut_down).
    ///
    /// # Panics
    ///
    /// If [`try_spawn`](Self::try_spawn) is refused because the storage is full, or the future is too large or too
    /// aligned for it.
    #[track_caller]
    pub fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        let origin = plain_origin();
        JoinHandle::of_any(self.core.spawn(origin, (), future), |future| self.spawn_ended(origin, future))
    }

    pub(crate) fn spawn_ended<F: Future>(&self, origin: Origin, future: F) -> Option<RawJoin<F::Output>> {
        self.core.spawn_ended(origin, future)
    }

    /// Spawns a future, if there is room: makes it a task, and gives the task to the scheduler.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], with the future: as for [`Spawner::try_spawn`](super::Spawner::try_spawn).
    #[track_caller]
    pub fn try_spawn<F: Future<Output: Send> + Send + 'static>(
        &self,
        future: F,
    ) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
        self.spawn_labelled(plain_origin(), (), future)
    }

    /// Returns a builder that sets a task's name and kind before it spawns the task.
    pub fn builder(&self) -> Builder<'_, Self> {
        Builder::new(self)
    }

    /// Returns a handle that lists the tasks.
    #[must_use]
    pub fn registry(&self) -> Registry {
        Registry::new(self.core.clone())
    }

    /// Returns the scheduler.
    #[must_use]
    pub fn schedule(&self) -> &S {
        &self.schedule
    }

    /// Returns the number of live tasks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.core.len()
    }

    /// Returns whether [`len`](Self::len) is zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the memory of entirely free pages of slots to the operating system, and the number of its bytes to the
    /// caller, as [`Slab::trim`](crate::Slab::trim) does.
    ///
    /// It frees what a peak of tasks has left behind, in pages of the current thread and of threads that have ended.
    /// Each thread that spawns trims its own.
    ///
    /// A page stays while a task lives in it, or a reference or waker keeps a slot of it. The address space stays
    /// reserved for later tasks, since other threads may look at any slot.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::{Runnable, Tasks};
    ///
    /// let tasks = Tasks::new(|task: Runnable| { task.run(); });
    /// let waiting: Vec<_> = (0..10_000).map(|_| tasks.spawn(std::future::pending::<()>())).collect();
    /// assert_eq!(tasks.trim(), 0);
    /// tasks.shutdown();
    /// drop(waiting);
    /// let bytes = tasks.trim();
    /// assert!(bytes > 1_000_000 || !cfg!(target_os = "linux"));
    /// ```
    pub fn trim(&self) -> usize {
        self.core.trim()
    }

    /// Makes room for `additional` more tasks that are spawned on this thread, beside those that live now. Until that
    /// room is used up, none of these spawns allocates, except for a box that its future needs, and for the first task
    /// of a type at each place in the source (48 bytes).
    ///
    /// Each thread spawns into slots of its own. Where the [storage](Storage) has a capacity, the thread on which the
    /// tasks were made has that room from the beginning.
    ///
    /// # Errors
    ///
    /// [`ReserveError`], if there is no memory, or a thread cannot have that many slots. Slots that were made before
    /// the failure stay.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::{Runnable, Tasks};
    ///
    /// let tasks = Tasks::new(|task: Runnable| { task.run(); });
    /// tasks.reserve(100)?;
    /// tasks.spawn(async {}).detach(); // in a slot that is there
    /// # Ok::<(), flagstone::ReserveError>(())
    /// ```
    pub fn reserve(&self, additional: usize) -> Result<(), ReserveError> {
        Ok(self.core.make_slots(additional, 0)?)
    }

    /// Returns the largest number of tasks that may live at a time, if the storage is bounded.
    #[must_use]
    pub fn capacity(&self) -> Option<usize> {
        self.core.limit()
    }

    /// Ends all tasks. From then on [`try_spawn`](Self::try_spawn) is refused, and [`spawn`](Self::spawn) makes tasks
    /// that have already ended.
    ///
    /// A task that waits for a wake ends during this call: its future is dropped, and its joiner learns of the end. A
    /// task that is scheduled or being polled is cancelled, so it ends when its [`Runnable`](super::Runnable) is next
    /// run, or is dropped. A second call does nothing.
    pub fn shutdown(&self) {
        self.core.shut_down();
    }
}

impl<S: Schedule, M: Storage> Drop for Tasks<S, M> {
    fn drop(&mut self) {
        self.shutdown();
    }
}

// A panic leaves shared state consistent: user code runs only where no operation is half done.
impl<S: Schedule, M: Storage> core::panic::UnwindSafe for Tasks<S, M> {}
impl<S: Schedule, M: Storage> core::panic::RefUnwindSafe for Tasks<S, M> {}

impl<S: Schedule, M: Storage> fmt::Debug for Tasks<S, M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tasks")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

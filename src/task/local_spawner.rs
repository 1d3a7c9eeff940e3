//! Spawning on the executor's own thread.

use core::{fmt, future::Future};

use super::{
    builder::{Builder, plain_origin},
    claim::{Claim, ClaimFuture},
    join_handle::JoinHandle,
    raw::{Label, Origin, Owner, RawJoin},
    registry::Registry,
    spawn_error::{Refusal, SpawnError},
    storage::{BoxStorage, Storage},
};

/// Spawns tasks on the executor's own thread. A task keeps one to spawn other tasks.
///
/// Returned by [`LocalExecutor::local_spawner`](super::LocalExecutor::local_spawner). It does not keep the executor
/// from ending. After the end, [`try_spawn`](Self::try_spawn) is refused with [`Refusal::ShutDown`], and
/// [`spawn`](Self::spawn) returns the handle of a task that was shut down.
///
/// # Examples
///
/// ```
/// use flagstone::task::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// let spawner = executor.local_spawner();
/// let outer = executor.spawn(async move { spawner.spawn(async { 1 }).await.unwrap() + 1 });
/// assert_eq!(executor.block_on(outer).unwrap(), 2);
/// ```
///
/// It stays on its thread; the handle that [`LocalExecutor::spawner`](super::LocalExecutor::spawner) returns need not:
///
/// ```compile_fail,E0277
/// let spawner = flagstone::task::LocalExecutor::new().local_spawner();
/// std::thread::spawn(move || drop(spawner));
/// ```
///
/// ```
/// let spawner = flagstone::task::LocalExecutor::new().spawner();
/// std::thread::spawn(move || drop(spawner));
/// ```
pub struct LocalSpawner<M: Storage = BoxStorage> {
    owner: Owner<M>,
}

impl<M: Storage> LocalSpawner<M> {
    pub(crate) fn new(owner: Owner<M>) -> Self {
        Self { owner }
    }

    #[inline(always)]
    pub(crate) fn owner(&self) -> &Owner<M> {
        &self.owner
    }

    #[inline(always)]
    pub(crate) fn spawn_labelled<F: Future + 'static, L: Label>(
        &self,
        origin: Origin,
        label: L,
        future: F,
    ) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
        JoinHandle::of(match self.owner.prepare::<F, L>() {
            Ok(prepared) => Ok(self.owner.spawn(prepared, origin, label, || future)),
            Err(reason) => Err((future, reason)),
        })
    }

    /// Spawns a future, as [`LocalExecutor::spawn`](super::LocalExecutor::spawn) does.
    ///
    /// If the executor has ended, the future is dropped, and the returned handle says that the task was
    /// [shut down](super::JoinError::is_shut_down).
    ///
    /// # Panics
    ///
    /// If [`try_spawn`](Self::try_spawn) is refused because the storage is full, or the future is too large or too
    /// aligned for it.
    #[inline]
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        match self.owner.prepare::<F, ()>() {
            Ok(prepared) => JoinHandle::new(self.owner.spawn(prepared, plain_origin(), (), || future)),
            Err(reason) => self.spawn_refused(plain_origin(), future, reason),
        }
    }

    #[track_caller]
    #[cold]
    fn spawn_refused<F: Future + 'static>(&self, origin: Origin, future: F, reason: Refusal) -> JoinHandle<F::Output> {
        JoinHandle::of_any(Err((future, reason)), |future| self.spawn_ended(origin, future))
    }

    pub(crate) fn spawn_ended<F: Future>(&self, origin: Origin, future: F) -> Option<RawJoin<F::Output>> {
        self.owner.core().spawn_ended(origin, future)
    }

    /// Spawns a future, as [`LocalExecutor::try_spawn`](super::LocalExecutor::try_spawn) does.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], with the future.
    #[inline]
    #[track_caller]
    pub fn try_spawn<F: Future + 'static>(&self, future: F) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
        self.spawn_labelled(plain_origin(), (), future)
    }

    /// Returns a builder that sets a task's name and kind before it spawns the task.
    pub fn builder(&self) -> Builder<'_, Self> {
        Builder::new(self)
    }

    /// Claims a slot, as [`LocalExecutor::try_claim`](super::LocalExecutor::try_claim) does.
    #[must_use = "a claim that is dropped gives its slot back"]
    pub fn try_claim(&self) -> Option<Claim<M>> {
        Claim::new(&self.owner).ok()
    }

    /// Claims a slot as soon as one is free, as [`LocalExecutor::claim`](super::LocalExecutor::claim) does.
    pub fn claim(&self) -> ClaimFuture<M> {
        ClaimFuture::new(self.owner.clone())
    }

    /// Returns a handle that lists the tasks of the executor.
    #[must_use]
    pub fn registry(&self) -> Registry {
        Registry::new(self.owner.core().clone())
    }
}

impl<M: Storage> Clone for LocalSpawner<M> {
    fn clone(&self) -> Self {
        Self { owner: self.owner.clone() }
    }
}

// A panic leaves shared state consistent: user code runs only where no operation is half done.
impl<M: Storage> core::panic::UnwindSafe for LocalSpawner<M> {}
impl<M: Storage> core::panic::RefUnwindSafe for LocalSpawner<M> {}

impl<M: Storage> fmt::Debug for LocalSpawner<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LocalSpawner").field("len", &self.owner.core().len()).finish_non_exhaustive()
    }
}

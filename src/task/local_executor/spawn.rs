//! Spawning on its thread.

use core::future::Future;

use super::LocalExecutor;
use crate::task::{
    builder::Builder,
    claim::{Claim, ClaimFuture},
    join_handle::JoinHandle,
    local_spawner::LocalSpawner,
    spawn_error::SpawnError,
    storage::Storage,
};

impl<M: Storage> LocalExecutor<M> {
    /// Spawns a future: makes it a task, which is polled when the executor is driven.
    ///
    /// Constant time; wait-free, except for the allocator when a page is full or the future goes in a box.
    ///
    /// # Panics
    ///
    /// If [`try_spawn`](Self::try_spawn) is refused.
    #[inline]
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        self.spawner.spawn(future)
    }

    /// Spawns a future, if there is room.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], with the future, if the storage is full, or the future is too large or too aligned for it.
    #[inline]
    #[track_caller]
    pub fn try_spawn<F: Future + 'static>(&self, future: F) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
        self.spawner.try_spawn(future)
    }

    /// Returns a builder that sets a task's name and kind before it spawns the task.
    pub fn builder(&self) -> Builder<'_, LocalSpawner<M>> {
        self.spawner.builder()
    }

    /// Claims a slot for a future that comes later. Returns `None` if there is no room.
    #[must_use = "a claim that is dropped gives its slot back"]
    pub fn try_claim(&self) -> Option<Claim<M>> {
        self.spawner.try_claim()
    }

    /// Claims a slot as soon as one is free, for a future that comes later.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::LocalExecutor;
    ///
    /// let executor = LocalExecutor::with_capacity(2);
    /// executor.block_on(async {
    ///     for number in 0..100 {
    ///         // Never more than two at a time.
    ///         executor.claim().await.spawn(async move { number }).unwrap().detach();
    ///     }
    /// });
    /// ```
    pub fn claim(&self) -> ClaimFuture<M> {
        self.spawner.claim()
    }
}

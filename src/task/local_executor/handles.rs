//! Handles for other threads and tasks, and what there is.

use super::LocalExecutor;
use crate::task::{local_spawner::LocalSpawner, registry::Registry, spawner::Spawner, storage::Storage};

impl<M: Storage> LocalExecutor<M> {
    /// Returns a handle that spawns tasks on this thread, for tasks to keep.
    #[must_use]
    pub fn local_spawner(&self) -> LocalSpawner<M> {
        self.spawner.clone()
    }

    /// Returns a handle that spawns tasks from any thread.
    #[must_use]
    pub fn spawner(&self) -> Spawner<M> {
        self.owner().let_others_spawn();
        Spawner::new(self.owner().core().clone())
    }

    /// Returns a handle that lists the tasks, from any thread.
    #[must_use]
    pub fn registry(&self) -> Registry {
        self.spawner.registry()
    }

    /// Returns the number of live tasks: those that have not ended, those whose join handles still exist, and slots
    /// that are claimed. Wakers of removed tasks do not count.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owner().core().len()
    }

    /// Returns whether [`len`](Self::len) is zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

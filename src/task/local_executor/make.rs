//! Making an executor.

use core::{marker::PhantomData, task::Waker};
use std::sync::Arc;

use super::{LocalExecutor, Unparker};
use crate::{
    sync,
    task::{
        local_spawner::LocalSpawner,
        raw::Owner,
        storage::{BoxStorage, Storage},
    },
};

impl LocalExecutor {
    /// Returns an executor for any number of tasks. A future of more than 192 bytes is put in a box.
    #[must_use]
    pub fn new() -> Self {
        Self::with_storage(BoxStorage::new())
    }

    /// Returns an executor for at most `tasks` tasks at a time. Their slots are made now, as far as there is memory;
    /// [`reserve`](Self::reserve) reports whether there is. A future of more than 192 bytes is put in a box.
    #[must_use]
    pub fn with_capacity(tasks: usize) -> Self {
        Self::with_storage(BoxStorage::with_capacity(tasks))
    }
}

impl<M: Storage> LocalExecutor<M> {
    /// Returns an executor whose tasks are kept in this storage.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::{LocalExecutor, SlabStorage};
    ///
    /// // At most a thousand tasks, and no allocation from here on.
    /// let executor = LocalExecutor::with_storage(SlabStorage::<256>::with_capacity(1000));
    /// assert_eq!(executor.capacity(), Some(1000));
    /// ```
    #[must_use]
    pub fn with_storage(storage: M) -> Self {
        Self {
            spawner: LocalSpawner::new(Owner::new(&storage)),
            unparker: Waker::from(Arc::new(Unparker(sync::thread::current()))),
            _stays_here: PhantomData,
        }
    }

    pub(super) fn owner(&self) -> &Owner<M> {
        self.spawner.owner()
    }
}

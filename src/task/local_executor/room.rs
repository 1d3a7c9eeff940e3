//! The room that an executor has for tasks, and the memory of it.

use super::{super::storage::Storage, LocalExecutor};
use crate::ReserveError;

impl<M: Storage> LocalExecutor<M> {
    /// Returns the memory of entirely free pages of slots to the operating system, and the number of its bytes to the
    /// caller, as [`Slab::trim`](crate::Slab::trim) does.
    ///
    /// It frees what a peak of tasks has left behind, in pages of the executor's thread and of threads that have ended.
    /// Every other thread that spawns trims [its own](crate::task::Spawner::trim).
    ///
    /// A page stays while a task lives in it, or a reference or waker keeps a slot of it. The address space stays
    /// reserved for later tasks, since other threads may look at any slot.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::LocalExecutor;
    ///
    /// let executor = LocalExecutor::new();
    /// for _ in 0..10_000 {
    ///     executor.spawn(async {}).detach();
    /// }
    /// executor.tick(usize::MAX);
    /// let bytes = executor.trim();
    /// assert!(bytes > 1_000_000 || !cfg!(target_os = "linux"));
    /// ```
    pub fn trim(&self) -> usize {
        self.owner().core().trim()
    }

    /// Makes room for `additional` more tasks that are spawned on this thread, beside those that live now. Until that
    /// room is used up, none of these spawns allocates, except for a box that its future needs, and for the first task
    /// of a type at each place in the source (48 bytes).
    ///
    /// An executor whose [storage](Storage) has a capacity made that room when it was made.
    ///
    /// # Errors
    ///
    /// [`ReserveError`], if there is no memory, or one thread's part of the executor cannot have that many slots. Slots
    /// that were made before the failure stay.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::LocalExecutor;
    ///
    /// let executor = LocalExecutor::new();
    /// executor.reserve(100)?;
    /// for _ in 0..100 {
    ///     executor.spawn(async {}).detach(); // all of them in slots that are there
    /// }
    /// assert!(executor.reserve(usize::MAX / 2).is_err());
    /// # Ok::<(), flagstone::ReserveError>(())
    /// ```
    pub fn reserve(&self, additional: usize) -> Result<(), ReserveError> {
        Ok(self.owner().make_room(additional)?)
    }

    /// Returns the largest number of tasks that may live at a time, if the storage is bounded.
    #[must_use]
    pub fn capacity(&self) -> Option<usize> {
        self.owner().core().limit()
    }
}

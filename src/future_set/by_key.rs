//! Operations on one future, named by its key, and on all.

use core::pin::Pin;

use super::{FutureSet, Keys};

impl<F, S> FutureSet<F, S> {
    /// Drops the future of this key, and frees its slot. Returns whether the set had it. Dropping a
    /// [join handle](crate::task::JoinHandle) detaches its task.
    ///
    /// # Panics
    ///
    /// If the future's destructor panics: its slot is then free.
    pub fn remove(&mut self, key: usize) -> bool {
        self.set.remove(key)
    }

    /// Returns the future of this key by value, and frees its slot; `None` if the set has no such future.
    #[must_use]
    pub fn take(&mut self, key: usize) -> Option<F>
    where
        F: Unpin,
    {
        self.set.take(key)
    }

    /// Returns a reference to the future of this key, to read or change it; `None` if the set has no such future.
    ///
    /// To have it polled after that, call [`wake`](Self::wake).
    #[must_use]
    pub fn get_pin_mut(&mut self, key: usize) -> Option<Pin<&mut F>> {
        self.set.get(key)
    }

    /// Marks the future of this key as woken, so that the next poll of the set polls it. Returns whether the set has
    /// it.
    pub fn wake(&mut self, key: usize) -> bool {
        self.set.wake(key)
    }

    /// Returns whether the set has a future of this key: it was pushed, has not completed or panicked, and was not
    /// removed.
    #[must_use]
    pub fn contains(&self, key: usize) -> bool {
        self.set.slots().contains(key)
    }

    /// Returns the keys of all futures, in no particular order.
    pub fn keys(&self) -> Keys<'_, F> {
        Keys::of(self.set.slots())
    }

    /// Drops all futures.
    ///
    /// In a set of [join handles](crate::task::JoinHandle) this detaches their tasks: the tasks go on, and their
    /// outputs are dropped. To end them, [cancel](crate::task::JoinHandle::cancel) each handle first.
    ///
    /// # Panics
    ///
    /// If a destructor panics: with the first panic, after all futures are dropped.
    pub fn clear(&mut self) {
        self.set.clear();
    }

    /// Returns the number of futures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.set.slots().len()
    }

    /// Returns whether the set holds no future.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the set holds as many futures as its capacity.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// Returns the largest number of futures that the set can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.set.slots().capacity()
    }
}

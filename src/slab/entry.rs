//! A guard that borrows the slab.

use super::Slab;
use crate::{
    config::{Config, DefaultConfig},
    guard::shared_guard,
    key_type::Key,
    raw::{Dropped, Lease},
};

/// A guard of one entry, through which its value can be read. Returned by [`Slab::get`].
///
/// Dropping it is wait-free, except for the last guard of an entry that was removed, or that a thread waits for in
/// [`take`](Slab::take) or [`wait_exclusive`](Slab::wait_exclusive). If the entry was removed, that guard drops the
/// value and frees the slot, which is lock-free except for the value's destructor. If a thread waits, that guard
/// acquires a lock for a short time, to wake the thread.
///
/// # Sending
///
/// A guard can be sent to another thread, and shared between threads, if the slab could be:
///
/// ```
/// fn sent<T: Send + Sync>() {}
/// sent::<flagstone::Entry<'static, String>>();
/// ```
///
/// ```compile_fail,E0277
/// fn sent<T: Send>() {}
/// sent::<flagstone::Entry<'static, std::sync::MutexGuard<'static, u8>>>();
/// ```
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<flagstone::Entry<'static, std::cell::Cell<u8>>>();
/// ```
///
/// It does not outlive the slab:
///
/// ```compile_fail,E0505
/// let slab = flagstone::Slab::new();
/// let key = slab.insert(1).unwrap();
/// let entry = slab.get(key).unwrap();
/// drop(slab);
/// assert_eq!(*entry, 1);
/// ```
///
/// ```
/// let slab = flagstone::Slab::new();
/// let key = slab.insert(1).unwrap();
/// let entry = slab.get(key).unwrap();
/// assert_eq!(*entry, 1);
/// drop(entry);
/// drop(slab);
/// ```
///
/// # Cloning
///
/// ```
/// use flagstone::{Entry, Slab};
///
/// let slab = Slab::new();
/// let key = slab.insert(String::from("value")).unwrap();
/// let first = slab.get(key).unwrap();
/// let second = Entry::clone(&first);
/// drop(first);
/// let value: String = second.clone();
/// assert_eq!(value, "value");
/// ```
#[must_use = "a guard that is dropped at once holds nothing"]
pub struct Entry<'a, T, C: Config = DefaultConfig, K: Key = usize> {
    lease: Lease<T, C, &'a Slab<T, C, K>>,
}

shared_guard! { impl['a] Entry<'a, T, C, K> { Lease<T, C, &'a Slab<T, C, K>> } of slab(self): &'a Slab<T, C, K> }

impl<T, C: Config, K: Key> Entry<'_, T, C, K> {
    /// Removes the entry. Its value is dropped when the last guard or pin of it ends, which may be this guard.
    ///
    /// Returns `true` if it was still there, `false` if it has been removed or taken already. Lock-free.
    ///
    /// # Panics
    ///
    /// If the value is dropped here, and its destructor panics.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert("value").unwrap();
    /// assert!(slab.get(key).unwrap().remove());
    /// assert!(slab.is_empty());
    /// ```
    pub fn remove(self) -> bool {
        self.slab().shards.remove::<Dropped>(self.lease.raw_key())
    }

    /// Removes the entry and returns its value; `None` if it has been removed or taken already.
    ///
    /// This guard ends with the removal, so the call does not wait for it, as [`Slab::take`] would. It waits for other
    /// guards of the entry, and for other threads' pins.
    ///
    /// # Panics
    ///
    /// As [`Slab::take`]. If the entry was removed before, this guard may be the last one, and then the value's
    /// destructor may panic here.
    ///
    /// # Deadlocks
    ///
    /// As [`Slab::take`], for other guards of this thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert(String::from("job")).unwrap();
    /// if let Some(job) = slab.get(key) {
    ///     assert_eq!(job.take().unwrap(), "job");
    /// }
    /// assert!(slab.is_empty());
    /// ```
    #[track_caller]
    pub fn take(self) -> Option<T> {
        let (slab, key) = (self.slab(), self.lease.raw_key());
        slab.shards.take_then(key, move || drop(self))
    }

    /// Removes the entry and returns its value, if no other thread can be reading it. Does not wait.
    ///
    /// This guard ends first. If the call fails, the entry stays. (Where [generations wrap](Config::WRAP_GENERATIONS), other
    /// threads may meanwhile use the slot so often that the key names another entry, which is taken then.)
    ///
    /// # Panics
    ///
    /// If the entry was removed before and this guard is the last one: as the value's destructor does.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::Entry;
    ///
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert(1).unwrap();
    /// let (first, second) = (slab.get(key).unwrap(), slab.get(key).unwrap());
    /// assert_eq!(first.try_take(), None); // `second` is another guard
    /// assert_eq!(second.try_take(), Some(1));
    /// ```
    pub fn try_take(self) -> Option<T> {
        let (slab, key) = (self.slab(), self.lease.raw_key());
        drop(self);
        slab.shards.try_take(key)
    }
}

//! What is done to one entry by its key.

use std::sync::Arc;

use super::{Entry, ExclusiveEntry, ExclusiveError, OwnedEntry, Pinned, Slab};
use crate::{
    config::Config,
    raw::{Dropped, ExclusiveLease, Lease},
};

impl<T, C: Config> Slab<T, C> {
    /// Returns a guard for the entry of `key`; `None` if there is none.
    ///
    /// While the guard lives its value does: a removal meanwhile is finished when the last guard is dropped. Guards
    /// that are forgotten ([`mem::forget`](core::mem::forget)) keep that entry's slot, and nothing else, until the slab
    /// is dropped.
    ///
    /// Lock-free: one compare-and-swap, again if other threads get or drop guards of the same entry at the same moment.
    ///
    /// # Panics
    ///
    /// If the entry has as many guards as can be counted: at least 1,048,576 on 64 bits, 1,024 on 32.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert(vec![1, 2, 3]).unwrap();
    /// let entry = slab.get(key).unwrap();
    /// assert_eq!(entry.iter().sum::<i32>(), 6);
    /// assert!(slab.get(key + 1).is_none());
    /// ```
    #[inline]
    pub fn get(&self, key: usize) -> Option<Entry<'_, T, C>> {
        Lease::new(self, key).map(Entry::new)
    }

    /// Returns a guard that keeps the slab alive and is bound to no lifetime; `None` if `key` has no entry.
    ///
    /// Otherwise like [`get`](Self::get), with one count of the `Arc` more.
    ///
    /// # Panics
    ///
    /// If the entry has as many guards as can be counted.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// let slab = Arc::new(flagstone::Slab::new());
    /// let key = slab.insert("value").unwrap();
    /// let entry = slab.clone().get_owned(key).unwrap();
    /// drop(slab);
    /// std::thread::spawn(move || assert_eq!(*entry, "value")).join().unwrap();
    /// ```
    pub fn get_owned(self: Arc<Self>, key: usize) -> Option<OwnedEntry<T, C>> {
        Lease::new(self, key).map(OwnedEntry::new)
    }

    /// Pins the slab for the current thread: until the result is dropped, entries can be read through it without writing
    /// anything that other threads use.
    ///
    /// An entry that is removed while threads have the slab pinned is dropped when the last guard and the last pin that were
    /// out at its removal end, by the thread that ends it; its slot is not used again before. So pin for a loop of look-ups
    /// or a walk, not for hours. Pins that begin after the removal delay nothing. [`take`](Self::take) and
    /// [`wait_exclusive`](Self::wait_exclusive) wait for the pins of other threads, and panic under one of their own;
    /// [`try_take`](Self::try_take) and [`get_exclusive`](Self::get_exclusive) fail while any thread has the slab pinned. A
    /// pin that is forgotten ([`mem::forget`](core::mem::forget)) stays: every entry that is removed from then on is kept
    /// until the slab is dropped, and every later `take` waits for ever.
    ///
    /// Wait-free: one swap of a word of this thread's own, and one when the pin is dropped. A pin under another of
    /// the same thread only counts. A thread's first pin of a slab gives it a shard, as its first insertion does, which may
    /// allocate. The end of a pin drops the values that waited for it alone, gives their slots back to the threads whose they
    /// are, frees the memory with which removers left it word, and wakes takers. Once a thread has pinned a slab, every
    /// removal looks at its pin.
    ///
    /// A thread without a shard of its own (one beyond [`MAX_THREADS`](Config::MAX_THREADS), or one whose thread-locals
    /// are being destroyed) pins by holding a guard of each entry that it reads, and allocates for each. Only of those
    /// entries its pin defers the end.
    ///
    /// # Panics
    ///
    /// If the thread has `isize::MAX` pins out, which it can only have by forgetting them.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert("value").unwrap();
    /// let pinned = slab.pin();
    /// let value = pinned.get(key).unwrap();
    /// assert!(slab.remove(key));
    /// assert_eq!(*value, "value"); // until `pinned` is dropped
    /// assert!(pinned.get(key).is_none());
    /// assert_eq!(pinned.iter().count(), 0);
    /// ```
    #[inline]
    pub fn pin(&self) -> Pinned<'_, T, C> {
        Pinned::new(self)
    }

    /// Returns a reference to the value of `key`'s entry, to be changed in place; `None` if there is none. Wait-free.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab = flagstone::Slab::new();
    /// let key = slab.insert(1).unwrap();
    /// *slab.get_mut(key).unwrap() += 1;
    /// assert_eq!(*slab.get(key).unwrap(), 2);
    /// ```
    pub fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        self.shards.get_mut(key)
    }

    /// Returns the only guard of `key`'s entry, through which the value can be changed, if it can be had at once.
    ///
    /// While it lives, `get` of the key returns `None`. `remove` returns `true`, and the value is dropped with the guard;
    /// `take` waits for it.
    ///
    /// An attempt that fails changes nothing that other threads see: `get`, `contains` and walks find the entry throughout.
    /// An attempt fails if a guard of the entry is out, if any thread has the slab pinned, and if a thread reads the entry
    /// during the attempt; so where threads pin the slab in turns, it may never succeed.
    /// [`wait_exclusive`](Self::wait_exclusive) does.
    ///
    /// Lock-free: two compare-and-swaps, and a look at the pin of each thread that ever pinned the slab. It runs no
    /// destructor, wakes no thread and allocates nothing. (The first call of a thread that has not used the crate before
    /// registers the thread; a thread that cannot be registered takes the lock of the overflow shard.)
    ///
    /// # Errors
    ///
    /// [`ExclusiveError::InUse`] if the attempt fails, [`ExclusiveError::Absent`] if there is no entry.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::{ExclusiveError, Slab};
    ///
    /// let slab = Slab::new();
    /// let key = slab.insert(String::from("a")).unwrap();
    /// slab.get_exclusive(key).unwrap().push('b');
    ///
    /// let reader = slab.get(key).unwrap();
    /// assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    /// assert_eq!(*reader, "ab");
    /// ```
    pub fn get_exclusive(&self, key: usize) -> Result<ExclusiveEntry<'_, T, C>, ExclusiveError> {
        Ok(ExclusiveEntry::new(ExclusiveLease::new(self, key)?))
    }

    /// Waits until it can return the only guard of `key`'s entry; `None` if there is no entry, or if it is removed or taken
    /// meanwhile.
    ///
    /// **Blocks** until every guard of the entry is dropped, and every pin of another thread that was out when the call
    /// began. Guards and pins that begin later do not find the entry (`get` returns `None`, as while the guard lives), so a
    /// constant stream of them delays nothing. `remove` and `take` find it.
    ///
    /// # Deadlocks
    ///
    /// A thread that holds a guard of the entry itself waits for ever, and so does any thread for a pin or a guard of the
    /// entry that was forgotten.
    ///
    /// # Panics
    ///
    /// If the current thread has the slab pinned and there is an entry: it would wait for itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{sync::mpsc, thread};
    ///
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert(1).unwrap();
    /// thread::scope(|scope| {
    ///     let (pinned, is_pinned) = mpsc::channel();
    ///     let slab = &slab;
    ///     scope.spawn(move || {
    ///         let pin = slab.pin();
    ///         pinned.send(()).unwrap();
    ///         thread::sleep(std::time::Duration::from_millis(10));
    ///         drop(pin);
    ///     });
    ///     is_pinned.recv().unwrap();
    ///     assert!(slab.get_exclusive(key).is_err());
    ///     *slab.wait_exclusive(key).unwrap() += 1;
    /// });
    /// assert_eq!(slab.take(key), Some(2));
    /// assert!(slab.wait_exclusive(key).is_none());
    /// ```
    pub fn wait_exclusive(&self, key: usize) -> Option<ExclusiveEntry<'_, T, C>> {
        ExclusiveLease::wait(self, key).map(ExclusiveEntry::new)
    }

    /// Returns whether [`get`](Self::get) of `key` would find an entry at this moment. Wait-free, one look.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert(()).unwrap();
    /// assert!(slab.contains(key));
    /// slab.remove(key);
    /// assert!(!slab.contains(key));
    /// ```
    #[must_use]
    pub fn contains(&self, key: usize) -> bool {
        self.shards.contains(key)
    }

    /// Removes the entry of `key` and drops its value: at once, or with the last guard or pin if somebody has one.
    ///
    /// Returns whether there was an entry; of several that remove one entry, one gets `true`. From then on `get` finds
    /// nothing. If the value's destructor panics, the panic comes out here or where the last guard or pin is dropped, and
    /// the slot is free all the same. (As with any destructor, if that is dropped by another panic the process aborts.)
    ///
    /// A key is not asked whose it is: the key of another user's entry, passed by mistake, removes that entry.
    ///
    /// Lock-free: one compare-and-swap. For an entry of another thread's shard one more, to give the slot back, and a fetch-or
    /// if it is the first that comes back. Where guards are out two, and an update of the count when each guard ends. If a
    /// thread ever pinned the slab, a look at the pin of each thread that did, and for each that has it pinned now an
    /// allocation and two compare-and-swaps; if there is no memory for that, the value stays until the slab is dropped. On
    /// processors other than x86 a fence.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert("value").unwrap();
    /// let entry = slab.get(key).unwrap();
    /// assert!(slab.remove(key));
    /// assert!(!slab.remove(key));
    /// assert_eq!(*entry, "value"); // dropped with `entry`
    /// ```
    #[inline]
    pub fn remove(&self, key: usize) -> bool {
        self.shards.remove::<Dropped>(key)
    }

    /// Removes the entry of `key` and returns its value; `None` if there is no entry.
    ///
    /// **Blocks** until every guard of the entry is dropped, and every pin of another thread that was out when the entry was
    /// taken: it looks some times, for less than a microsecond, and then sleeps. (For a pin for which memory is refused, or
    /// a million guards, it looks once a millisecond.) New guards are refused meanwhile. [`try_take`](Self::try_take) does
    /// not wait.
    ///
    /// # Deadlocks
    ///
    /// A thread that holds a guard of the entry itself waits for ever, and so does any thread for a guard of the entry or a
    /// pin of the slab that was forgotten.
    ///
    /// # Panics
    ///
    /// If the current thread has the slab pinned and there is an entry: it would wait for itself. The entry stays.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert("value").unwrap();
    /// assert_eq!(slab.take(key), Some("value"));
    /// assert_eq!(slab.take(key), None);
    /// ```
    #[inline]
    pub fn take(&self, key: usize) -> Option<T> {
        self.shards.take(key)
    }

    /// Removes the entry of `key` and returns its value, if that can be had at once; `None` if there is no entry, and also,
    /// and then it stays, if a guard of it is out, if any thread has the slab pinned, or if a thread reads the entry
    /// during the attempt.
    ///
    /// An attempt that fails changes nothing that other threads see. Progress and cost are those of
    /// [`get_exclusive`](Self::get_exclusive).
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::new();
    /// let key = slab.insert("value").unwrap();
    /// let entry = slab.get(key).unwrap();
    /// assert_eq!(slab.try_take(key), None);
    /// drop(entry);
    /// assert_eq!(slab.try_take(key), Some("value"));
    /// ```
    #[inline]
    pub fn try_take(&self, key: usize) -> Option<T> {
        self.shards.try_take(key)
    }
}

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
    /// Lock-free: one exchange, again if other threads get or drop guards of the same entry at the same moment.
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
    /// What is removed while any thread has the slab pinned is destroyed when the last thread that had it pinned then
    /// drops its pin, by that thread, and its slot is not used again before: so pin for a loop of look-ups or a walk, not
    /// for hours. (Where guards of it are out, "then" is when the last of them is dropped.) [`take`](Self::take) waits for the pins of other threads, and panics under one of its own;
    /// [`try_take`](Self::try_take) and [`get_exclusive`](Self::get_exclusive) are refused while any thread has the slab
    /// pinned.
    ///
    /// Wait-free: one exchange with a word of this thread's own, and one when the pin is dropped. A pin under another of
    /// the same thread only counts. The first pin on a slab makes every removal after it look at the pins of all threads
    /// that ever pinned it.
    ///
    /// A thread without a shard of its own (one beyond [`MAX_THREADS`](Config::MAX_THREADS), or one whose thread-locals
    /// are being torn down) pins by holding a guard of each entry that it reads. Only of those entries its pin puts the
    /// end off.
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

    /// Returns the only guard of `key`'s entry, through which the value can be changed. Wait-free.
    ///
    /// While it lives, `get` of the key returns `None`. `remove` returns `true`, and the value goes with the guard;
    /// `take` waits for it.
    ///
    /// # Errors
    ///
    /// [`ExclusiveError::InUse`] if somebody has a guard of the entry or has the slab pinned, [`ExclusiveError::Absent`] if
    /// there is no entry. (Where somebody pins the slab at this very moment, `get` of the key may return `None` meanwhile.)
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
    /// Lock-free: one exchange, and, for an entry of another thread's shard, another one to give the slot back. If the
    /// slab was ever pinned, a look at the pin of each thread that did, and for each that has it pinned now an allocation
    /// and an exchange. If there is no memory for that, the value stays until the slab is dropped.
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
    /// **Blocks** while guards of the entry are out, and until every pin of another thread is dropped that was out when
    /// the entry was taken: asleep, but for the first microsecond. New guards are refused meanwhile. A thread that holds a
    /// guard of the entry itself waits for ever; [`try_take`](Self::try_take) does not wait.
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

    /// Removes the entry of `key` and returns its value; `None` if there is no entry, and also, and then it stays, if a
    /// guard of it is out or any thread has the slab pinned. Lock-free.
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
        self.shards.try_take::<Dropped>(key)
    }
}

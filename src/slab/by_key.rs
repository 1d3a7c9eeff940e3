//! Operations on one entry, named by its key.

use std::sync::Arc;

use super::{Entry, ExclusiveEntry, ExclusiveError, GetError, OwnedEntry, Pinned, Slab};
use crate::{
    config::Config,
    key_type::Key,
    raw::{Dropped, ExclusiveLease, Lease},
};

impl<T, C: Config, K: Key> Slab<T, C, K> {
    /// Returns a guard of `key`'s entry; `None` if there is none.
    ///
    /// Also `None` while an [exclusive guard](ExclusiveEntry) of the entry is active, or a thread waits for one in
    /// [`wait_exclusive`](Self::wait_exclusive).
    ///
    /// The value lives at least as long as the guard, even if the entry is removed meanwhile. A leaked guard
    /// ([`mem::forget`](core::mem::forget)) keeps that entry's slot, and nothing else, until the slab is cleared or
    /// dropped.
    ///
    /// Lock-free: one compare-and-swap (CAS), retried if other threads get or drop guards of the same entry at the same
    /// moment.
    ///
    /// # Panics
    ///
    /// If the entry has as many guards as can be counted: at least 1,048,576 on 64 bits, 1,024 on 32.
    ///
    /// # Deadlocks
    ///
    /// `get` does not wait. But while a thread holds a guard, [`take`](Self::take) and
    /// [`wait_exclusive`](Self::wait_exclusive) of the same entry, called on that thread, never return. (With debug
    /// assertions they panic, as [deadlocks](crate#deadlocks) describes.)
    /// [`Entry::remove`] and [`try_take`](Self::try_take) do not wait, but `try_take` fails.
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
    #[track_caller]
    #[doc(alias("view"))]
    pub fn get(&self, key: K) -> Option<Entry<'_, T, C, K>> {
        Lease::new(self, key.to_raw()).map(Entry::new)
    }

    /// Returns a guard of `key`'s entry, as [`get`](Self::get) does, or the reason why there is none.
    ///
    /// # Errors
    ///
    /// [`GetError::Absent`] if there is no such entry. [`GetError::Exclusive`] if there is one, but a thread has an
    /// exclusive guard of it, or waits for one: try again later.
    ///
    /// # Panics
    ///
    /// As [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::{GetError, Slab};
    ///
    /// let slab = Slab::new();
    /// let key = slab.insert(1).unwrap();
    /// assert_eq!(*slab.try_get(key).unwrap(), 1);
    /// let exclusive = slab.get_exclusive(key).unwrap();
    /// assert_eq!(slab.try_get(key).unwrap_err(), GetError::Exclusive);
    /// assert!(exclusive.remove());
    /// assert_eq!(slab.try_get(key).unwrap_err(), GetError::Absent);
    /// ```
    #[track_caller]
    pub fn try_get(&self, key: K) -> Result<Entry<'_, T, C, K>, GetError> {
        Ok(Lease::try_new(self, key.to_raw()).map(Entry::new)?)
    }

    /// Returns a guard of `key`'s entry that is bound to no lifetime, as [`get_owned`](Self::get_owned) does, without
    /// taking the `Arc`. The guard has a clone of it.
    ///
    /// # Panics
    ///
    /// As [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use flagstone::Slab;
    ///
    /// let slab = Arc::new(Slab::new());
    /// let key = slab.insert("value").unwrap();
    /// let entry = slab.get_arc(key).unwrap();
    /// std::thread::spawn(move || assert_eq!(*entry, "value")).join().unwrap();
    /// ```
    #[track_caller]
    pub fn get_arc(self: &Arc<Self>, key: K) -> Option<OwnedEntry<T, C, K>> {
        // Only if there is an entry is the `Arc` cloned.
        if self.contains(key) { Arc::clone(self).get_owned(key) } else { None }
    }

    /// Returns a guard that keeps the slab alive and is bound to no lifetime; `None` if `key` has no entry.
    ///
    /// Otherwise like [`get`](Self::get), with the same deadlocks. The guard holds one reference of the `Arc`.
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
    #[track_caller]
    pub fn get_owned(self: Arc<Self>, key: K) -> Option<OwnedEntry<T, C, K>> {
        Lease::new(self, key.to_raw()).map(OwnedEntry::new)
    }

    /// Pins the slab for the current thread: until the returned pin is dropped, entries can be read through it without
    /// writing to memory that other threads use. (Unrelated to [`core::pin`]: this pin is a read-side critical section
    /// of one slab, like an epoch guard.)
    ///
    /// While a thread has the slab pinned, reclamation of removed entries is deferred. The thread that ends the last of
    /// the guards and pins that were active at the removal drops the value, and the slot is not reused before. Pins
    /// that begin after the removal delay nothing. So pin for a loop of look-ups or an iteration, not for hours.
    ///
    /// [`try_take`](Self::try_take) and [`get_exclusive`](Self::get_exclusive) fail while any thread has the slab
    /// pinned. A leaked pin ([`mem::forget`](core::mem::forget)) never ends: every entry that is removed from then on
    /// is kept until the slab is cleared or dropped.
    ///
    /// Wait-free: one swap of this thread's pin word, and one more when the pin is dropped. A pin inside another pin of
    /// the same thread only increments a counter. A thread's first pin of a slab gives it a shard, as its first
    /// insertion does, which may allocate. The end of a pin drops the values that waited for this pin alone, returns
    /// their slots to the shards that own them, frees the deferred-release records that removers left, and wakes
    /// takers. Once a thread has pinned a slab, every later removal reads its pin word.
    ///
    /// A thread without a shard of its own (see [threads](crate#threads)) pins by holding a guard of each entry that it
    /// reads, and allocates for the pin and for these guards. Its pin defers the reclamation of those entries only. If
    /// memory for such a pin is refused, the process aborts, as for a `Box`.
    ///
    /// # Panics
    ///
    /// If the thread has `isize::MAX` active pins, which is possible only by leaking them.
    ///
    /// # Deadlocks
    ///
    /// `pin` does not wait. But [`take`](Self::take) and [`wait_exclusive`](Self::wait_exclusive) wait for the pins of
    /// other threads: two threads that each pin one slab and take from the slab that the other has pinned wait for each
    /// other. After a leaked pin, both wait for ever on every other thread. Under a pin of their own thread they panic,
    /// if the key has an entry.
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
    #[doc(alias("guard", "epoch"))]
    pub fn pin(&self) -> Pinned<'_, T, C, K> {
        Pinned::new(self)
    }

    /// Returns a mutable reference to the value of `key`'s entry; `None` if there is none. Wait-free.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut slab = flagstone::Slab::new();
    /// let key = slab.insert(1).unwrap();
    /// *slab.get_mut(key).unwrap() += 1;
    /// assert_eq!(*slab.get(key).unwrap(), 2);
    /// ```
    pub fn get_mut(&mut self, key: K) -> Option<&mut T> {
        self.shards.get_mut(key.to_raw())
    }

    /// Returns an exclusive guard of `key`'s entry, through which the value can be changed, or fails at once.
    ///
    /// While the guard lives, [`get`](Self::get) of the key returns `None`. [`remove`](Self::remove) returns `true`,
    /// and the value is dropped with the guard. [`take`](Self::take) waits for the guard.
    ///
    /// A failed attempt changes nothing that other threads see: `get`, `contains` and iterators find the entry
    /// throughout. An attempt fails if a guard of the entry is active, if any thread has the slab pinned, or if a
    /// thread reads the entry during the attempt. So where threads pin the slab in turns, every attempt may fail
    /// (starvation). [`wait_exclusive`](Self::wait_exclusive) does not have that problem.
    ///
    /// Lock-free: two CAS, and a load of the pin word of each thread that ever pinned the slab. It runs no destructor,
    /// wakes no thread and allocates nothing. (The first call of a thread that has not used the crate before registers
    /// the thread. A thread that cannot be registered takes the lock of the overflow shard.)
    ///
    /// # Errors
    ///
    /// [`ExclusiveError::InUse`] if the attempt fails, [`ExclusiveError::Absent`] if there is no entry.
    ///
    /// # Deadlocks
    ///
    /// `get_exclusive` does not wait. But `take` and `wait_exclusive` of the same entry, called on the thread that
    /// holds the guard, never return. (With debug assertions they panic, as [deadlocks](crate#deadlocks) describes.)
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
    #[track_caller]
    #[doc(alias("get_mut", "lock", "write"))]
    pub fn get_exclusive(&self, key: K) -> Result<ExclusiveEntry<'_, T, C, K>, ExclusiveError> {
        Ok(ExclusiveEntry::new(ExclusiveLease::new(self, key.to_raw())?))
    }

    /// Waits for exclusive access to `key`'s entry and returns the exclusive guard. Returns `None` if there is no
    /// entry, or if it is removed or taken meanwhile.
    ///
    /// **Blocks** until every guard of the entry is dropped, and every pin that another thread had when the wait began
    /// has ended. `get`, pins and iterators do not find the entry from then on, as while the exclusive guard lives. So
    /// a constant stream of readers delays nothing. (Clones of guards do: they are waited for too.) `remove` and `take`
    /// find the entry. If another thread waits for the same entry already, this call first waits until that thread has
    /// its guard.
    ///
    /// It spins for less than a microsecond and then sleeps. (If memory for a deferred-release record is refused, or
    /// the entry has as many guards as can be counted, it polls once a millisecond.) If the entry is removed meanwhile,
    /// this call may be the one that drops the value.
    ///
    /// # Panics
    ///
    /// If the current thread has the slab pinned and there is an entry: it would wait for itself. The entry stays as it
    /// is. Also if this call drops the value, and the value's destructor panics. With debug assertions
    /// also after five seconds of waiting for a guard of the current thread: the entry is then removed, and its value is
    /// dropped with the last guard ([deadlocks](crate#deadlocks) has an exception).
    ///
    /// # Deadlocks
    ///
    /// A thread that itself holds a guard of the entry waits for ever, or panics as above: two threads that both want to turn a guard into
    /// exclusive access wait for each other. So does a thread that holds what the holder of a guard or a pin waits for,
    /// such as a lock. So does any thread if a guard of the entry or a pin of the slab was leaked. See
    /// [deadlocks](crate#deadlocks).
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
    #[track_caller]
    #[doc(alias("get_mut", "lock", "write"))]
    pub fn wait_exclusive(&self, key: K) -> Option<ExclusiveEntry<'_, T, C, K>> {
        ExclusiveLease::wait(self, key.to_raw()).map(ExclusiveEntry::new)
    }

    /// Returns whether [`get`](Self::get) of `key` would find an entry at this moment. Wait-free, one look-up.
    ///
    /// It does not synchronize with the thread that inserted the entry.
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
    #[doc(alias("contains_key"))]
    pub fn contains(&self, key: K) -> bool {
        self.shards.contains(key.to_raw())
    }

    /// Removes `key`'s entry and drops its value: at once, or when the last guard or pin that was active at the removal
    /// ends.
    ///
    /// Returns whether there was an entry. Of several threads that remove the same entry, exactly one gets `true`. From
    /// then on `get` finds nothing.
    ///
    /// Keys are not bound to a user: the key of another user's entry, passed by mistake, removes that entry.
    ///
    /// Lock-free: one CAS. For an entry of another thread's shard, one more CAS to return the slot, and a fetch-or if
    /// the remote free list of its page was empty. If guards are active: two RMWs, and an update of the reference count
    /// when each guard ends. For each thread that ever pinned the slab: a load of its pin word, and, if it has the slab
    /// pinned now, an allocation and two CAS. If that allocation fails, the value stays until the slab is cleared or
    /// dropped. On processors other than x86: a fence.
    ///
    /// # Panics
    ///
    /// If the value's destructor panics, here or where the last guard or pin is dropped. The slot is freed all the
    /// same. (As with any destructor, if the guard or pin is dropped during the unwinding of another panic, the process
    /// aborts.)
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
    #[doc(alias("try_remove", "delete", "erase"))]
    pub fn remove(&self, key: K) -> bool {
        self.shards.remove::<Dropped>(key.to_raw())
    }

    /// Removes `key`'s entry and returns its value; `None` if there is no entry.
    ///
    /// **Blocks** until every guard of the entry is dropped, and every pin that another thread had when the entry was
    /// taken has ended. No other call finds the entry from then on. (Clones of guards are waited for too.)
    /// [`try_take`](Self::try_take) does not wait.
    ///
    /// It spins for less than a microsecond and then sleeps. (If memory for a deferred-release record is refused, or
    /// the entry has as many guards as can be counted, it polls once a millisecond.) Without guards and pins, progress
    /// and cost are those of [`remove`](Self::remove).
    ///
    /// # Panics
    ///
    /// If the current thread has the slab pinned and there is an entry: it would wait for itself. The entry stays. With debug assertions
    /// also after five seconds of waiting for a guard of the current thread: the entry is then removed, and its value is
    /// dropped with the last guard ([deadlocks](crate#deadlocks) has an exception).
    ///
    /// # Deadlocks
    ///
    /// A thread that itself holds a guard of the entry waits for ever, or panics as above. ([`Entry::remove`] ends such an entry without
    /// waiting.) So does a thread that holds what the holder of a guard or a pin waits for, such as a lock. So does any
    /// thread if a guard of the entry or a pin of the slab was leaked. See [deadlocks](crate#deadlocks).
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
    #[track_caller]
    #[doc(alias("remove", "pop"))]
    pub fn take(&self, key: K) -> Option<T> {
        self.shards.take(key.to_raw())
    }

    /// Removes `key`'s entry and returns its value, without waiting. Returns `None` if there is no entry.
    ///
    /// Also returns `None`, and the entry stays, if a guard of it is active, if any thread has the slab pinned, or if a
    /// thread reads the entry during the attempt.
    ///
    /// A failed attempt changes nothing that other threads see. Progress and cost are those of
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
    pub fn try_take(&self, key: K) -> Option<T> {
        self.shards.try_take(key.to_raw())
    }
}

//! Operations on one entry, named by its key.

use std::sync::Arc;

use super::{OwnedRef, Pinned, Pool, Ref, RefMut};
use crate::{
    clear::Clear,
    config::Config,
    key_type::Key,
    raw::{Cleared, ExclusiveLease, Lease},
    slab::{ExclusiveError, GetError},
};

impl<T: Clear, C: Config, K: Key> Pool<T, C, K> {
    /// Returns a guard of `key`'s entry; `None` if there is none.
    ///
    /// Also `None` while a [`RefMut`] of the entry is active, or a thread waits for one in
    /// [`wait_exclusive`](Self::wait_exclusive).
    ///
    /// While the guard lives, the value stays as it is, even if the entry is cleared meanwhile. A leaked guard
    /// ([`mem::forget`](core::mem::forget)) keeps that entry's slot, and nothing else, until
    /// [`clear_all`](Self::clear_all) or the end of the pool.
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
    /// `get` does not wait. But while a thread holds a guard, [`wait_exclusive`](Self::wait_exclusive) of the same
    /// entry, called on that thread, waits for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let key = pool.create_with(|line| line.push_str("text")).unwrap();
    /// let line = pool.get(key).unwrap();
    /// assert!(pool.clear(key));
    /// assert!(pool.get(key).is_none());
    /// assert_eq!(*line, "text"); // cleared with `line`
    /// ```
    #[inline]
    #[track_caller]
    pub fn get(&self, key: K) -> Option<Ref<'_, T, C, K>> {
        Lease::new(self, key.to_raw()).map(Ref::new)
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
    /// use flagstone::{GetError, Pool};
    ///
    /// let pool: Pool<String> = Pool::new();
    /// let line = pool.create().unwrap();
    /// let key = line.key();
    /// assert_eq!(pool.try_get(key).unwrap_err(), GetError::Exclusive);
    /// drop(line);
    /// assert_eq!(*pool.try_get(key).unwrap(), "");
    /// ```
    #[track_caller]
    pub fn try_get(&self, key: K) -> Result<Ref<'_, T, C, K>, GetError> {
        Ok(Lease::try_new(self, key.to_raw()).map(Ref::new)?)
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
    /// use flagstone::Pool;
    ///
    /// let pool: Arc<Pool<String>> = Arc::new(Pool::new());
    /// let key = pool.create_with(|line| line.push_str("text")).unwrap();
    /// let line = pool.get_arc(key).unwrap();
    /// std::thread::spawn(move || assert_eq!(*line, "text")).join().unwrap();
    /// ```
    #[track_caller]
    pub fn get_arc(self: &Arc<Self>, key: K) -> Option<OwnedRef<T, C, K>> {
        // Only if there is an entry is the `Arc` cloned.
        if self.contains(key) { Arc::clone(self).get_owned(key) } else { None }
    }

    /// Returns a guard that keeps the pool alive and is bound to no lifetime; `None` if `key` has no entry.
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
    /// use flagstone::Pool;
    ///
    /// let pool: Arc<Pool<String>> = Arc::new(Pool::new());
    /// let key = pool.create_with(|line| line.push_str("text")).unwrap();
    /// let line = pool.clone().get_owned(key).unwrap();
    /// drop(pool);
    /// std::thread::spawn(move || assert_eq!(*line, "text")).join().unwrap();
    /// ```
    #[track_caller]
    pub fn get_owned(self: Arc<Self>, key: K) -> Option<OwnedRef<T, C, K>> {
        Lease::new(self, key.to_raw()).map(OwnedRef::new)
    }

    /// Pins the pool for the current thread: until the returned pin is dropped, entries can be read through it without
    /// writing to memory that other threads use.
    ///
    /// Works as [`Slab::pin`](crate::Slab::pin), with values that are cleared instead of dropped, and with the same
    /// progress and cost.
    ///
    /// # Panics
    ///
    /// If the thread has `isize::MAX` active pins, which is possible only by leaking them.
    ///
    /// # Deadlocks
    ///
    /// `pin` does not wait. But [`wait_exclusive`](Self::wait_exclusive) waits for the pins of other threads: for ever,
    /// if one of them was leaked.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let key = pool.create_with(|line| line.push_str("text")).unwrap();
    /// let pinned = pool.pin();
    /// let line = pinned.get(key).unwrap();
    /// assert!(pool.clear(key));
    /// assert_eq!(*line, "text"); // cleared when `pinned` is dropped
    /// ```
    #[inline]
    pub fn pin(&self) -> Pinned<'_, T, C, K> {
        Pinned::new(self)
    }

    /// Returns a mutable reference to the value of `key`'s entry; `None` if there is none. Wait-free.
    pub fn get_mut(&mut self, key: K) -> Option<&mut T> {
        self.shards.get_mut(key.to_raw())
    }

    /// Returns an exclusive guard of `key`'s entry, through which the value can be changed again, or fails at once.
    ///
    /// While the guard lives, [`get`](Self::get) of the key returns `None`. Works as
    /// [`Slab::get_exclusive`](crate::Slab::get_exclusive), with the same progress and cost.
    ///
    /// # Errors
    ///
    /// [`ExclusiveError::InUse`] if a guard of the entry is active, if any thread has the pool pinned, or if a thread
    /// reads the entry during the attempt. [`ExclusiveError::Absent`] if there is no entry.
    ///
    /// # Deadlocks
    ///
    /// `get_exclusive` does not wait. But [`wait_exclusive`](Self::wait_exclusive) of the same entry, called on the
    /// thread that holds the guard, waits for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let key = pool.create_with(|line| line.push('a')).unwrap();
    /// pool.get_exclusive(key).unwrap().push('b');
    /// assert_eq!(*pool.get(key).unwrap(), "ab");
    /// ```
    #[track_caller]
    pub fn get_exclusive(&self, key: K) -> Result<RefMut<'_, T, C, K>, ExclusiveError> {
        Ok(RefMut::new(ExclusiveLease::new(self, key.to_raw())?))
    }

    /// Waits for exclusive access to `key`'s entry and returns the exclusive guard. Returns `None` if there is no
    /// entry, or if it is cleared meanwhile.
    ///
    /// **Blocks** as [`Slab::wait_exclusive`](crate::Slab::wait_exclusive) does.
    ///
    /// # Panics
    ///
    /// If the current thread has the pool pinned and there is an entry: it would wait for itself. The entry stays as it
    /// is. Also if the entry is cleared meanwhile, this call is the one that clears the value, and the value's `Clear`
    /// panics. With debug assertions also after five seconds of waiting for a guard of the current thread: the entry is
    /// then removed, and its value is cleared with the last guard ([deadlocks](crate#deadlocks) has an exception).
    ///
    /// # Deadlocks
    ///
    /// Those of [`Slab::wait_exclusive`](crate::Slab::wait_exclusive). The [`RefMut`] that [`create`](Self::create)
    /// returns is a guard of the entry, too.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let key = pool.create_with(|line| line.push('a')).unwrap();
    /// pool.wait_exclusive(key).unwrap().push('b');
    /// assert_eq!(*pool.get(key).unwrap(), "ab");
    /// ```
    #[track_caller]
    pub fn wait_exclusive(&self, key: K) -> Option<RefMut<'_, T, C, K>> {
        ExclusiveLease::wait(self, key.to_raw()).map(RefMut::new)
    }

    /// Returns whether [`get`](Self::get) of `key` would find an entry at this moment. Wait-free, one look-up.
    ///
    /// It does not synchronize with the thread that created the entry.
    #[must_use]
    #[doc(alias("contains_key"))]
    pub fn contains(&self, key: K) -> bool {
        self.shards.contains(key.to_raw())
    }

    /// Ends `key`'s entry: clears its value and frees its slot, at once or when the last guard or pin that was active
    /// at this call ends.
    ///
    /// Returns whether there was an entry. Of several threads that clear the same entry, exactly one gets `true`. From
    /// then on `get` finds nothing. It returns `true` while a [`RefMut`] is active too: the value is cleared when that
    /// guard, or the guard that it was downgraded to, is dropped.
    ///
    /// Lock-free, except for the value's `Clear`: one CAS, and, for an entry of another thread's shard, one more to
    /// return the slot. If the pool was ever pinned, the costs that [`Slab::remove`](crate::Slab::remove) names are
    /// added.
    ///
    /// # Panics
    ///
    /// If the value's `Clear` panics, here or where the last guard or pin is dropped. The value is dropped then, and
    /// the slot is freed all the same. (As with any destructor, if the guard or pin is dropped during the unwinding of
    /// another panic, the process aborts.)
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let key = pool.create_with(|line| line.push_str("text")).unwrap();
    /// assert!(pool.remove(key));
    /// assert!(!pool.remove(key));
    /// ```
    #[inline]
    #[doc(alias("delete"))]
    pub fn remove(&self, key: K) -> bool {
        self.shards.remove::<Cleared>(key.to_raw())
    }

    /// Removes `key`'s entry: the same as [`remove`](Self::remove), under the name that `sharded-slab` has for it.
    ///
    /// # Panics
    ///
    /// As [`remove`](Self::remove).
    #[inline]
    pub fn clear(&self, key: K) -> bool {
        self.remove(key)
    }
}

//! Creating entries.

use std::sync::Arc;

use super::{Lent, LentOwned, OwnedRefMut, Pool, RefMut};
use crate::{
    clear::Clear,
    config::Config,
    key_type::Key,
    raw::{Cleared, ExclusiveLease, Loan, Reservation},
};

impl<T: Clear, C: Config, K: Key> Pool<T, C, K> {
    /// Creates an entry and returns its exclusive guard, whose drop publishes the entry; `None` if there is no room.
    ///
    /// The entry stays until [`remove`](Self::remove) of its key: dropping the guard does not give the value back to the
    /// pool. A guard whose drop does that is returned by [`lend`](Self::lend).
    ///
    /// The value is a cleared one, or [`Default::default`] where the slot has none yet. Until the guard is dropped or
    /// downgraded, the caller has exclusive access to it and [`get`](Self::get) of the key finds nothing.
    /// [`clear`](Self::clear) of the key returns `true` meanwhile, and the end of the guard finishes it.
    ///
    /// There is no room when the current thread's shard has [`Config::MAX_PAGES`] full pages, or the allocator refuses
    /// memory for a new page.
    ///
    /// Constant time. Wait-free, except for the value's `Default`, while the thread's own pages have free slots;
    /// otherwise as [`Slab::insert`](crate::Slab::insert). Dropping the guard costs one compare-and-swap (CAS), which
    /// [`create_with`](Self::create_with) does not need.
    ///
    /// # Panics
    ///
    /// If the value's `Default` panics: the slot is freed.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<Vec<u32>> = flagstone::Pool::new();
    /// let mut numbers = pool.create().unwrap();
    /// numbers.extend([1, 2, 3]);
    /// let key = numbers.key();
    /// assert!(pool.get(key).is_none());
    /// drop(numbers);
    /// assert_eq!(pool.get(key).unwrap().len(), 3);
    /// ```
    #[inline]
    #[track_caller]
    #[doc(alias("insert", "pull"))]
    pub fn create(&self) -> Option<RefMut<'_, T, C, K>> {
        ExclusiveLease::create(self, self.init).map(RefMut::new)
    }

    /// Creates an entry as [`create`](Self::create) does, and returns an exclusive guard that keeps the pool alive and
    /// is bound to no lifetime; `None` if there is no room.
    ///
    /// # Panics
    ///
    /// If the value's `Default` panics: the slot is freed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use flagstone::Pool;
    ///
    /// let pool: Arc<Pool<String>> = Arc::new(Pool::new());
    /// let mut line = pool.clone().create_owned().unwrap();
    /// let key = line.key();
    /// std::thread::spawn(move || line.push_str("written elsewhere")).join().unwrap();
    /// assert_eq!(*pool.get(key).unwrap(), "written elsewhere");
    /// ```
    #[track_caller]
    pub fn create_owned(self: Arc<Self>) -> Option<OwnedRefMut<T, C, K>> {
        let init = self.init;
        ExclusiveLease::create(self, init).map(OwnedRefMut::new)
    }

    /// Lends a value: returns a guard with exclusive access, whose drop clears the value and frees the slot; `None` if
    /// there is no room.
    ///
    /// This is for buffers that are filled, used and given back. No other thread finds the value, unless
    /// [`Lent::keep`] makes it an entry as [`create`](Self::create) does.
    ///
    /// Progress and cost are those of `create`. Dropping the guard clears the value and costs one CAS, and what a return
    /// to another thread's shard costs.
    ///
    /// # Panics
    ///
    /// If the value's `Default` panics: the slot is freed.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let mut line = pool.lend().unwrap();
    /// line.push_str("written, sent, given back");
    /// let capacity = line.capacity();
    /// drop(line);
    /// assert!(pool.is_empty());
    ///
    /// let line = pool.lend().unwrap(); // the same string
    /// assert_eq!((line.as_str(), line.capacity()), ("", capacity));
    /// ```
    #[track_caller]
    #[doc(alias("checkout", "acquire", "pull"))]
    pub fn lend(&self) -> Option<Lent<'_, T, C, K>> {
        Loan::create(self, self.init).map(Lent::new)
    }

    /// Lends a value as [`lend`](Self::lend) does. The guard keeps the pool alive and is bound to no lifetime, so it can
    /// be sent through a channel to any thread.
    ///
    /// # Panics
    ///
    /// As [`lend`](Self::lend).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, mpsc};
    /// use flagstone::{Pool, pool::LentOwned};
    ///
    /// let pool: Arc<Pool<Vec<u8>>> = Arc::new(Pool::new());
    /// let (sender, receiver) = mpsc::channel::<LentOwned<Vec<u8>>>();
    /// let mut buffer = pool.lend_owned().unwrap();
    /// buffer.extend(b"packet");
    /// sender.send(buffer).unwrap();
    /// std::thread::spawn(move || assert_eq!(*receiver.recv().unwrap(), b"packet")).join().unwrap();
    /// assert!(pool.is_empty());
    /// ```
    #[track_caller]
    #[doc(alias("checkout", "acquire", "pull_owned"))]
    pub fn lend_owned(self: &Arc<Self>) -> Option<LentOwned<T, C, K>> {
        Loan::create(Arc::clone(self), self.init).map(LentOwned::new)
    }

    /// Creates an entry, calls `init` to fill its value, and returns its key. If there is no room, returns `None` and
    /// does not call `init`.
    ///
    /// Progress and cost are those of [`Slab::insert`](crate::Slab::insert), and of `Default` and `init`: no atomic
    /// read-modify-write. `init` may use the pool.
    ///
    /// # Panics
    ///
    /// If the value's `Default` panics: the slot is freed. If `init` panics: the value is cleared and the slot is
    /// freed.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let key = pool.create_with(|line| line.push_str("text")).unwrap();
    /// assert_eq!(*pool.get(key).unwrap(), "text");
    /// ```
    #[inline]
    pub fn create_with(&self, init: impl FnOnce(&mut T)) -> Option<K> {
        self.create_with_key(|_key, value| init(value))
    }

    /// Creates an entry as [`create_with`](Self::create_with) does, and passes its key to `init`.
    ///
    /// Until `init` returns, a look-up of the key finds nothing.
    ///
    /// # Panics
    ///
    /// As [`create_with`](Self::create_with).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<(usize, String)> = flagstone::Pool::new();
    /// let key = pool.create_with_key(|key, (id, _name)| *id = key).unwrap();
    /// assert_eq!(pool.get(key).unwrap().0, key);
    /// ```
    #[inline]
    pub fn create_with_key(&self, init: impl FnOnce(K, &mut T)) -> Option<K> {
        let mut reservation = Reservation::<_, _, Cleared>::new(&self.shards)?;
        reservation.fill(self.init);
        let key = reservation.key();
        reservation.change(|value| init(key, value));
        Some(reservation.publish_filled())
    }
}

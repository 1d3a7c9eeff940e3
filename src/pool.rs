//! A pool: values that are made once, lent out under keys, and cleared instead of dropped.
//!
//! See [`Pool`]. This module also has its guards and pins.

mod borrowed;
mod lent;
mod owned;
mod pinned;
mod refs;
mod traits;

// The methods, in reading order.
mod make;

mod create;

mod by_key;

mod whole;

mod memory;

pub use self::{
    borrowed::{Ref, RefMut},
    lent::{Lent, LentOwned},
    owned::{OwnedRef, OwnedRefMut},
    pinned::{Iter, Keys, Pinned},
    refs::{RefKeys, Refs},
};
use core::marker::PhantomData;

use crate::{
    clear::Clear,
    config::{Config, DefaultConfig},
    key_type::Key,
    raw::{Cleared, ShardTable, Store},
};

/// A store that makes each value once and reuses it: when an entry ends, its value is [`Clear`]ed and stays in its slot
/// for the next entry, with the memory that it owns.
///
/// Shards, keys, guards, pins and progress guarantees are those of a [`Slab`](crate::Slab). A pool has no `take`. It is
/// the better choice where values own memory (strings, vectors, maps) and entries are created and ended often.
///
/// # Life of a value
///
/// | moment | what happens |
/// | --- | --- |
/// | the slot is used for the first time | [`Default::default`] makes the value, or the function that was passed to [`with_init`](Self::with_init) |
/// | [`lend`](Self::lend) | the borrower has exclusive access to the value, until the [`Lent`] is dropped: then it is cleared, and the slot is free |
/// | [`create`](Self::create) | the creator has exclusive access to the value, which is new or cleared |
/// | the [`RefMut`] is dropped or [downgraded](RefMut::downgrade) | every thread can [`get`](Self::get) it |
/// | [`remove`](Self::remove) of its key (or [`clear`](Self::clear), its name in `sharded-slab`), and the last guard or pin ends | [`Clear::clear`] empties it; the slot is free |
/// | the pool is dropped, or its free pages are [trimmed](Self::trim) | the value is dropped |
///
/// To move a value out of a pool, take it: `mem::take(&mut *pool.lend().unwrap())` leaves `T::default()` in its place,
/// also in a pool whose values a function makes: that is not called again for the slot.
///
/// A value keeps the memory that it has allocated, as far as its `Clear` keeps it, until the value is dropped. If large
/// buffers must be given back sooner, write a `Clear` that shrinks them.
///
/// # Panics in user code
///
/// A panic never loses a slot or affects another entry. If `Default` panics in [`create`](Self::create), the slot is
/// freed. If the closure of [`create_with`](Self::create_with) panics, the value is cleared and the slot is freed. If
/// `Clear` panics, the value is dropped and `Default` makes the slot's next value. The panic is then resumed. If the
/// clean-up after a panic panics inside the pool, the second panic is dropped. A guard that is dropped while its thread
/// unwinds is different: a panic of `Clear` there aborts the process.
///
/// # Examples
///
/// ```
/// use flagstone::Pool;
///
/// static LINES: Pool<String> = Pool::new();
///
/// let key = LINES.create_with(|line| line.push_str("first")).unwrap();
/// assert_eq!(*LINES.get(key).unwrap(), "first");
/// let capacity = LINES.get(key).unwrap().capacity();
/// assert!(LINES.clear(key));
///
/// let second = LINES.create().unwrap(); // the same string, empty
/// assert_eq!(second.as_str(), "");
/// assert_eq!(second.capacity(), capacity);
/// assert_ne!(second.key(), key);
/// ```
///
/// A pool is shared between threads only if its values may be:
///
/// ```
/// fn shared<T: Sync>() {}
/// shared::<flagstone::Pool<std::sync::Mutex<String>>>();
/// ```
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<flagstone::Pool<std::cell::Cell<u8>>>();
/// ```
#[doc(alias("ObjectPool"))]
pub struct Pool<T: Clear, C: Config = DefaultConfig, K: Key = usize> {
    shards: ShardTable<T, C>,
    /// Makes the value of a slot that keeps none.
    init: fn() -> T,
    keys: PhantomData<fn(K) -> K>,
}

impl<T: Clear, C: Config, K: Key> Store<T, C> for Pool<T, C, K> {
    type Ending = Cleared;
    type Key = K;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<T, C> {
        &self.shards
    }
}

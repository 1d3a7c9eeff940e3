//! Guards that borrow the pool.

use super::Pool;
use crate::{
    clear::Clear,
    config::{Config, DefaultConfig},
    guard::{exclusive_guard, shared_guard},
    key_type::Key,
    raw::{ExclusiveLease, Lease},
};

/// A guard of one entry: while it lives, the value is neither cleared nor changed. Returned by [`Pool::get`].
///
/// Dropping it is wait-free, except for the last guard of an entry that was cleared, or that a thread waits for in
/// [`wait_exclusive`](Pool::wait_exclusive). If the entry was cleared, that guard clears the value and frees the slot,
/// which is lock-free except for the value's `Clear`. If a thread waits, that guard acquires a lock for a short time,
/// to wake the thread.
///
/// # Sending
///
/// ```
/// fn sent<T: Send + Sync>() {}
/// sent::<flagstone::pool::Ref<'static, String>>();
/// ```
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<flagstone::pool::Ref<'static, std::cell::Cell<u8>>>();
/// ```
///
/// It does not outlive the pool:
///
/// ```compile_fail,E0505
/// let pool: flagstone::Pool<String> = flagstone::Pool::new();
/// let line = pool.create().unwrap().downgrade();
/// drop(pool);
/// assert_eq!(*line, "");
/// ```
///
/// ```
/// let pool: flagstone::Pool<String> = flagstone::Pool::new();
/// let line = pool.create().unwrap().downgrade();
/// assert_eq!(*line, "");
/// drop(line);
/// drop(pool);
/// ```
#[must_use = "a guard that is dropped at once holds nothing"]
pub struct Ref<'a, T: Clear, C: Config = DefaultConfig, K: Key = usize> {
    lease: Lease<T, C, &'a Pool<T, C, K>>,
}

shared_guard! { impl['a] Ref<'a, T, C, K> { Lease<T, C, &'a Pool<T, C, K>> } of pool(this): &'a Pool<T, C, K>, where T: Clear }

/// The exclusive guard of one entry, through which its value can be changed. Returned by [`Pool::create`],
/// [`Pool::get_exclusive`] and [`Pool::wait_exclusive`].
///
/// While it lives, [`Pool::get`] of its key finds nothing. When it is dropped, also by a panic, the entry can be read:
/// nothing is poisoned. If [`Pool::clear`] was called meanwhile, the value is cleared then, or when the last pin that
/// was active at that call ends.
///
/// # Examples
///
/// ```
/// let pool: flagstone::Pool<String> = flagstone::Pool::new();
/// let mut line = pool.create().unwrap();
/// line.push_str("text");
/// let key = line.key();
/// drop(line);
/// assert_eq!(*pool.get(key).unwrap(), "text");
///
/// let line = pool.create().unwrap().downgrade();
/// assert_eq!(*pool.get(line.key()).unwrap(), *line);
/// ```
#[must_use = "if the guard of a new entry is dropped at once, its value is empty and its key is lost"]
pub struct RefMut<'a, T: Clear, C: Config = DefaultConfig, K: Key = usize> {
    lease: ExclusiveLease<T, C, &'a Pool<T, C, K>>,
}

exclusive_guard! {
    impl['a] RefMut<'a, T, C, K> { ExclusiveLease<T, C, &'a Pool<T, C, K>> } of pool(this): &'a Pool<T, C, K>,
    downgrade: Ref<'a, T, C, K>, where T: Clear
}

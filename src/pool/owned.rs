//! Guards that keep the pool alive.

use std::sync::Arc;

use super::Pool;
use crate::{
    clear::Clear,
    config::{Config, DefaultConfig},
    guard::{exclusive_guard, shared_guard},
    key_type::Key,
    raw::{ExclusiveLease, Lease},
};

/// A guard of one entry that is bound to no lifetime. Returned by [`Pool::get_owned`].
///
/// It holds a reference to the entry, as a [`Ref`](super::Ref) does, and an `Arc` of the pool. If it is leaked, the
/// pool is never dropped.
///
/// # Sending
///
/// ```
/// fn sent<T: Send + Sync + 'static>() {}
/// sent::<flagstone::pool::OwnedRef<String>>();
/// ```
///
/// ```compile_fail,E0277
/// fn sent<T: Send>() {}
/// sent::<flagstone::pool::OwnedRef<std::cell::Cell<u8>>>();
/// ```
#[must_use = "a guard that is dropped at once holds nothing"]
pub struct OwnedRef<T: Clear, C: Config = DefaultConfig, K: Key = usize> {
    lease: Lease<T, C, Arc<Pool<T, C, K>>>,
}

shared_guard! { impl[] OwnedRef<T, C, K> { Lease<T, C, Arc<Pool<T, C, K>>> } of pool(this): &Arc<Pool<T, C, K>>, where T: Clear }

/// The exclusive guard of one entry, bound to no lifetime. Returned by [`Pool::create_owned`].
///
/// It works as a [`RefMut`](super::RefMut) does, and holds an `Arc` of the pool. If it is leaked, the pool is never
/// dropped.
///
/// # Sending
///
/// ```
/// fn sent<T: Send + Sync + 'static>() {}
/// sent::<flagstone::pool::OwnedRefMut<String>>();
/// ```
///
/// ```compile_fail,E0277
/// fn sent<T: Send>() {}
/// sent::<flagstone::pool::OwnedRefMut<std::cell::Cell<u8>>>();
/// ```
#[must_use = "if the guard of a new entry is dropped at once, its value is empty and its key is lost"]
pub struct OwnedRefMut<T: Clear, C: Config = DefaultConfig, K: Key = usize> {
    lease: ExclusiveLease<T, C, Arc<Pool<T, C, K>>>,
}

exclusive_guard! {
    impl[] OwnedRefMut<T, C, K> { ExclusiveLease<T, C, Arc<Pool<T, C, K>>> } of pool(this): &Arc<Pool<T, C, K>>,
    downgrade: OwnedRef<T, C, K>, where T: Clear
}

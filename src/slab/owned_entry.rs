//! A guard that keeps the slab alive.

use std::sync::Arc;

use super::Slab;
use crate::{
    config::{Config, DefaultConfig},
    guard::shared_guard,
    key_type::Key,
    raw::{Dropped, Lease},
};

/// A guard of one entry that is bound to no lifetime. Returned by [`Slab::get_owned`].
///
/// A slab in a `static` needs no such guard: an [`Entry`](crate::Entry) of it is `'static`.
///
/// It holds a reference to the entry, as an [`Entry`](crate::Entry) does, and an `Arc` of the slab. If it is leaked,
/// the slab is never dropped.
///
/// # Sending
///
/// ```
/// fn sent<T: Send + Sync + 'static>() {}
/// sent::<flagstone::OwnedEntry<String>>();
/// ```
///
/// ```compile_fail,E0277
/// fn sent<T: Send>() {}
/// sent::<flagstone::OwnedEntry<std::rc::Rc<u8>>>();
/// ```
///
/// ```compile_fail,E0277
/// fn sent<T: Send>() {}
/// sent::<flagstone::OwnedEntry<std::cell::Cell<u8>>>();
/// ```
///
/// # Cloning
///
/// ```
/// use std::sync::Arc;
/// use flagstone::{OwnedEntry, Slab};
///
/// let slab = Arc::new(Slab::new());
/// let key = slab.insert(1).unwrap();
/// let first = slab.get_owned(key).unwrap();
/// let second = OwnedEntry::clone(&first);
/// assert!(first.remove());
/// assert_eq!(*second, 1);
/// ```
#[must_use = "a guard that is dropped at once holds nothing"]
pub struct OwnedEntry<T, C: Config = DefaultConfig, K: Key = usize> {
    lease: Lease<T, C, Arc<Slab<T, C, K>>>,
}

shared_guard! { impl[] OwnedEntry<T, C, K> { Lease<T, C, Arc<Slab<T, C, K>>> } of slab(self): &Arc<Slab<T, C, K>> }

impl<T, C: Config, K: Key> OwnedEntry<T, C, K> {
    /// Removes the entry. Its value is dropped when the last guard or pin of it ends, which may be this guard.
    ///
    /// Returns `true` if it was still there, `false` if it has been removed or taken already. Lock-free.
    ///
    /// # Panics
    ///
    /// If the value is dropped here, and its destructor panics.
    pub fn remove(self) -> bool {
        self.slab().shards.remove::<Dropped>(self.lease.raw_key())
    }
}

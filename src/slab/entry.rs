//! A guard that borrows the slab.

use super::Slab;
use crate::{
    config::{Config, DefaultConfig},
    raw::Lease,
};

/// A guard of one entry, through which its value can be read. Made by [`Slab::get`].
///
/// Dropping it is wait-free, but for the value's destructor where this is the last guard of a removed entry.
///
/// # Sending
///
/// A guard goes to another thread, and is shared between threads, where the slab could be:
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
#[must_use = "a guard that is dropped at once holds nothing"]
pub struct Entry<'a, T, C: Config = DefaultConfig> {
    lease: Lease<T, C, &'a Slab<T, C>>,
}

impl<'a, T, C: Config> Entry<'a, T, C> {
    #[inline(always)]
    pub(super) fn new(slab: &'a Slab<T, C>, key: usize) -> Option<Self> {
        Lease::new(slab, key).map(|lease| Self { lease })
    }

    /// Returns the entry's key.
    #[inline]
    #[must_use]
    pub fn key(&self) -> usize {
        self.lease.key()
    }

    /// Returns the slab in which the entry is.
    #[must_use]
    pub fn slab(&self) -> &'a Slab<T, C> {
        self.lease.hold()
    }

    /// Removes the entry: its value is dropped with the last guard, which may be this one.
    ///
    /// Returns whether it was still there; `false` if somebody else has removed or taken it already. Lock-free.
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
        self.slab().remove(self.key())
    }

    /// Returns one more guard of the same entry, also if it has been removed meanwhile. Lock-free.
    ///
    /// An associated function and not the trait, so that `guard.clone()` clones the value, as it does with the guards
    /// of `sharded-slab` and with [`core::cell::Ref`].
    ///
    /// # Panics
    ///
    /// If the entry has as many guards as can be counted.
    ///
    /// # Examples
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
    #[allow(clippy::should_implement_trait, reason = "the trait would capture `guard.clone()`, see above")]
    pub fn clone(this: &Self) -> Self {
        Self { lease: this.lease.share() }
    }
}

super::guard_traits! { Entry<'_, T, C>, lease }

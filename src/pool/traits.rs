//! Standard traits of a pool.

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::Pool;
use crate::{clear::Clear, config::Config, guard::debug_store, key_type::Key, slab::IterMut};

/// For the default configuration only, so that `Pool::default()` needs no type annotation, as in `sharded-slab`.
impl<T: Clear + Default> Default for Pool<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows each entry in turn, under a guard of it, while other threads continue to use the pool.
///
/// # Deadlocks
///
/// A value's `Debug` that calls [`wait_exclusive`](Pool::wait_exclusive) of its own entry waits for ever.
impl<T: fmt::Debug + Clear, C: Config, K: Key> fmt::Debug for Pool<T, C, K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_store("Pool", self, formatter)
    }
}

impl<'a, T: Clear, C: Config, K: Key> IntoIterator for &'a mut Pool<T, C, K> {
    type Item = (K, &'a mut T);
    type IntoIter = IterMut<'a, T, C, K>;

    fn into_iter(self) -> IterMut<'a, T, C, K> {
        self.iter_mut()
    }
}

// A panic leaves the pool's own state consistent, so the pool is as unwind safe as its values. (A value that was half
// changed under an exclusive guard when a panic came can be read later: as `RefMut` says, nothing is poisoned.)
impl<T: Clear + UnwindSafe + RefUnwindSafe, C: Config, K: Key> UnwindSafe for Pool<T, C, K> {}
// No bound on `T`, for the reason given at the slab's.
impl<T: Clear, C: Config, K: Key> RefUnwindSafe for Pool<T, C, K> {}

//! Standard traits of a slab.

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::{Slab, VacantEntry};
use crate::{config::Config, guard::debug_store, key_type::Key};

/// For the default configuration only, so that `Slab::default()` needs no type annotation, as in `sharded-slab`.
///
/// # Examples
///
/// ```
/// let slab = flagstone::Slab::default();
/// assert!(slab.insert("value").is_some());
/// ```
impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Inserts each value. The keys can be found by iteration.
///
/// # Panics
///
/// If the current thread's shard is full, or the allocator refuses memory.
impl<T, C: Config, K: Key> Extend<T> for Slab<T, C, K> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        for value in values {
            assert!(self.insert(value).is_some(), "flagstone: no room left in the current thread's shard");
        }
    }
}

/// Inserts each value into a new slab. The keys can be found by iteration.
///
/// # Panics
///
/// If the current thread's shard is full, or the allocator refuses memory.
impl<T, C: Config, K: Key> FromIterator<T> for Slab<T, C, K> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut slab = Slab::with_key();
        slab.extend(values);
        slab
    }
}

/// Shows each entry in turn, under a guard of it, while other threads continue to use the slab.
///
/// # Deadlocks
///
/// A value's `Debug` that calls [`take`](Slab::take) or [`wait_exclusive`](Slab::wait_exclusive) of its own entry waits
/// for ever.
impl<T: fmt::Debug, C: Config, K: Key> fmt::Debug for Slab<T, C, K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_store("Slab", self, formatter)
    }
}

// A panic leaves the slab's own state consistent, so the slab is as unwind safe as its values. (A value that was half
// changed under an exclusive guard when a panic came can be read later: as `ExclusiveEntry` says, nothing is poisoned.)
impl<T: UnwindSafe + RefUnwindSafe, C: Config, K: Key> UnwindSafe for Slab<T, C, K> {}
// No bound on `T`, as with `Mutex`: other threads see the values after a panic in any case, and a thread that caught a
// panic sees no more than they do.
impl<T, C: Config, K: Key> RefUnwindSafe for Slab<T, C, K> {}

impl<T: RefUnwindSafe, C: Config, K: Key> UnwindSafe for VacantEntry<'_, T, C, K> {}
impl<T: RefUnwindSafe, C: Config, K: Key> RefUnwindSafe for VacantEntry<'_, T, C, K> {}

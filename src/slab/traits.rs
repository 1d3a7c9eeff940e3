//! The standard traits that a slab has.

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::{Slab, VacantEntry};
use crate::{config::Config, guard::debug_store};

/// Of the default configuration only, so that `Slab::default()` needs no annotation, as with `sharded-slab`.
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

/// Inserts each value; the keys are found by walking.
///
/// # Panics
///
/// If the current thread's shard is full.
impl<T, C: Config> Extend<T> for Slab<T, C> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        for value in values {
            assert!(self.insert(value).is_some(), "flagstone: no room left in the current thread's shard");
        }
    }
}

/// # Panics
///
/// If the current thread's shard is full.
impl<T, C: Config> FromIterator<T> for Slab<T, C> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut slab = Slab::new_with_config();
        slab.extend(values);
        slab
    }
}

/// Shows every entry under a guard, one after another, while other threads go on.
impl<T: fmt::Debug, C: Config> fmt::Debug for Slab<T, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_store("Slab", self, formatter)
    }
}

// A panic leaves the slab's own state whole, so it is as safe to look at afterwards as its values are. (What a panic
// leaves half done in a value that is held exclusively is seen later: as `ExclusiveEntry` says, nothing is poisoned.)
impl<T: UnwindSafe + RefUnwindSafe, C: Config> UnwindSafe for Slab<T, C> {}
// No bound on `T`, as with `Mutex`: other threads see the values after a panic in any case, and a thread that caught a panic
// sees no more than those.
impl<T, C: Config> RefUnwindSafe for Slab<T, C> {}

impl<T: RefUnwindSafe, C: Config> UnwindSafe for VacantEntry<'_, T, C> {}
impl<T: RefUnwindSafe, C: Config> RefUnwindSafe for VacantEntry<'_, T, C> {}

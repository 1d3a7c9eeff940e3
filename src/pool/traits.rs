//! The standard traits that a pool has.

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::Pool;
use crate::{clear::Clear, config::Config, guard::debug_store, slab::IterMut};

/// Of the default configuration only, so that `Pool::default()` needs no annotation, as with `sharded-slab`.
impl<T: Clear + Default> Default for Pool<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows every entry under a guard, one after another, while other threads go on.
impl<T: fmt::Debug + Clear + Default, C: Config> fmt::Debug for Pool<T, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_store("Pool", self, formatter)
    }
}

impl<'a, T: Clear + Default, C: Config> IntoIterator for &'a mut Pool<T, C> {
    type Item = (usize, &'a mut T);
    type IntoIter = IterMut<'a, T, C>;

    fn into_iter(self) -> IterMut<'a, T, C> {
        self.iter_mut()
    }
}

// A panic leaves the pool's own state whole, so it is as safe to look at afterwards as its values are. (What a panic
// leaves half done in a value that is held exclusively is seen later: as `RefMut` says, nothing is poisoned.)
impl<T: Clear + Default + UnwindSafe + RefUnwindSafe, C: Config> UnwindSafe for Pool<T, C> {}
// No bound on `T`, for the reason that stands with the slab's.
impl<T: Clear + Default, C: Config> RefUnwindSafe for Pool<T, C> {}

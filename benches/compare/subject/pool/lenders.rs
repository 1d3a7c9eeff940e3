//! Published pools without keys: a vector behind a lock, pages of bits, a bounded queue.

use super::Lender;
use std::sync::Arc;

/// A vector in `parking_lot`'s mutex.
impl Lender for object_pool::Pool<String> {
    const NAME: &'static str = "object-pool";

    type Guard<'a> = object_pool::Reusable<'a, String>;
    type OwnedGuard = object_pool::ReusableOwned<String>;

    fn new() -> Self {
        Self::new(0, String::new)
    }

    #[inline]
    fn lend(&self) -> Self::Guard<'_> {
        let mut string = self.pull(String::new);
        string.clear();
        string
    }

    fn lend_owned(self: &Arc<Self>) -> Self::OwnedGuard {
        self.pull_owned(String::new)
    }
}

/// A list of pages, each with a mask of the free ones of its 32 objects. The search begins at its start and visits
/// pages without a free object too. Of that crate's pools, this is the one that its author recommends and `zopfli`
/// uses.
impl Lender for lockfree_object_pool::LinearObjectPool<String> {
    const NAME: &'static str = "lockfree-object-pool";

    type Guard<'a> = lockfree_object_pool::LinearReusable<'a, String>;
    type OwnedGuard = lockfree_object_pool::LinearOwnedReusable<String>;

    fn new() -> Self {
        Self::new(String::new, String::clear)
    }

    #[inline]
    fn lend(&self) -> Self::Guard<'_> {
        self.pull()
    }

    fn lend_owned(self: &Arc<Self>) -> Self::OwnedGuard {
        self.pull_owned()
    }
}

/// Tells `opool` how strings are made and cleared.
#[derive(Debug)]
pub(crate) struct Strings;

impl opool::PoolAllocator<String> for Strings {
    #[inline]
    fn allocate(&self) -> String {
        String::new()
    }

    #[inline]
    fn reset(&self, string: &mut String) {
        string.clear();
    }
}

/// `crossbeam`'s bounded queue, which many programs also use as a pool by itself.
impl Lender for opool::Pool<Strings, String> {
    const NAME: &'static str = "opool";

    type Guard<'a> = opool::RefGuard<'a, Strings, String>;
    type OwnedGuard = opool::RcGuard<Strings, String>;

    fn new() -> Self {
        /// How many free strings it keeps: more than any workload has at a time.
        const SIZE: usize = 4_096;
        Self::new(SIZE, Strings)
    }

    #[inline]
    fn lend(&self) -> Self::Guard<'_> {
        self.get()
    }

    fn lend_owned(self: &Arc<Self>) -> Self::OwnedGuard {
        Arc::clone(self).get_rc()
    }
}

//! Where the tasks of a core were spawned so far.

use core::{
    array,
    panic::Location,
    ptr::{self, NonNull},
};

use super::header::{Site, Vtable};
use crate::sync::{AtomicPtr, Ordering};

/// How many lists there are. Programs spawn at some hundred places at most.
const LISTS: usize = if cfg!(flagstone_loom) { 2 } else { 128 };

/// Lists to which every thread may add, and that lose nothing before the core's end: which one, says a hash.
pub(super) struct Sites {
    lists: [AtomicPtr<Site>; LISTS],
    /// The core, with the provenance of its `Arc`.
    core: NonNull<()>,
}

// SAFETY: sites are written once, before they are published, and hold nothing that belongs to a thread; the core's address
// is passed on only.
unsafe impl Send for Sites {}

// SAFETY: as above.
unsafe impl Sync for Sites {}

impl Sites {
    pub(super) fn new(core: NonNull<()>) -> Self {
        Self { lists: array::from_fn(|_| AtomicPtr::new(ptr::null_mut())), core }
    }

    /// The core, with the provenance of its `Arc`.
    pub(super) fn core(&self) -> NonNull<()> {
        self.core
    }

    /// The site of tasks of this vtable and kind, spawned at `location`.
    #[inline(always)]
    pub(super) fn site(
        &self,
        vtable: &'static Vtable,
        location: &'static Location<'static>,
        kind: &'static str,
    ) -> NonNull<Site> {
        let list = self.list(vtable, location);
        // Ordering: Acquire - pairs with the Release in `add`; publishes the sites.
        let mut next: *const Site = list.load(Ordering::Acquire);
        // SAFETY: sites live as long as the core, and are not written any more.
        while let Some(site) = unsafe { next.as_ref() } {
            #[cfg(flagstone_loom)]
            site.seen.with(|_| ());
            if ptr::eq(site.vtable, vtable) && ptr::eq(site.location, location) && is_same(site.kind, kind) {
                return NonNull::from(site);
            }
            next = site.next;
        }
        self.add(vtable, location, kind)
    }

    /// The list of all sites of this vtable and location.
    #[inline(always)]
    fn list(&self, vtable: &'static Vtable, location: &'static Location<'static>) -> &AtomicPtr<Site> {
        // Statics lie at multiples of their alignment: the product spreads what differs over the high bits (Knuth's
        // multiplicative hashing, The Art of Computer Programming 3, 6.4).
        let hash = (ptr::from_ref(vtable).addr() ^ ptr::from_ref(location).addr().rotate_left(usize::BITS / 2))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as usize);
        &self.lists[hash >> (usize::BITS - LISTS.trailing_zeros())]
    }

    /// Two threads may add the same; no harm is done.
    #[cold]
    fn add(&self, vtable: &'static Vtable, location: &'static Location<'static>, kind: &'static str) -> NonNull<Site> {
        let list = self.list(vtable, location);
        // Ordering: Relaxed - compared below, and followed by nobody before that succeeds.
        let mut first = list.load(Ordering::Relaxed);
        let mut made = Box::new(Site {
            vtable,
            location,
            kind,
            core: self.core,
            next: first,
            #[cfg(flagstone_loom)]
            seen: crate::sync::cell::UnsafeCell::new(()),
        });
        loop {
            made.next = first;
            let site = Box::into_raw(made);
            // Ordering: Release - pairs with the Acquire in `site`; publishes the site, and continues the release sequences
            // of those that it follows. Failure is Relaxed: it is only compared again.
            match list.compare_exchange(first, site, Ordering::Release, Ordering::Relaxed) {
                // SAFETY: a box is not null.
                Ok(_) => return unsafe { NonNull::new_unchecked(site) },
                Err(seen) => first = seen,
            }
            // SAFETY: it came out of a box, and nobody has seen it.
            made = unsafe { Box::from_raw(site) };
        }
    }
}

/// Whether kinds are the same, which most often are the same text at the same place.
#[inline(always)]
fn is_same(one: &'static str, other: &'static str) -> bool {
    #[cold]
    fn have_same_text(one: &str, other: &str) -> bool {
        one == other
    }
    ptr::eq(one, other) || have_same_text(one, other)
}

impl Drop for Sites {
    fn drop(&mut self) {
        for list in &self.lists {
            // Ordering: Relaxed - the core, and with it this, is the caller's alone.
            let mut next: *const Site = list.load(Ordering::Relaxed);
            while !next.is_null() {
                // SAFETY: it came out of a box, and no task refers to it any more.
                let site = unsafe { Box::from_raw(next.cast_mut()) };
                next = site.next;
            }
        }
    }
}

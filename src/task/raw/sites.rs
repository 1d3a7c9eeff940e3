//! Where the tasks of a core were spawned so far.

use core::{
    array,
    panic::Location,
    ptr::{self, NonNull},
};

use super::header::{Site, Vtable};
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};

/// How many lists a table has. Most executors spawn at a few places, programs at some hundred at most.
const SMALL: usize = if cfg!(flagstone_loom) { 1 } else { 8 };
const MEDIUM: usize = if cfg!(flagstone_loom) { 2 } else { 64 };
const LARGE: usize = if cfg!(flagstone_loom) { 4 } else { 512 };

/// Where tasks were spawned: a hash table to which every thread may add. Nothing is lost before the core's end.
///
/// A table that has more sites than lists is replaced by a larger one, which is empty: sites are added anew when they are
/// looked for again. Tasks refer to the old ones, so tables stay until the core's end.
pub(super) struct Sites {
    /// The number of lists of a table that `table` has pointed to, less one. Written after `table`, and read before it: so it is
    /// never that of a larger table than the one that is read.
    mask: AtomicUsize,
    /// The table in which sites are looked for, and to which they are added; never null.
    table: AtomicPtr<Head>,
}

/// A table but for its lists, which follow.
struct Head {
    lists: usize,
    /// How many sites were added.
    sites: AtomicUsize,
    /// The table that this one has replaced, or null.
    previous: *mut Self,
    /// The core, with the provenance of its `Arc`.
    core: NonNull<()>,
    /// Its number.
    executor: usize,
}

#[repr(C)]
struct Table<const LISTS: usize> {
    head: Head,
    lists: [AtomicPtr<Site>; LISTS],
}

impl<const LISTS: usize> Table<LISTS> {
    fn allocate((core, executor): (NonNull<()>, usize), previous: *mut Head) -> *mut Head {
        let head = Head { lists: LISTS, sites: AtomicUsize::new(0), previous, core, executor };
        Box::into_raw(Box::new(Self { head, lists: array::from_fn(|_| AtomicPtr::new(ptr::null_mut())) })).cast()
    }
}

/// A table, with the provenance of its lists.
#[derive(Clone, Copy)]
struct TablePointer(NonNull<Head>);

impl TablePointer {
    /// # Safety
    ///
    /// The table outlives the result.
    unsafe fn head<'a>(self) -> &'a Head {
        // SAFETY: as of this function.
        unsafe { self.0.as_ref() }
    }

    /// # Safety
    ///
    /// The table has more than `number` lists, and outlives the result.
    #[inline(always)]
    unsafe fn list<'a>(self, number: usize) -> &'a AtomicPtr<Site> {
        // SAFETY: the lists follow the head, which is aligned as they are.
        let lists = unsafe { self.0.add(1) }.cast::<AtomicPtr<Site>>();
        // SAFETY: as of this function.
        let list = unsafe { lists.add(number) };
        // SAFETY: as of this function.
        unsafe { list.as_ref() }
    }

    /// # Safety
    ///
    /// No thread looks into it any more, and it is freed once.
    unsafe fn free(self) {
        // SAFETY: as of this function.
        match unsafe { self.head() }.lists {
            // SAFETY: it came out of such a box.
            SMALL => drop(unsafe { Box::from_raw(self.0.as_ptr().cast::<Table<SMALL>>()) }),
            // SAFETY: as above.
            MEDIUM => drop(unsafe { Box::from_raw(self.0.as_ptr().cast::<Table<MEDIUM>>()) }),
            // SAFETY: as above.
            _ => drop(unsafe { Box::from_raw(self.0.as_ptr().cast::<Table<LARGE>>()) }),
        }
    }
}

// SAFETY: sites are written once, before they are published, and hold nothing that belongs to a thread; the core's address
// is passed on only.
unsafe impl Send for Sites {}

// SAFETY: as above.
unsafe impl Sync for Sites {}

impl Sites {
    pub(super) fn new(core: NonNull<()>, executor: usize) -> Self {
        let table = Table::<SMALL>::allocate((core, executor), ptr::null_mut());
        Self { mask: AtomicUsize::new(SMALL - 1), table: AtomicPtr::new(table) }
    }

    /// The core, with the provenance of its `Arc`.
    pub(super) fn core(&self) -> NonNull<()> {
        // SAFETY: tables live as long as the core.
        unsafe { self.table().head() }.core
    }

    /// The core's number.
    pub(super) fn executor(&self) -> usize {
        // SAFETY: as in `core`.
        unsafe { self.table().head() }.executor
    }

    #[inline(always)]
    fn table(&self) -> TablePointer {
        // Ordering: Acquire - pairs with the Release in `grow`; publishes the table.
        let table = self.table.load(Ordering::Acquire);
        // SAFETY: it is never null.
        TablePointer(unsafe { NonNull::new_unchecked(table) })
    }

    /// The site of tasks of this vtable and kind, spawned at `location`.
    #[inline(always)]
    pub(super) fn site(
        &self,
        vtable: &'static Vtable,
        location: &'static Location<'static>,
        kind: &'static str,
    ) -> NonNull<Site> {
        // Ordering: Acquire - pairs with the Release in `grow`: the table that is read next is that of this mask, or a later one.
        let mask = self.mask.load(Ordering::Acquire);
        let number = hash(vtable, location) & mask;
        // SAFETY: tables have more lists than the mask of any before, and live as long as the core.
        let list = unsafe { self.table().list(number) };
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

    /// Two threads may add the same; no harm is done.
    #[cold]
    fn add(&self, vtable: &'static Vtable, location: &'static Location<'static>, kind: &'static str) -> NonNull<Site> {
        let mut table = self.table();
        // SAFETY: tables live as long as the core.
        let mut head = unsafe { table.head() };
        // Ordering: Relaxed - a number that decides about time and memory only.
        if head.sites.fetch_add(1, Ordering::Relaxed) >= head.lists && head.lists < LARGE {
            table = self.grow(table);
            // SAFETY: as above.
            head = unsafe { table.head() };
        }
        // SAFETY: the table has more lists than its own mask, and lives as long as the core.
        let list = unsafe { table.list(hash(vtable, location) & (head.lists - 1)) };
        // Ordering: Relaxed - compared below, and followed by nobody before that succeeds.
        let mut first = list.load(Ordering::Relaxed);
        let mut made = Box::new(Site {
            vtable,
            location,
            kind,
            core: head.core,
            executor: head.executor,
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

    /// Replaces a table by a larger one, unless that has been done. Returns the table that there is now.
    fn grow(&self, full: TablePointer) -> TablePointer {
        let old = full.0.as_ptr();
        // SAFETY: tables live as long as the core.
        let head = unsafe { full.head() };
        let (larger, lists) = if head.lists == SMALL {
            (Table::<MEDIUM>::allocate((head.core, head.executor), old), MEDIUM)
        } else {
            (Table::<LARGE>::allocate((head.core, head.executor), old), LARGE)
        };
        // Ordering: Release - pairs with the Acquire in `table`; publishes the table. Failure is Relaxed: it is loaded again.
        if self.table.compare_exchange(old, larger, Ordering::Release, Ordering::Relaxed).is_ok() {
            // Ordering: Release - pairs with the Acquire in `site`; publishes that there is a table of so many lists. A thread that
            // has replaced this one in turn may have been here before.
            self.mask.fetch_max(lists - 1, Ordering::Release);
        } else {
            // SAFETY: a box is not null.
            let unused = TablePointer(unsafe { NonNull::new_unchecked(larger) });
            // SAFETY: nobody has seen it.
            unsafe { unused.free() };
        }
        self.table()
    }
}

/// A hash, to be cut to the number of lists.
#[inline(always)]
fn hash(vtable: &'static Vtable, location: &'static Location<'static>) -> usize {
    // Statics lie at multiples of their alignment: the product spreads what differs over the high bits (Knuth's
    // multiplicative hashing, The Art of Computer Programming 3, 6.4).
    let product = (ptr::from_ref(vtable).addr() ^ ptr::from_ref(location).addr().rotate_left(usize::BITS / 2))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as usize);
    product >> (usize::BITS - LARGE.trailing_zeros())
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
        let mut table = Some(self.table());
        while let Some(last) = table {
            // SAFETY: the core, and with it all tables, is the caller's alone.
            let head = unsafe { last.head() };
            for number in 0..head.lists {
                // SAFETY: it has so many lists.
                let list = unsafe { last.list(number) };
                // Ordering: Relaxed - the core is the caller's alone.
                let mut next: *const Site = list.load(Ordering::Relaxed);
                while !next.is_null() {
                    // SAFETY: it came out of a box, and no task refers to it any more.
                    let site = unsafe { Box::from_raw(next.cast_mut()) };
                    next = site.next;
                }
            }
            table = NonNull::new(head.previous).map(TablePointer);
            // SAFETY: as above.
            unsafe { last.free() };
        }
    }
}

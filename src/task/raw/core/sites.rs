//! The places where the tasks of a core were spawned.

use core::{
    array,
    panic::Location,
    ptr::{self, NonNull},
};

use super::header::{Site, Vtable};
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};

/// The numbers of lists of tables. Most executors spawn at a few places, and programs at a few hundred at most.
const SMALL: usize = if cfg!(flagstone_loom) { 1 } else { 8 };
const MEDIUM: usize = if cfg!(flagstone_loom) { 2 } else { 64 };
const LARGE: usize = if cfg!(flagstone_loom) { 4 } else { 512 };

/// The places where tasks were spawned: a hash table to which any thread may add. Nothing is removed before the core's
/// end.
///
/// A table with more sites than lists is replaced by a larger, empty one. Sites are added to it when they are looked up
/// again. Tasks refer to the old sites, so tables stay until the core's end.
pub(in crate::task::raw) struct Sites {
    /// The number of lists, minus one, of a table to which `table` has pointed. It is written after `table` and read
    /// before it, so it is never that of a larger table than the one that is read.
    mask: AtomicUsize,
    /// The table in which sites are looked up, and to which they are added; never null.
    table: AtomicPtr<Head>,
}

/// The header of a table. The lists follow it.
struct Head {
    lists: usize,
    /// The number of sites that were added.
    sites: AtomicUsize,
    /// The table that this one has replaced, or null.
    previous: *mut Self,
    /// The core, with the provenance of its `Arc`.
    core: NonNull<()>,
    /// The core's number.
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

// SAFETY: sites are written once, before they are published, and hold nothing that belongs to a thread; the core's
// address is only passed on.
unsafe impl Send for Sites {}

// SAFETY: as above.
unsafe impl Sync for Sites {}

impl Sites {
    pub(in crate::task::raw) fn new(core: NonNull<()>, executor: usize) -> Self {
        let table = Table::<SMALL>::allocate((core, executor), ptr::null_mut());
        Self { mask: AtomicUsize::new(SMALL - 1), table: AtomicPtr::new(table) }
    }

    /// Returns the core, with the provenance of its `Arc`.
    pub(in crate::task::raw) fn core(&self) -> NonNull<()> {
        // SAFETY: tables live as long as the core.
        unsafe { self.table().head() }.core
    }

    /// Returns the core's number.
    pub(in crate::task::raw) fn executor(&self) -> usize {
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

    /// Returns the site of tasks of this vtable and kind, spawned at `location`.
    #[inline(always)]
    pub(in crate::task::raw) fn site(
        &self,
        vtable: &'static Vtable,
        location: &'static Location<'static>,
        kind: &'static str,
    ) -> NonNull<Site> {
        // Ordering: Acquire - pairs with the Release in `grow`: the table that is read next is that of this mask, or a
        // later one.
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

    /// Adds a site. Two threads may add the same one, which does no harm.
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
        // Ordering: Relaxed - compared below, and no thread follows it before that succeeds.
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
            // Ordering: Release - pairs with the Acquire in `site`; publishes the site, and continues the release
            // sequences of those that it follows. Failure is Relaxed: it is only compared again.
            match list.compare_exchange(first, site, Ordering::Release, Ordering::Relaxed) {
                // SAFETY: a box is not null.
                Ok(_) => return unsafe { NonNull::new_unchecked(site) },
                Err(seen) => first = seen,
            }
            // SAFETY: it came out of a box, and no other thread has seen it.
            made = unsafe { Box::from_raw(site) };
        }
    }

    /// Replaces a table with a larger one, unless that was done already. Returns the current table.
    fn grow(&self, full: TablePointer) -> TablePointer {
        let old = full.0.as_ptr();
        // SAFETY: tables live as long as the core.
        let head = unsafe { full.head() };
        let (larger, lists) = if head.lists == SMALL {
            (Table::<MEDIUM>::allocate((head.core, head.executor), old), MEDIUM)
        } else {
            (Table::<LARGE>::allocate((head.core, head.executor), old), LARGE)
        };
        // Ordering: Release - pairs with the Acquire in `table`; publishes the table. Failure is Relaxed: it is loaded
        // again.
        if self.table.compare_exchange(old, larger, Ordering::Release, Ordering::Relaxed).is_ok() {
            // Ordering: Release - pairs with the Acquire in `site`; publishes that there is a table with that number of
            // lists. A thread that has replaced this table in turn may have been here before.
            self.mask.fetch_max(lists - 1, Ordering::Release);
        } else {
            // SAFETY: a box is not null.
            let unused = TablePointer(unsafe { NonNull::new_unchecked(larger) });
            // SAFETY: no other thread has seen it.
            unsafe { unused.free() };
        }
        self.table()
    }
}

/// Returns a hash, to be reduced to the number of lists. In models, where addresses would make it another one in each
/// run, all sites belong in the last list: so a number of lists that is not that of the table is noticed.
#[cfg(flagstone_loom)]
fn hash(_vtable: &'static Vtable, _location: &'static Location<'static>) -> usize {
    usize::MAX
}

/// Returns a hash, to be reduced to the number of lists.
#[cfg(not(flagstone_loom))]
#[inline(always)]
fn hash(vtable: &'static Vtable, location: &'static Location<'static>) -> usize {
    // Statics are at multiples of their alignment. The product spreads the bits that differ over the high bits (Knuth's
    // multiplicative hashing, The Art of Computer Programming 3, 6.4).
    let product = (ptr::from_ref(vtable).addr() ^ ptr::from_ref(location).addr().rotate_left(usize::BITS / 2))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as usize);
    product >> (usize::BITS - LARGE.trailing_zeros())
}

/// Returns whether two kinds are the same. Most often they are the same text at the same address.
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
                // SAFETY: it has that number of lists.
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

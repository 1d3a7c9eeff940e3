//! The core of a slab: all shards and all their pages, found by number. Made at the first insertion.
//!
//! `insertion` and `removal` add how slots are taken and given back.

use core::{marker::PhantomData, ptr, ptr::NonNull};

use super::{
    lifecycle::{Lifecycle, Refused},
    page::PagePointer,
    shard::Shard,
    slot::Slot,
    table::{Table, TablePointer},
    waiters::Waiters,
};
use crate::{
    config::{Config, Layout},
    key::{Key, PageNumber},
    sync::{self, AtomicPtr, AtomicUsize, Mutex, Ordering, cell::UnsafeCell},
};

/// The number of the shard that no thread owns. The lowest, so that the shards in use are the first ones.
pub(super) const OVERFLOW_SHARD: usize = 0;

/// An existing slot, found by a key; whether it is the key's entry the lifecycle word says.
pub(super) struct Found<'a, T, C> {
    pub(super) key: Key<C>,
    pub(super) slot: &'a Slot<T>,
    pub(super) page: PagePointer<T, C>,
    pub(super) table: TablePointer<T, C>,
}

impl<T, C> Clone for Found<'_, T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C> Copy for Found<'_, T, C> {}

/// The core of a slab.
pub(crate) struct ShardTable<T, C: Config> {
    table: AtomicPtr<Table>,
    /// Shards from here on were never pinned; 0 while none was. Read by every removal, beside the pointer that it reads
    /// anyway.
    pub(super) pinned_shards: AtomicUsize,
    /// Shards from here on never had a page.
    pub(super) shards_in_use: AtomicUsize,
    /// Held while somebody acts as the owner of the overflow shard. No user code runs meanwhile.
    pub(super) overflow: Mutex<()>,
    pub(super) waiters: Waiters,
    /// Owns values of type `T`, and is `Sync` only where that is said below. Invariant in both parameters: a table is
    /// of one layout, and two configurations may be subtypes of each other.
    _values: PhantomData<UnsafeCell<T>>,
    _config: PhantomData<fn(C) -> C>,
}

// SAFETY: a shared table hands out `&T` on any thread (hence `T: Sync`), and moves values in on one thread and out, or
// drops them, on another (hence `T: Send`). Of `C` only constants are used. All else in it is shared by the rules of
// `implementation.md`, section 6.
unsafe impl<T: Send + Sync, C: Config> Sync for ShardTable<T, C> {}

// SAFETY: whoever has the table to himself has its values; he may move and drop them (hence `T: Send`), and nobody else
// sees them (so not `T: Sync`). What was written by the thread that owned a shard is ordered by the move.
unsafe impl<T: Send, C: Config> Send for ShardTable<T, C> {}

impl<T, C: Config> ShardTable<T, C> {
    sync::const_fn! {
        pub(crate) fn new() -> Self {
            Self {
                table: AtomicPtr::new(ptr::null_mut()),
                pinned_shards: AtomicUsize::new(0),
                shards_in_use: AtomicUsize::new(0),
                overflow: Mutex::new(()),
                waiters: Waiters::new(),
                _values: PhantomData,
                _config: PhantomData,
            }
        }
    }

    #[inline(always)]
    pub(super) fn table(&self) -> Option<TablePointer<T, C>> {
        // Ordering: Acquire - pairs with the Release in `table_or_allocate`; the table is blank before it is known.
        let table = NonNull::new(self.table.load(Ordering::Acquire))?;
        // SAFETY: tables are freed only with `self`.
        Some(unsafe { TablePointer::from_ptr(table) })
    }

    pub(super) fn table_or_allocate(&self) -> Option<TablePointer<T, C>> {
        if let Some(table) = self.table() {
            return Some(table);
        }
        let made = TablePointer::allocate()?;
        // Ordering: Release - pairs with the Acquire in `table`; publishes the blank table. Failure is Relaxed:
        // the other's table is loaded again.
        match self.table.compare_exchange(ptr::null_mut(), made.as_ptr(), Ordering::Release, Ordering::Relaxed) {
            Ok(_) => Some(made),
            Err(_) => {
                // SAFETY: nobody has seen the one made here.
                unsafe { made.deallocate() };
                self.table()
            }
        }
    }

    /// The slot to which a key points, if such a slot exists.
    #[inline(always)]
    pub(super) fn find(&self, key: usize) -> Option<Found<'_, T, C>> {
        let key = Key::from_raw(key);
        let table = self.table()?;
        let index = key.table_index();
        if index >= Layout::<C>::TABLE_LENGTH {
            return None;
        }
        // SAFETY: the index was just compared; tables live as long as `self`.
        let page = unsafe { table.entry(index) }.page()?;
        // SAFETY: an offset is masked with the page's size.
        let slot = unsafe { page.slots(key.page()).at(key.offset()) };
        // SAFETY: slots live as long as `self`, and all that is shared in them guards itself.
        Some(Found { key, slot: unsafe { slot.as_ref() }, page, table })
    }

    /// Counts `change` entries more (wrapping: fewer) in the shard of `key`.
    ///
    /// # Safety
    ///
    /// The key was made from this table.
    pub(super) unsafe fn count(&self, key: Key<C>, change: usize) {
        let Some(table) = self.table() else { unreachable!("the key was made from this table") };
        // SAFETY: the key was made from this table, so its shard exists.
        unsafe { table.shard(key.shard()) }.count(key.shard(), change);
    }

    /// Gets one more guard for the entry of `key`.
    ///
    /// # Panics
    ///
    /// If as many guards of the entry are out as can be counted.
    #[inline(always)]
    pub(super) fn share(&self, key: usize) -> Option<Found<'_, T, C>> {
        let found = self.find(key)?;
        match found.slot.lifecycle.share(found.key) {
            Ok(()) => Some(found),
            Err(seen) => {
                explain_refusal(found.key, seen);
                None
            }
        }
    }

    /// Whether the entry of `key` could be read at this moment.
    pub(crate) fn contains(&self, key: usize) -> bool {
        self.find(key).is_some_and(|found| found.slot.lifecycle.peek(found.key.page()).is_readable(found.key))
    }

    /// A shard that may have pages.
    pub(super) fn shard(&self, number: usize) -> Option<&Shard<T, C>> {
        // SAFETY: only numbers of shards were ever put into `shards_in_use`.
        self.table().filter(|_| number < self.shards_in_use()).map(|table| unsafe { table.shard(number) })
    }

    /// Shards that may have pages: all with lower numbers.
    pub(super) fn shards(&self) -> impl Iterator<Item = (usize, &Shard<T, C>)> {
        let in_use = self.shards_in_use();
        self.table().into_iter().flat_map(move |table| {
            (0..in_use).map(move |number| {
                // SAFETY: only numbers of shards were ever put into `shards_in_use`.
                (number, unsafe { table.shard(number) })
            })
        })
    }

    /// Entries, removed ones that guards still hold among them. At once out of date while others insert and remove.
    pub(crate) fn len(&self) -> usize {
        let total = self.shards().fold(0_usize, |total, (number, shard)| {
            let given_back = (0..shard.pages()).filter_map(|page| {
                let page_number = PageNumber::<C>::new(page as u32);
                Some(self.page(number, page_number)?.page().others.0.remote.count(page_number))
            });
            total.wrapping_add(shard.counted()).wrapping_sub(given_back.sum())
        });
        // The parts are read one after another, so their sum may come out below zero.
        if total > isize::MAX as usize { 0 } else { total }
    }

    /// Slots of all pages that exist.
    pub(crate) fn capacity(&self) -> usize {
        self.shards()
            .map(|(_, shard)| (0..shard.pages()).map(|page| PageNumber::<C>::new(page as u32).size()).sum::<usize>())
            .sum()
    }

    /// Shards from here on never had a page. At once out of date while others insert.
    pub(super) fn shards_in_use(&self) -> usize {
        // Ordering: Relaxed - whoever must see a shard is ordered after its first page already.
        self.shards_in_use.load(Ordering::Relaxed)
    }

    /// A page, if there is one of these numbers.
    pub(super) fn page(&self, shard: usize, page: PageNumber<C>) -> Option<PagePointer<T, C>> {
        self.table()?.page(shard, page)
    }
}

/// Panics if it was for the limit of guards that an entry could not be shared.
#[cold]
#[inline(never)]
fn explain_refusal<C: Config>(key: Key<C>, seen: Lifecycle<C>) {
    if seen.refusal(key) == Refused::Limit {
        too_many_guards(key);
    }
}

#[cold]
#[inline(never)]
pub(super) fn too_many_guards<C: Config>(key: Key<C>) -> ! {
    let most = Lifecycle::new(0, key.page()).most_guards();
    panic!("flagstone: entry {:#x} has {most} guards, the most that can be counted; one more was refused", key.raw())
}

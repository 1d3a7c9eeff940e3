//! Insertion: where a free slot comes from.

use core::{mem::ManuallyDrop, ptr::NonNull};
use std::sync::PoisonError;

use super::{
    free_list::Popped,
    page::PagePointer,
    shard::Shard,
    shard_table::{OVERFLOW_SHARD, ShardTable},
    slot::Slot,
    table::TablePointer,
};
use crate::{
    config::{Config, Layout},
    key::{Key, PageNumber},
    sync::Ordering,
    thread_id,
};

/// A free slot that was taken off its list for somebody.
pub(crate) struct Vacancy<'a, T, C> {
    pub(super) key: Key<C>,
    /// In its place in the lifecycle word; the word itself may be blank still.
    pub(super) generation: usize,
    pub(super) slot: NonNull<Slot<T>>,
    /// A value is in it: one that was kept, until it is filled anew (P1).
    pub(super) filled: bool,
    /// The shard of the slot.
    pub(super) shard: &'a Shard<T, C>,
}

/// A page that is made but not part of its shard yet, and is freed unless it becomes that.
struct Spare<T, C: Config> {
    page: PagePointer<T, C>,
    number: PageNumber<C>,
}

impl<T, C: Config> Spare<T, C> {
    fn allocate(shard: usize, number: PageNumber<C>) -> Option<Self> {
        Some(Self { page: PagePointer::allocate(shard, number)?, number })
    }

    fn into_parts(self) -> (PagePointer<T, C>, PageNumber<C>) {
        let spare = ManuallyDrop::new(self);
        (spare.page, spare.number)
    }
}

impl<T, C: Config> Drop for Spare<T, C> {
    fn drop(&mut self) {
        // SAFETY: the page has this number, and nobody else knows it.
        unsafe { self.page.deallocate(self.number) };
    }
}

impl<T, C: Config> ShardTable<T, C> {
    /// Inserts into the current thread's shard if that needs nothing but its own lists, else gives the value back.
    #[inline(always)]
    pub(crate) fn insert_fast(&self, value: T) -> Result<usize, T> {
        let Some(vacancy) = self.reserve_fast() else { return Err(value) };
        // SAFETY: the vacancy's slot is the caller's, and lives as long as `self`.
        let slot = unsafe { vacancy.slot.as_ref() };
        // SAFETY: as above; a slab keeps no values in free slots.
        unsafe { slot.write(value) };
        slot.lifecycle.publish(vacancy.generation);
        vacancy.shard.count_by_owner(1);
        Ok(vacancy.key.raw())
    }

    /// Takes a free slot out of the current thread's shard if that needs nothing but its own lists.
    #[inline(always)]
    pub(super) fn reserve_fast(&self) -> Option<Vacancy<'_, T, C>> {
        let number = thread_id::current();
        let table = self.table()?;
        if number > C::MAX_THREADS {
            return None;
        }
        // SAFETY: the number was just compared.
        let shard = unsafe { table.shard(number) };
        // SAFETY: the current thread has this number, so that is not 0 (T3) and it owns the shard (T1).
        let page = unsafe { shard.current() }?;
        // SAFETY: as above, and the page is the shard's current one.
        Some(unsafe { Self::pop(table, number, page) })
    }

    /// Takes a free slot off the list of a shard's current page.
    ///
    /// # Safety
    ///
    /// The caller is the owner of shard `number` (T1), `page` is its current page, and the table outlives the result.
    #[inline(always)]
    unsafe fn pop<'a>(table: TablePointer<T, C>, number: usize, page: PagePointer<T, C>) -> Vacancy<'a, T, C> {
        // SAFETY: the shard exists.
        let shard = unsafe { table.shard(number) };
        // SAFETY: the caller owns the shard, and a current page's list is not empty (F4).
        let Popped { key, generation, slot, filled, was_last } =
            unsafe { page.page().owner.0.list.pop(page.first_slot()) };
        if was_last {
            // SAFETY: the caller owns the shard.
            unsafe { shard.current_is_empty(|next| table.page(number, next)) };
        }
        Vacancy { key, generation, slot, filled, shard }
    }

    /// Takes a free slot out of the current thread's shard, or out of the overflow shard. `None` if that is full, or
    /// memory is.
    #[inline(never)]
    pub(super) fn reserve(&self) -> Option<Vacancy<'_, T, C>> {
        let table = self.table_or_allocate()?;
        let thread = thread_id::current_or_register();
        let number = if thread <= C::MAX_THREADS { thread } else { OVERFLOW_SHARD };
        let mut spare = None;
        loop {
            let wanted = {
                let _owner = (number == OVERFLOW_SHARD).then(|| self.lock_overflow_shard());
                // SAFETY: the current thread has this number, so it owns the shard (T1), or it holds the lock (T3).
                match unsafe { self.reserve_in(table, number, &mut spare) } {
                    Ok(vacancy) => return Some(vacancy),
                    Err(wanted) => wanted,
                }
            };
            // The allocator is the user's, and may use this very slab: so it is called without the lock, and what
            // happens meanwhile is looked at again.
            spare = Some(Spare::allocate(number, wanted?)?);
        }
    }

    /// Calls `act` with the overflow shard locked, if it is that.
    pub(super) fn as_owner<R>(&self, number: usize, act: impl FnOnce() -> R) -> R {
        let _owner = (number == OVERFLOW_SHARD).then(|| self.lock_overflow_shard());
        act()
    }

    fn lock_overflow_shard(&self) -> impl Drop + '_ {
        self.overflow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a free slot of a shard: off its own lists, or from what others gave back, or out of the `spare` page if
    /// that is the next one. Else says which page would be needed, if there can be one more.
    ///
    /// # Safety
    ///
    /// The caller is the owner of shard `number` (T1).
    unsafe fn reserve_in(
        &self,
        table: TablePointer<T, C>,
        number: usize,
        spare: &mut Option<Spare<T, C>>,
    ) -> Result<Vacancy<'_, T, C>, Option<PageNumber<C>>> {
        // SAFETY: there is such a shard.
        let shard = unsafe { table.shard(number) };
        // SAFETY: the caller owns the shard.
        let mut current = unsafe { shard.current() };
        // Announcements are hints, and a thread may stop before it makes one, with the slots of others behind its own:
        // so before a page is added, or the shard called full, every stack is looked at.
        for pages in [Shard::take_returned, Shard::all_pages] {
            if current.is_none() {
                // SAFETY: as above, and its own lists are empty.
                unsafe { self.adopt_returned(table, number, pages(shard)) };
                // SAFETY: as above.
                current = unsafe { shard.current() };
            }
        }
        if current.is_none() {
            let next = (shard.pages() < C::MAX_PAGES).then(|| PageNumber::new(shard.pages() as u32));
            match spare.take_if(|spare| next.is_some_and(|next| next.get() == spare.number.get())) {
                None => return Err(next),
                // SAFETY: as above, and the page is the next one of this shard.
                Some(spare) => current = Some(unsafe { self.add_page(table, number, spare) }),
            }
        }
        let Some(page) = current else { unreachable!("else the function has returned") };
        // SAFETY: as above, and the page is the current one.
        Ok(unsafe { Self::pop(table, number, page) })
    }

    /// Fills an owner's empty lists with what others gave back to the pages of a mask.
    ///
    /// # Safety
    ///
    /// The caller is the owner of shard `number` (T1), and all its local lists are empty.
    unsafe fn adopt_returned(&self, table: TablePointer<T, C>, number: usize, mut pages: usize) {
        // SAFETY: there is such a shard.
        let shard = unsafe { table.shard(number) };
        while pages != 0 {
            let page_number = PageNumber::<C>::new(pages.trailing_zeros());
            pages &= pages - 1;
            let Some(page) = table.page(number, page_number) else { continue };
            if let Some((first, counted)) = page.page().others.0.remote.take_all(page_number) {
                // SAFETY: the caller owns the shard, and the page's list is empty.
                unsafe { page.page().owner.0.list.adopt(first) };
                // SAFETY: the caller owns the shard, and the page has this number.
                unsafe { shard.has_slots(page, page_number) };
                shard.count_by_owner(counted.wrapping_neg());
            }
        }
    }

    /// Makes a spare page the shard's next one.
    ///
    /// # Safety
    ///
    /// The caller is the owner of shard `number` (T1), for which `spare` was made, and which has as many pages as the
    /// number of `spare` says.
    unsafe fn add_page(&self, table: TablePointer<T, C>, number: usize, spare: Spare<T, C>) -> PagePointer<T, C> {
        let (page, page_number) = spare.into_parts();
        // SAFETY: the shard exists, and so does the page number.
        let entry = unsafe { table.entry((number << Layout::<C>::PAGE_BITS) | page_number.get() as usize) };
        entry.publish(page);
        // SAFETY: there is such a shard.
        let shard = unsafe { table.shard(number) };
        // SAFETY: the caller owns the shard, and the page was just published.
        unsafe { shard.add_page() };
        // Ordering: Relaxed - whoever must see the shard is ordered after this insertion already.
        self.shards_in_use.fetch_max(number + 1, Ordering::Relaxed);
        // SAFETY: the caller owns the shard; a new page's list holds all its slots.
        unsafe { shard.has_slots(page, page_number) };
        page
    }

    /// Gives a reserved slot back that was not used. Its key is spent: somebody may have noted it.
    ///
    /// # Safety
    ///
    /// The key is that of a vacancy of this table, which is not used afterwards; `filled` is whether a value is in it.
    pub(super) unsafe fn give_back(&self, key: Key<C>, filled: bool) {
        // Freeing counts an entry less, and this one was never counted.
        // SAFETY: the key was made from this table.
        unsafe { self.count(key, 1) };
        let Some(found) = self.find(key.raw()) else { unreachable!("the slot was reserved in this table") };
        // SAFETY: the slot is the caller's, who says whether it holds a value.
        unsafe { self.free(&found, filled) };
    }
}

//! Insertion: where a free slot comes from.

use core::ptr::NonNull;
use std::sync::PoisonError;

use super::{
    free_list::Popped,
    page::PagePointer,
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
pub(crate) struct Vacancy<T, C> {
    pub(super) key: Key<C>,
    /// As the lifecycle word has it.
    generation: usize,
    slot: NonNull<Slot<T>>,
}

impl<T, C: Config> ShardTable<T, C> {
    /// Inserts into the current thread's shard if that needs nothing but its own lists, else gives the value back.
    #[inline(always)]
    pub(crate) fn insert_fast(&self, value: T) -> Result<usize, T> {
        let number = thread_id::current();
        let Some(table) = self.table() else { return Err(value) };
        if number > C::MAX_THREADS {
            return Err(value);
        }
        // SAFETY: the number was just compared.
        let shard = unsafe { table.shard(number) };
        // SAFETY: the current thread has this number, so it owns the shard (T1).
        let available = unsafe { shard.available() };
        if available == 0 {
            return Err(value);
        }
        // SAFETY: as above, and the mask names a page with free slots.
        let vacancy = unsafe { Self::pop(table, number, available) };
        // SAFETY: the vacancy's slot is the caller's, and lives as long as `self`.
        let slot = unsafe { vacancy.slot.as_ref() };
        // SAFETY: as above; a free slot holds no value.
        unsafe { slot.write(value) };
        slot.lifecycle.publish(vacancy.generation);
        shard.count_by_owner(1);
        Ok(vacancy.key.raw())
    }

    /// Takes a free slot off the list of the lowest page in `available`.
    ///
    /// # Safety
    ///
    /// The caller is the owner of shard `number` (T1), and `available` is its mask and not zero.
    #[inline(always)]
    unsafe fn pop(table: TablePointer<T, C>, number: usize, available: usize) -> Vacancy<T, C> {
        let page_number = PageNumber::<C>::new(available.trailing_zeros());
        // SAFETY: the shard and page exist, so the index is in the table.
        let entry = unsafe { table.entry((number << Layout::<C>::PAGE_BITS) | page_number.get() as usize) };
        // SAFETY: a page that has free slots exists (F4).
        let page = unsafe { entry.page().unwrap_unchecked() };
        let slots = page.slots(page_number);
        // SAFETY: the caller owns the shard, and its mask says that the list is not empty (F4).
        let Popped { key, generation, offset, was_last } = unsafe { page.page().owner.0.list.pop(slots) };
        if was_last {
            // SAFETY: the shard exists.
            let shard = unsafe { table.shard(number) };
            // SAFETY: the caller owns the shard.
            unsafe { shard.set_available(page_number.get(), false) };
        }
        // SAFETY: slots on the list are slots of the page.
        let slot = unsafe { slots.at(offset) };
        Vacancy { key, generation, slot }
    }

    /// Takes a free slot out of the current thread's shard, or out of the overflow shard. `None` if that is full, or
    /// memory is.
    #[cold]
    pub(crate) fn reserve(&self) -> Option<Vacancy<T, C>> {
        let table = self.table_or_allocate()?;
        let number = thread_id::current_or_register();
        if number <= C::MAX_THREADS {
            // SAFETY: the current thread has this number, so it owns the shard (T1).
            return unsafe { self.reserve_in(table, number) };
        }
        let _owner = self.overflow.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: whoever holds the lock owns the overflow shard (T3).
        unsafe { self.reserve_in(table, OVERFLOW_SHARD) }
    }

    /// # Safety
    ///
    /// The caller is the owner of shard `number` (T1).
    unsafe fn reserve_in(&self, table: TablePointer<T, C>, number: usize) -> Option<Vacancy<T, C>> {
        // SAFETY: there is such a shard.
        let shard = unsafe { table.shard(number) };
        // SAFETY: the caller owns the shard.
        let available = match unsafe { shard.available() } {
            // SAFETY: as above, and its own lists are empty.
            0 => unsafe { self.refill(table, number) },
            available => available,
        };
        // SAFETY: as above, and the mask is not zero.
        (available != 0).then(|| unsafe { Self::pop(table, number, available) })
    }

    /// Fills an owner's empty lists: with what others gave back, or else with a new page. Returns the new mask.
    ///
    /// # Safety
    ///
    /// The caller is the owner of shard `number` (T1), and all its local lists are empty.
    unsafe fn refill(&self, table: TablePointer<T, C>, number: usize) -> usize {
        // SAFETY: there is such a shard.
        let shard = unsafe { table.shard(number) };
        let row = number << Layout::<C>::PAGE_BITS;
        let mut returned = shard.take_returned();
        while returned != 0 {
            let page_number = PageNumber::<C>::new(returned.trailing_zeros());
            returned &= returned - 1;
            // SAFETY: the shard and page exist, so the index is in the table.
            let entry = unsafe { table.entry(row | page_number.get() as usize) };
            let Some(page) = entry.page() else { unreachable!("slots came back to this page, so it exists") };
            if let Some((first, counted)) = page.page().remote.0.take_all(page_number) {
                // SAFETY: the caller owns the shard, and the page's list is empty.
                unsafe { page.page().owner.0.list.adopt(first) };
                // SAFETY: the caller owns the shard.
                unsafe { shard.set_available(page_number.get(), true) };
                shard.count_by_owner(counted.wrapping_neg());
            }
        }
        // SAFETY: the caller owns the shard.
        let available = unsafe { shard.available() };
        if available == 0 && shard.pages() < C::MAX_PAGES {
            let page_number = PageNumber::<C>::new(shard.pages() as u32);
            if let Some(page) = PagePointer::allocate(number, page_number) {
                // SAFETY: the shard exists, and so does the page number.
                unsafe { table.entry(row | page_number.get() as usize) }.publish(page);
                shard.add_page();
                // Ordering: Relaxed - whoever must see the shard is ordered after this insertion already.
                self.shards_in_use.fetch_max(number + 1, Ordering::Relaxed);
                // SAFETY: the caller owns the shard; a new page's list holds all its slots.
                unsafe { shard.set_available(page_number.get(), true) };
            }
        }
        // SAFETY: the caller owns the shard.
        unsafe { shard.available() }
    }

    /// Puts a value into a reserved slot and makes it an entry.
    ///
    /// # Safety
    ///
    /// The vacancy came from `reserve` of this table, and is used once.
    pub(crate) unsafe fn publish(&self, vacancy: &Vacancy<T, C>, value: T) {
        // SAFETY: the slot lives as long as the table.
        let slot = unsafe { vacancy.slot.as_ref() };
        // SAFETY: the vacancy's slot is the caller's, and a free slot holds no value.
        unsafe { slot.write(value) };
        slot.lifecycle.publish(vacancy.generation);
        self.count(vacancy.key, 1);
    }

    /// Gives a reserved slot back that was not used. Its key is spent: somebody may have noted it.
    ///
    /// # Safety
    ///
    /// The vacancy came from `reserve` of this table, and is used once.
    pub(crate) unsafe fn give_back(&self, vacancy: &Vacancy<T, C>) {
        // Freeing counts an entry less, and this one was never counted.
        self.count(vacancy.key, 1);
        let Some(found) = self.find(vacancy.key.raw()) else { unreachable!("the slot was reserved in this table") };
        // SAFETY: the vacancy's slot is the caller's, and holds no value.
        unsafe { self.free(&found) };
    }
}

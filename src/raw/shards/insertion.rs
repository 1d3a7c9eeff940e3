//! Insertion: how a thread gets a free slot.

use core::{mem::ManuallyDrop, ptr::NonNull};
use std::sync::PoisonError;

use super::{
    directory::DirectoryPointer, joining::NoShard, roster::OVERFLOW_NUMBER, shard::Shard, shard_table::ShardTable,
};
use crate::{
    config::Config,
    key::{Key, PageNumber},
    key_type,
    raw::{
        once::NotEmpty,
        page::{PagePointer, free_list::Popped},
        slot::Slot,
        typed::typed,
    },
    sync::Ordering,
    thread_id,
};

/// A free slot that was taken off its list, to be used.
pub(crate) struct Vacancy<'a, T, C> {
    pub(in crate::raw) key: Key<C>,
    /// The generation, in its position in the lifecycle word. The word itself may still be blank.
    pub(in crate::raw) generation: usize,
    pub(in crate::raw) slot: NonNull<Slot<T>>,
    /// Whether the slot holds a value: one that was kept, until a new one is written (P1).
    pub(in crate::raw) filled: bool,
    /// The shard of the slot.
    pub(in crate::raw) shard: &'a Shard<T, C>,
}

/// What the owner of a shard needs if it finds no free slot.
enum Wanted<T, C> {
    /// The shard is full.
    Nothing,
    /// A page of this number, with that many slots.
    Page(PageNumber<C>, usize),
    /// A directory in which the page can be published: this one was, or is being, replaced.
    DirectoryAfter(DirectoryPointer<T, C>),
}

/// The reason why a shard cannot have more pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// It has as many as the configuration allows.
    Pages,
    /// The allocator refused memory.
    Memory,
}

/// A page that is made but not part of its shard yet. It is freed unless it becomes part of the shard.
struct Spare<T, C: Config> {
    page: PagePointer<T, C>,
    number: PageNumber<C>,
}

impl<T, C: Config> Spare<T, C> {
    /// # Safety
    ///
    /// The shard has claimed a row, and the caller is its owner (T1, T3).
    unsafe fn allocate(shard: &Shard<T, C>, number: PageNumber<C>, slots: usize) -> Option<Self> {
        // SAFETY: as of this function.
        let row = unsafe { shard.row() }?;
        Some(Self { page: PagePointer::allocate(row, number, slots, NonNull::from(shard))?, number })
    }

    /// Returns the page, which is not freed by the drop of `self` then.
    fn into_page(self) -> PagePointer<T, C> {
        ManuallyDrop::new(self).page
    }
}

impl<T, C: Config> Drop for Spare<T, C> {
    fn drop(&mut self) {
        // SAFETY: no other thread knows the page.
        unsafe { self.page.deallocate() };
    }
}

impl<T, C: Config> ShardTable<T, C> {
    /// Inserts into the current thread's shard if its local lists suffice. Otherwise returns the value.
    #[inline(always)]
    pub(crate) fn insert_fast<K: key_type::Key>(&self, value: T) -> Result<K, T> {
        let Some(vacancy) = self.reserve_fast() else { return Err(value) };
        // SAFETY: the vacancy's slot is the caller's, and lives as long as `self`.
        let slot = unsafe { vacancy.slot.as_ref() };
        // SAFETY: as above; a slab keeps no values in free slots.
        unsafe { slot.write(value) };
        slot.lifecycle.publish(vacancy.generation);
        vacancy.shard.count_by_owner(1);
        // SAFETY: the key is that of a reserved slot, which is an entry now.
        Ok(unsafe { typed(vacancy.key) })
    }

    /// Takes a free slot of the current thread's shard, if its local lists suffice.
    #[inline(always)]
    pub(in crate::raw) fn reserve_fast(&self) -> Option<Vacancy<'_, T, C>> {
        // The values that mean "no number" are not less than the length of any roster.
        let shard = self.shard(thread_id::current())?;
        // SAFETY: the current thread has the shard's number, so that is not 0 (T3) and it owns the shard (T1).
        let page = unsafe { shard.current() }?;
        // SAFETY: as above, and the page is the shard's current one.
        Some(unsafe { self.pop(shard, page) })
    }

    /// Takes a free slot off the list of a shard's current page.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard (T1), and `page` is its current page.
    #[inline(always)]
    pub(in crate::raw) unsafe fn pop<'a>(
        &'a self,
        shard: &'a Shard<T, C>,
        page: PagePointer<T, C>,
    ) -> Vacancy<'a, T, C> {
        // SAFETY: the caller owns the shard, and a current page's list is not empty (F4).
        let Popped { key, generation, slot, filled, was_last } =
            unsafe { page.page().owner.0.list.pop(page.first_slot()) };
        if was_last {
            // SAFETY: the caller owns the shard.
            if unsafe { !shard.only_page_is_empty() } {
                // SAFETY: as above.
                unsafe { self.current_is_empty(shard) };
            }
        }
        Vacancy { key, generation, slot, filled, shard }
    }

    /// # Safety
    ///
    /// The caller is the owner of the shard (T1), whose current page has an empty list.
    #[cold]
    unsafe fn current_is_empty(&self, shard: &Shard<T, C>) {
        // SAFETY: as of this function.
        let Some(row) = (unsafe { shard.row() }) else { unreachable!("a shard with pages has a row") };
        // SAFETY: as of this function.
        unsafe { shard.current_is_empty(|next| self.directory().page(row, next)) };
    }

    /// Takes a free slot of the current thread's shard, or of the overflow shard. `None` if the shard is full, or the
    /// allocator refuses memory.
    #[inline(never)]
    pub(in crate::raw) fn reserve(&self) -> Option<Vacancy<'_, T, C>> {
        let shard = match self.own_shard() {
            Ok(shard) => shard,
            Err(NoShard::Left) => self.overflow_shard()?,
            Err(NoShard::Memory) => return None,
        };
        let mut spare = None;
        loop {
            let wanted = self.as_owner(shard, || {
                // SAFETY: the current thread has the shard's number, so it owns the shard (T1), or it holds the lock
                // (T3).
                unsafe { self.reserve_in(shard, &mut spare) }
            });
            // The allocator is the user's, and may use this same slab. So it is called without the lock held, and the
            // state is checked again afterwards.
            match wanted {
                Ok(vacancy) => return Some(vacancy),
                Err(Wanted::Nothing) => return None,
                // SAFETY: as above; only the row is read, which an overflow shard has from the beginning.
                Err(Wanted::Page(number, slots)) => spare = Some(unsafe { Spare::allocate(shard, number, slots) }?),
                Err(Wanted::DirectoryAfter(closed)) => {
                    if !self.grow_directory(closed) {
                        return None;
                    }
                }
            }
        }
    }

    /// Adds pages to the current thread's shard, or to the overflow shard, until it has room for that many more
    /// entries. Adds nothing if a shard can never have that room. Pages that were added before the allocator refused
    /// memory stay.
    pub(crate) fn make_room(&self, additional: usize) -> Result<(), NoRoom> {
        if additional == 0 {
            return Ok(());
        }
        let shard = match self.own_shard_for(additional) {
            Ok(shard) => shard,
            Err(NoShard::Left) => self.overflow_shard().ok_or(NoRoom::Memory)?,
            Err(NoShard::Memory) => return Err(NoRoom::Memory),
        };
        let mut spare = None;
        loop {
            let missing = additional.saturating_sub(self.room(shard));
            if missing == 0 {
                return Ok(());
            }
            if missing > Self::slots_after(shard.pages()) {
                return Err(NoRoom::Pages);
            }
            // SAFETY: the current thread has the shard's number, so it owns the shard (T1), or it holds the lock (T3).
            match self.as_owner(shard, || unsafe { self.add_page(shard, &mut spare, missing) }) {
                Ok(_) => {}
                Err(Wanted::Nothing) => return Err(NoRoom::Pages),
                Err(Wanted::Page(number, slots)) => {
                    // SAFETY: as in `reserve`.
                    let made = unsafe { Spare::allocate(shard, number, slots) };
                    spare = Some(made.ok_or(NoRoom::Memory)?);
                }
                Err(Wanted::DirectoryAfter(closed)) => {
                    if !self.grow_directory(closed) {
                        return Err(NoRoom::Memory);
                    }
                }
            }
        }
    }

    /// Returns the number of slots of all pages that can still be added to a shard with `pages` pages.
    fn slots_after(pages: usize) -> usize {
        (pages..C::MAX_PAGES).map(|page| PageNumber::<C>::new(page as u32).size()).sum()
    }

    /// Returns the number of further entries for which a shard has room without another page.
    fn room(&self, shard: &Shard<T, C>) -> usize {
        // SAFETY: the caller owns the shard, or it is the overflow shard, whose row does not change.
        let Some(row) = (unsafe { shard.row() }) else { return 0 };
        let directory = self.directory();
        let pages = (0..shard.pages()).filter_map(|page| {
            let number = PageNumber::<C>::new(page as u32);
            let page = directory.page(row, number)?;
            let others = &page.page().others.0;
            // Ordering: Relaxed - a slot that retires meanwhile held an entry before.
            Some(others.slots - others.retired.load(Ordering::Relaxed) + others.remote.count(number))
        });
        let room = pages.sum::<usize>().wrapping_sub(shard.counted());
        // The parts are read one after another, so if other threads insert or remove meanwhile the result may be below
        // zero.
        if room > isize::MAX as usize { 0 } else { room }
    }

    /// Calls `act`, with the lock held if `shard` is the overflow shard.
    pub(in crate::raw) fn as_owner<R>(&self, shard: &Shard<T, C>, act: impl FnOnce() -> R) -> R {
        let _owner = (shard.number() == OVERFLOW_NUMBER).then(|| self.lock_overflow_shard());
        act()
    }

    pub(in crate::raw) fn lock_overflow_shard(&self) -> impl Drop + '_ {
        self.overflow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a free slot of a shard: from its local lists, from what other threads returned, or from the `spare` page
    /// if that is the next page. Otherwise returns what is needed first.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard (T1), which has claimed a row.
    unsafe fn reserve_in<'a>(
        &'a self,
        shard: &'a Shard<T, C>,
        spare: &mut Option<Spare<T, C>>,
    ) -> Result<Vacancy<'a, T, C>, Wanted<T, C>> {
        // SAFETY: the caller owns the shard.
        let mut current = unsafe { shard.current() };
        // Announcements are hints. A thread may be descheduled before it makes one, while other threads push more slots
        // on the same stack. So every stack is taken before a page is added, or the shard is considered full.
        for pages in [Shard::take_returned, Shard::all_pages] {
            if current.is_none() {
                // SAFETY: as above, and its own lists are empty.
                unsafe { self.adopt_returned(shard, pages(shard)) };
                // SAFETY: as above.
                current = unsafe { shard.current() };
            }
        }
        if current.is_none() {
            // SAFETY: as above.
            current = Some(unsafe { self.add_page(shard, spare, 1) }?);
        }
        let Some(page) = current else { unreachable!("otherwise the function has returned") };
        // SAFETY: as above, and the page is the current one.
        let vacancy = unsafe { self.pop(shard, page) };
        if vacancy.key.raw() != 0 {
            return Ok(vacancy);
        }
        // 0 is no key. It would be that of the first slot of the overflow shard in a life of generation 0; so such a
        // life is skipped. No user code runs: a value that the slot keeps stays in it, since generations have not run
        // out.
        // SAFETY: the vacancy came from this table, and is not used afterwards.
        unsafe { self.give_back(vacancy.key, vacancy.filled) };
        // SAFETY: as of this function.
        unsafe { self.reserve_in(shard, spare) }
    }

    /// Fills an owner's empty local lists with the slots that other threads returned to the pages of a mask.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard (T1), and all its local lists are empty.
    unsafe fn adopt_returned(&self, shard: &Shard<T, C>, mut pages: usize) {
        // SAFETY: the caller owns the shard.
        let Some(row) = (unsafe { shard.row() }) else { return };
        let directory = self.directory();
        while pages != 0 {
            let page_number = PageNumber::<C>::new(pages.trailing_zeros());
            pages &= pages - 1;
            let Some(page) = directory.page(row, page_number) else { continue };
            if let Some((first, counted)) = page.page().others.0.remote.take_all(page_number) {
                // SAFETY: the caller owns the shard, and the page's list is empty.
                unsafe { page.page().owner.0.list.adopt(first) };
                // SAFETY: the caller owns the shard, and the page has this number.
                unsafe { shard.has_slots(page, page_number) };
                shard.count_by_owner(counted.wrapping_neg());
            }
        }
    }

    /// Makes the spare page the shard's next one, if it has the right number. Otherwise returns what is needed first: a
    /// page of `wanted` slots, or of as many as the table makes anyway, if that is more.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard (T1), which has claimed a row, and for which the spare page was made.
    unsafe fn add_page(
        &self,
        shard: &Shard<T, C>,
        spare: &mut Option<Spare<T, C>>,
        wanted: usize,
    ) -> Result<PagePointer<T, C>, Wanted<T, C>> {
        // SAFETY: the caller owns the shard.
        let Some(row) = (unsafe { shard.row() }) else { unreachable!("the shard has claimed a row") };
        if shard.pages() >= C::MAX_PAGES {
            return Err(Wanted::Nothing);
        }
        let number = PageNumber::new(shard.pages() as u32);
        let Some(page) = spare.as_ref().filter(|spare| spare.number.get() == number.get()).map(|spare| spare.page)
        else {
            return Err(Wanted::Page(number, self.slots_of_page(number, wanted)));
        };
        let directory = self.directory();
        // SAFETY: a row that is claimed is in every directory from then on; directories live as long as `self`.
        match unsafe { directory.entry_of(row, number) }.fill(page.as_non_null()) {
            Ok(()) => {}
            Err(NotEmpty::Closed) => return Err(Wanted::DirectoryAfter(directory)),
            Err(NotEmpty::Filled(_)) => unreachable!("only the owner adds pages, one after another"),
        }
        // The page is part of the shard now.
        let _ = spare.take().map(Spare::into_page);
        // SAFETY: the caller owns the shard, and the page was just published.
        unsafe { shard.add_page() };
        // SAFETY: the caller owns the shard; a new page's list holds all its slots.
        unsafe { shard.has_slots(page, number) };
        Ok(page)
    }

    /// Frees a reserved slot that was not used. Its key is not handed out again, since it may have been stored.
    ///
    /// # Safety
    ///
    /// The key is that of a vacancy of this table, which is not used afterwards; `filled` says whether a value is in
    /// it.
    pub(in crate::raw) unsafe fn give_back(&self, key: Key<C>, filled: bool) {
        let Some(found) = self.find(key.raw()) else { unreachable!("the slot was reserved in this table") };
        // Freeing decrements the number of entries, and this one was never counted.
        // SAFETY: shards live as long as `self`.
        unsafe { found.page.page().others.0.shard.as_ref() }.count(1);
        // SAFETY: the slot is the caller's, and `filled` says whether it holds a value.
        unsafe { self.free(&found, filled) };
    }
}

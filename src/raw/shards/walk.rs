//! Iteration over all slots of a slab that were used since their pages were blank.

use core::{marker::PhantomData, mem};

use super::{
    directory, roster,
    shard::Shard,
    shard_table::{Found, ShardTable},
};
use crate::{
    config::Config,
    key::{Key, PageNumber},
    key_type,
    raw::{
        guards::holding,
        page::{PagePointer, free_list::Slots},
        panics::FirstPanic,
        slot::{
            ending::Ending,
            lifecycle::{Lifecycle, State},
        },
        typed::typed,
    },
};

/// A position in a slab: the next slot to look at. It holds no reference, so the slab may change between two steps.
///
/// It covers the pages that a shard had when the walk reached the shard, and the slots of a page that were used when
/// the walk reached the page. So it ends even if another thread keeps inserting ahead of it.
pub(crate) struct Walk<C> {
    row: usize,
    /// The number of pages of the row. `None` before the walk has reached the row.
    pages: Option<usize>,
    page: u32,
    /// The number of used slots of the page. `None` before the walk has reached the page.
    slots: Option<usize>,
    offset: usize,
    _config: PhantomData<fn(C) -> C>,
}

impl<C: Config> Walk<C> {
    pub(crate) const fn new() -> Self {
        Self { row: 0, pages: None, page: 0, slots: None, offset: 0, _config: PhantomData }
    }

    /// Returns a walk that has ended.
    pub(in crate::raw) const fn finished() -> Self {
        Self { row: usize::MAX, pages: None, page: 0, slots: None, offset: 0, _config: PhantomData }
    }

    /// Returns the next slot whose word `wanted` accepts when the walk looks at it.
    pub(in crate::raw) fn next<'a, T>(
        &mut self,
        shards: &'a ShardTable<T, C>,
        wanted: impl Fn(Lifecycle<C>) -> bool,
    ) -> Option<Found<'a, T, C>> {
        while let Some((page, number)) = self.page(shards) {
            let (slots, used) = (page.slots(number), self.slots_of(page));
            while self.offset < used {
                let offset = self.offset;
                self.offset += 1;
                // SAFETY: the high-water mark is at most the page's number of slots.
                let slot = unsafe { slots.at(offset) };
                // SAFETY: slots live as long as `shards`, and everything in them may be accessed through a shared
                // reference.
                let slot = unsafe { slot.as_ref() };
                let word = slot.lifecycle.peek(number);
                if wanted(word) {
                    let key = Key::of_page(self.row, number).with(word.generation(), offset);
                    return shards.find(key.raw());
                }
            }
            self.leave_page();
        }
        None
    }

    /// Returns the current page, or the next one that exists.
    fn page<T>(&mut self, shards: &ShardTable<T, C>) -> Option<(PagePointer<T, C>, PageNumber<C>)> {
        let directory = shards.directory();
        while self.row < directory.rows() {
            if (self.page as usize) < *self.pages.get_or_insert_with(|| directory.pages(self.row)) {
                let number = PageNumber::new(self.page);
                if let Some(page) = directory.page(self.row, number) {
                    return Some((page, number));
                }
            }
            (self.row, self.pages, self.page) = (self.row + 1, None, 0);
        }
        None
    }

    fn slots_of<T>(&mut self, page: PagePointer<T, C>) -> usize {
        *self.slots.get_or_insert_with(|| page.page().owner.0.list.high_water())
    }

    fn leave_page(&mut self) {
        (self.page, self.slots, self.offset) = (self.page + 1, None, 0);
    }

    /// Returns the next page as a whole: its slots, the number of used ones, and the bits that all its keys share.
    pub(in crate::raw) fn next_page<T>(&mut self, shards: &ShardTable<T, C>) -> Option<(Slots<T, C>, usize, Key<C>)> {
        let (page, number) = self.page(shards)?;
        let used = self.slots_of(page);
        self.leave_page();
        Some((page.slots(number), used, Key::of_page(self.row, number)))
    }

    /// Returns the key of the next entry that is present when the walk looks at it, within the next `slots_left` slots,
    /// and subtracts the slots that it has looked at. If it returns `None` and slots are left, the walk has ended.
    #[cfg(feature = "task")]
    pub(in crate::raw) fn next_present_within<T>(
        &mut self,
        shards: &ShardTable<T, C>,
        slots_left: &mut usize,
    ) -> Option<usize> {
        while *slots_left > 0 {
            let (page, number) = self.page(shards)?;
            let (slots, used) = (page.slots(number), self.slots_of(page));
            let end = used.min(self.offset.saturating_add(*slots_left));
            while self.offset < end {
                let offset = self.offset;
                self.offset += 1;
                *slots_left -= 1;
                // SAFETY: the high-water mark is at most the page's number of slots.
                let slot = unsafe { slots.at(offset) };
                // SAFETY: slots live as long as `shards`, and everything in them may be accessed through a shared
                // reference.
                let word = unsafe { slot.as_ref() }.lifecycle.peek(number);
                if is_present(word) {
                    return Some(Key::of_page(self.row, number).with(word.generation(), offset).raw());
                }
            }
            if self.offset >= used {
                self.leave_page();
            }
        }
        None
    }

    /// Returns the key of the next entry that is present when the walk looks at it.
    pub(crate) fn next_present<T>(&mut self, shards: &ShardTable<T, C>) -> Option<usize> {
        self.next(shards, is_present).map(|found| found.key.raw())
    }
}

/// An iterator over the present entries of a slab that is borrowed mutably, to change them in place.
pub(crate) struct EntriesMut<'a, T, C: Config, K> {
    shards: &'a ShardTable<T, C>,
    walk: Walk<C>,
    _unique: PhantomData<&'a mut T>,
    _keys: PhantomData<fn() -> K>,
}

// SAFETY: it is a `&mut` to values that no other thread can reach; shards and words are only read.
unsafe impl<T: Send, C: Config, K> Send for EntriesMut<'_, T, C, K> {}

// SAFETY: a shared reference to it gives access to nothing.
unsafe impl<T: Sync, C: Config, K> Sync for EntriesMut<'_, T, C, K> {}

impl<'a, T, C: Config, K> EntriesMut<'a, T, C, K> {
    pub(crate) fn new(shards: &'a mut ShardTable<T, C>) -> Self {
        Self { shards, walk: Walk::new(), _unique: PhantomData, _keys: PhantomData }
    }
}

impl<'a, T, C: Config, K: key_type::Key> Iterator for EntriesMut<'a, T, C, K> {
    type Item = (K, &'a mut T);

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.walk.next(self.shards, is_present)?;
        // SAFETY: the slot holds an entry, the slab is borrowed mutably for `'a`, guards included, and the walk visits
        // each slot once.
        let value = unsafe { &mut *found.slot.value() };
        // SAFETY: the key is that of an entry.
        Some((unsafe { typed(found.key) }, value))
    }
}

/// Operations on a slab that is borrowed mutably: no guard is in use, and no other thread uses the slab.
impl<T, C: Config> ShardTable<T, C> {
    /// Returns the value of the entry of `key`.
    pub(crate) fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        let found = self.find(key)?;
        // SAFETY: the slot holds the entry; guards borrow the slab, and it is borrowed mutably, so no other reference
        // to the value exists.
        found.slot.lifecycle.owned(found.key.page()).is_present(found.key).then(|| unsafe { &mut *found.slot.value() })
    }

    /// Removes the next present entry, and returns its key and its value.
    pub(crate) fn next_taken<K: key_type::Key>(&mut self, walk: &mut Walk<C>) -> Option<(K, T)> {
        let found = walk.next(self, is_present)?;
        holding::forget(found.slot);
        // SAFETY: the slot holds an entry. Guards borrow the slab, and it is borrowed mutably, so the slot is ours:
        // guards that are still counted were leaked.
        let value = unsafe { found.slot.read() };
        // SAFETY: as above, and its value was moved out.
        unsafe { self.free(&found, false) };
        // SAFETY: the key was that of an entry.
        Some((unsafe { typed(found.key) }, value))
    }

    /// Ends every entry, including removed ones that leaked guards keep. Handles a panic in user code as
    /// [`for_each_owned`](Self::for_each_owned) does.
    pub(crate) fn clear<E: Ending<T>>(&mut self) {
        self.for_each_owned(
            |word| !word.is_free(),
            |shards, found| {
                // SAFETY: the word says that the slot holds a value (P1). Guards and reservations borrow the slab or
                // keep it alive, and it is borrowed mutably, so the slot is ours: those that are still counted were
                // leaked.
                unsafe { shards.end_value::<E>(found) };
            },
        );
    }

    /// Drops every value, including those that free slots keep, and leaves the slots as they are. Called at the slab's
    /// end.
    fn drop_values(&mut self) {
        self.for_each_owned(Lifecycle::holds_value, |_, found| {
            // SAFETY: as in `clear`; the walk visits each slot once, and no thread looks at it afterwards.
            unsafe { found.slot.drop_value() };
        });
    }

    /// Calls `end` for each slot that `wanted` accepts. If a call panics, it is still called for all the others, and
    /// then the first panic is resumed.
    fn for_each_owned(&mut self, wanted: fn(Lifecycle<C>) -> bool, end: impl Fn(&Self, &Found<'_, T, C>)) {
        let (mut walk, mut panic) = (Walk::new(), FirstPanic::default());
        while let Some(found) = walk.next(self, wanted) {
            holding::forget(found.slot);
            panic.catch(|| end(self, &found));
        }
        panic.resume();
    }
}

impl<T, C: Config> Drop for ShardTable<T, C> {
    /// Drops all values, including those that leaked guards or free slots keep. Then frees the memory, even if a
    /// value's destructor panics.
    fn drop(&mut self) {
        struct FreeMemory<'a, T, C: Config>(&'a mut ShardTable<T, C>);

        impl<T, C: Config> Drop for FreeMemory<'_, T, C> {
            fn drop(&mut self) {
                let shards = &*self.0;
                let directory = shards.directory();
                for (row, pages) in shards.rows() {
                    for page_number in (0..pages).map(|page| PageNumber::<C>::new(page as u32)) {
                        if let Some(page) = directory.page(row, page_number) {
                            // SAFETY: guards keep the slab alive, so no thread uses the page any more.
                            unsafe { page.deallocate() };
                        }
                    }
                }
                // SAFETY: as above; the pages have been freed.
                unsafe { shards.free_tables() };
            }
        }

        let memory = FreeMemory(self);
        if mem::needs_drop::<T>() {
            memory.0.drop_values();
        }
    }
}

impl<T, C: Config> ShardTable<T, C> {
    /// Frees all directories, shards and rosters.
    ///
    /// # Safety
    ///
    /// No thread uses them any more.
    unsafe fn free_tables(&self) {
        let directory = self.directory();
        let mut directory = (directory.as_ptr() != directory::empty()).then_some(directory);
        while let Some(last) = directory {
            // SAFETY: as of this function.
            directory = unsafe { last.deallocate() };
        }
        let roster = self.roster();
        for number in 0..roster.length() {
            if let Some(shard) = roster.shard(number) {
                // SAFETY: as of this function, so it still exists.
                unsafe { shard.as_ref() }.pin.0.forgotten().for_each(drop);
                // SAFETY: as of this function.
                unsafe { Shard::deallocate(shard) };
            }
        }
        let mut roster = (roster.as_ptr() != roster::empty()).then_some(roster);
        while let Some(last) = roster {
            // SAFETY: as of this function.
            let (block, previous) = unsafe { last.end() };
            if let Some(block) = block {
                // SAFETY: as of this function. The first roster's block is that of everything that was allocated with
                // it, which was destroyed before.
                unsafe { block.deallocate() };
            }
            roster = previous;
        }
    }
}

fn is_present<C: Config>(word: Lifecycle<C>) -> bool {
    word.state() == State::Present
}

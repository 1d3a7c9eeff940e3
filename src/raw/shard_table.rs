//! All shards of a slab and all their pages, by number; made at the first insertion.
//!
//! One zeroed block holds, for each shard, its row of page pointers and the shard itself. A row is as long as the
//! page field of a key can count, so the bits of a key above offset and generation are an index into all rows at once:
//! a look-up is three loads (table, page, word). Zeroed memory is a table of shards without pages, so a shard costs
//! nothing until its thread inserts, and on systems that back memory when it is first written, neither does its row.

use core::{
    alloc::Layout as MemoryLayout,
    marker::PhantomData,
    mem::{self, MaybeUninit},
    ptr,
    ptr::NonNull,
};
use std::sync::PoisonError;

use super::{
    free_list::Popped,
    lifecycle::{Duty, Lifecycle, Refused, Released, Removal, Taking},
    memory::{self, Blank, Block},
    page::{CacheLine, Page, PagePointer},
    shard::Shard,
    slot::Slot,
    waiters::Waiters,
    walk::Walk,
};
use crate::{
    config::{Config, Layout},
    key::{Key, PageNumber},
    sync::{self, AtomicPtr, AtomicUsize, Mutex, Ordering, cell::UnsafeCell},
    thread_id,
};

/// The number of the shard that no thread owns. The lowest, so that the shards in use are the first ones.
const OVERFLOW_SHARD: usize = 0;

/// The head of the table's block; page pointers and shards follow.
pub(crate) struct Table {
    /// Written before the table is known to anybody, read when it is freed.
    block: CacheLine<UnsafeCell<MaybeUninit<Block>>>,
}

// SAFETY: the block is not initialised, which any bytes are.
unsafe impl Blank for Table {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self { block: CacheLine(UnsafeCell::new(MaybeUninit::uninit())) }
    }
}

/// A page pointer in the table; null until the page is made.
struct PageEntry<T, C>(AtomicPtr<Page<T, C>>);

// SAFETY: all zero is a null pointer.
unsafe impl<T, C> Blank for PageEntry<T, C> {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }
}

/// A pointer to a table, with the provenance of its whole block.
struct TablePointer<T, C> {
    table: NonNull<Table>,
    _types: PhantomData<(T, C)>,
}

impl<T, C> Clone for TablePointer<T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C> Copy for TablePointer<T, C> {}

impl<T, C: Config> TablePointer<T, C> {
    const ENTRIES_START: usize = size_of::<Table>();
    const SHARDS_START: usize = (Self::ENTRIES_START + Layout::<C>::TABLE_LENGTH * size_of::<PageEntry<T, C>>())
        .next_multiple_of(align_of::<Shard>());

    fn layout() -> Option<MemoryLayout> {
        let size = Self::SHARDS_START.checked_add(Layout::<C>::SHARDS.checked_mul(size_of::<Shard>())?)?;
        MemoryLayout::from_size_align(size, align_of::<Shard>().max(align_of::<Table>())).ok()
    }

    /// Makes a table of which nobody knows yet. `None` if there is no memory for it.
    fn allocate() -> Option<Self> {
        let block = Block::allocate_zeroed(Self::layout()?)?;
        let made = Self { table: block.start.cast(), _types: PhantomData };
        // SAFETY: the block is as large and aligned as `layout` says, and new.
        unsafe { memory::make_blank(made.table, 1) };
        // SAFETY: as above.
        unsafe { memory::make_blank(made.first_entry(), Layout::<C>::TABLE_LENGTH) };
        // SAFETY: as above.
        unsafe { memory::make_blank(made.first_shard(), Layout::<C>::SHARDS) };
        made.table().block.0.with_mut(|place| {
            // SAFETY: nobody else knows the table yet.
            unsafe { place.write(MaybeUninit::new(block)) }
        });
        Some(made)
    }

    /// Frees the table, but none of its pages.
    ///
    /// # Safety
    ///
    /// Nobody uses the table any more.
    unsafe fn deallocate(self) {
        let block = self.table().block.0.with(|place| {
            // SAFETY: `allocate` wrote it, and nobody else uses the table.
            unsafe { place.read() }
        });
        // SAFETY: as above.
        let block = unsafe { block.assume_init() };
        let Some(layout) = Self::layout() else { unreachable!("`allocate` has computed it before") };
        // SAFETY: `allocate` made as many.
        unsafe { memory::drop_blank(self.first_shard(), Layout::<C>::SHARDS) };
        // SAFETY: as above.
        unsafe { memory::drop_blank(self.first_entry(), Layout::<C>::TABLE_LENGTH) };
        // SAFETY: as above.
        unsafe { memory::drop_blank(self.table, 1) };
        // SAFETY: the block came from `allocate` with the same layout, and nobody uses it.
        unsafe { block.deallocate(layout) };
    }

    fn table(&self) -> &Table {
        // SAFETY: a `TablePointer` is used only as long as its table lives.
        unsafe { self.table.as_ref() }
    }

    #[inline(always)]
    fn first_entry(&self) -> NonNull<PageEntry<T, C>> {
        // SAFETY: the entries begin within the block; the pointer keeps the block's provenance.
        unsafe { self.table.byte_add(Self::ENTRIES_START) }.cast()
    }

    #[inline(always)]
    fn first_shard(&self) -> NonNull<Shard> {
        // SAFETY: the shards begin within the block; the pointer keeps the block's provenance.
        unsafe { self.table.byte_add(Self::SHARDS_START) }.cast()
    }

    /// # Safety
    ///
    /// `index` is less than `Layout::TABLE_LENGTH`, and the table outlives the result.
    #[inline(always)]
    unsafe fn entry<'a>(self, index: usize) -> &'a PageEntry<T, C> {
        debug_assert!(index < Layout::<C>::TABLE_LENGTH);
        // SAFETY: the caller says that the index is in the table.
        let entry = unsafe { self.first_entry().add(index) };
        // SAFETY: entries are made with the table, which outlives the result.
        unsafe { entry.as_ref() }
    }

    /// # Safety
    ///
    /// `number` is less than `Layout::SHARDS`, and the table outlives the result.
    #[inline(always)]
    unsafe fn shard<'a>(self, number: usize) -> &'a Shard {
        debug_assert!(number < Layout::<C>::SHARDS);
        // SAFETY: the caller says that there is such a shard.
        let shard = unsafe { self.first_shard().add(number) };
        // SAFETY: shards are made with the table, which outlives the result.
        unsafe { shard.as_ref() }
    }
}

impl<T, C: Config> PageEntry<T, C> {
    /// The page, if there is one yet.
    #[inline(always)]
    fn page(&self) -> Option<PagePointer<T, C>> {
        // Ordering: Acquire - pairs with the Release in `publish`; a page is blank before it is known.
        let page = NonNull::new(self.0.load(Ordering::Acquire))?;
        // SAFETY: pages are freed only with the table, to which the caller's reference belongs.
        Some(unsafe { PagePointer::from_ptr(page) })
    }

    fn publish(&self, page: PagePointer<T, C>) {
        // Ordering: Release - pairs with the Acquire in `page`; publishes the blank page.
        self.0.store(page.as_ptr(), Ordering::Release);
    }
}

/// An existing slot, found by a key; whether it is the key's entry the lifecycle word says.
pub(crate) struct Found<'a, T, C> {
    pub(crate) key: Key<C>,
    pub(crate) slot: &'a Slot<T>,
    page: PagePointer<T, C>,
    table: TablePointer<T, C>,
}

/// A free slot that was taken off its list for somebody.
pub(crate) struct Vacancy<T, C> {
    pub(crate) key: Key<C>,
    /// As the lifecycle word has it.
    generation: usize,
    slot: NonNull<Slot<T>>,
}

/// The core of a slab.
pub(crate) struct ShardTable<T, C: Config> {
    table: AtomicPtr<Table>,
    /// Shards from here on never had a page.
    shards_in_use: AtomicUsize,
    /// Held while somebody acts as the owner of the overflow shard. No user code runs meanwhile.
    overflow: Mutex<()>,
    waiters: Waiters,
    /// Owns values of type `T`; is `Sync` only where that is said below.
    _owns: PhantomData<(UnsafeCell<T>, fn() -> C)>,
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
                shards_in_use: AtomicUsize::new(0),
                overflow: Mutex::new(()),
                waiters: Waiters::new(),
                _owns: PhantomData,
            }
        }
    }

    #[inline(always)]
    fn table(&self) -> Option<TablePointer<T, C>> {
        // Ordering: Acquire - pairs with the Release in `table_or_allocate`; the table is blank before it is known.
        let table = NonNull::new(self.table.load(Ordering::Acquire))?;
        Some(TablePointer { table, _types: PhantomData })
    }

    fn table_or_allocate(&self) -> Option<TablePointer<T, C>> {
        if let Some(table) = self.table() {
            return Some(table);
        }
        let made = TablePointer::allocate()?;
        // Ordering: Release - pairs with the Acquire in `table`; publishes the blank table. Acquire on failure - the
        // other's table is used then.
        match self.table.compare_exchange(ptr::null_mut(), made.table.as_ptr(), Ordering::Release, Ordering::Acquire) {
            Ok(_) => Some(made),
            Err(other) => {
                // SAFETY: nobody has seen the one made here.
                unsafe { made.deallocate() };
                NonNull::new(other).map(|table| TablePointer { table, _types: PhantomData })
            }
        }
    }

    /// The slot to which a key points, if such a slot exists.
    #[inline(always)]
    pub(crate) fn find(&self, key: usize) -> Option<Found<'_, T, C>> {
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

    /// Counts `change` entries more (wrapping: fewer) in the shard of `key`.
    fn count(&self, key: Key<C>, change: usize) {
        let Some(table) = self.table() else { unreachable!("the key was made from this table") };
        // SAFETY: the key was made from this table, so its shard exists.
        let shard = unsafe { table.shard(key.shard()) };
        if thread_id::current() == key.shard() {
            shard.count_by_owner(change);
        } else {
            shard.count_by_other(change);
        }
    }

    /// Puts a slot whose life has ended on a free list, with the next generation, or retires it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds no value, and knows it no more afterwards.
    #[inline(always)]
    pub(super) unsafe fn free(&self, found: &Found<'_, T, C>) {
        let Found { key, page, table, .. } = *found;
        let free = Lifecycle::new(key.generation(), key.page()).next_life();
        let has_run_out = free.has_run_out() && !C::WRAP_GENERATIONS;
        if thread_id::current() != key.shard() || has_run_out {
            // SAFETY: the slot is the caller's.
            return unsafe { self.free_slowly(found.key.raw()) };
        }
        // SAFETY: the key was found in the table, so its shard exists.
        let shard = unsafe { table.shard(key.shard()) };
        // SAFETY: the current thread has the shard's number, so it owns the shard (T1); the slot is the caller's.
        let was_empty = unsafe { page.page().owner.0.list.push(page.slots(key.page()), key.offset(), free) };
        if was_empty {
            // SAFETY: as above.
            unsafe { shard.set_available(key.page().get(), true) };
        }
        shard.count_by_owner(1_usize.wrapping_neg());
    }

    /// Gives a slot back to another thread's shard, or retires it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `key` (L2), and knows it no more afterwards.
    #[cold]
    #[inline(never)]
    unsafe fn free_slowly(&self, key: usize) {
        let Some(Found { key, slot, page, table }) = self.find(key) else { unreachable!("the caller owns the slot") };
        // SAFETY: the key was found in the table, so its shard exists.
        let shard = unsafe { table.shard(key.shard()) };
        let free = Lifecycle::new(key.generation(), key.page()).next_life();
        if free.has_run_out() && !C::WRAP_GENERATIONS {
            // On no list, it is nobody's from now on.
            slot.lifecycle.rewrite_free(free);
            return self.count(key, 1_usize.wrapping_neg());
        }
        // SAFETY: the slot is the caller's, and lies in the page.
        let pushed = unsafe { page.page().remote.0.push(page.slots(key.page()), key.offset(), free) };
        if pushed.was_empty {
            shard.announce_returned(key.page().get());
        }
        if pushed.uncounted {
            shard.count_by_other(1_usize.wrapping_neg());
        }
    }

    /// Gets one more guard for the entry of `key`.
    ///
    /// # Panics
    ///
    /// If as many guards of the entry are out as can be counted.
    #[inline(always)]
    pub(crate) fn share(&self, key: usize) -> Option<Found<'_, T, C>> {
        let found = self.find(key)?;
        match found.slot.lifecycle.share(found.key) {
            Ok(()) => Some(found),
            Err(Refused::Absent) => None,
            Err(Refused::Limit) => too_many_guards(found.key),
        }
    }

    /// Removes the entry of `key`: now, or when its last guard lets go. Whether there was one.
    #[inline(always)]
    pub(crate) fn remove(&self, key: usize) -> bool {
        let Some(found) = self.find(key) else { return false };
        if !found.slot.lifecycle.remove_unshared(found.key) {
            return self.remove_slowly(key);
        }
        // SAFETY: the word says that the slot is ours, and it held an entry.
        unsafe { self.destroy(&found) };
        true
    }

    /// Out of line, and so little is kept across the call, that the fast path needs no stack.
    #[cold]
    #[inline(never)]
    fn remove_slowly(&self, key: usize) -> bool {
        let Some(found) = self.find(key) else { return false };
        match found.slot.lifecycle.remove(found.key) {
            Removal::Absent => false,
            Removal::Deferred => true,
            Removal::Claimed => {
                // SAFETY: the word says that the slot is ours, and it held an entry.
                unsafe { self.destroy(&found) };
                true
            }
        }
    }

    /// Removes the entry of `key` and moves its value out. With `patient`, waits for guards to let go; else an entry
    /// with guards stays, and `None` is returned.
    #[inline]
    pub(crate) fn take(&self, key: usize, patient: bool) -> Option<T> {
        let found = self.find(key)?;
        match found.slot.lifecycle.take(found.key, patient) {
            Taking::Absent => return None,
            Taking::Claimed => {}
            Taking::Wait if !patient => return None,
            Taking::Wait => self.waiters.wait_until(|| found.slot.lifecycle.await_release(found.key.page())),
        }
        // SAFETY: the word says that the slot is ours, and it held an entry.
        let value = unsafe { found.slot.read() };
        // SAFETY: as above, and its value is out now.
        unsafe { self.free(&found) };
        Some(value)
    }

    /// Does what is due after a guard of `key`'s entry has let go.
    #[inline(always)]
    pub(crate) fn finish(&self, key: Key<C>, released: Released<C>) {
        if let Released::Gone(before) = released {
            self.finish_gone(key, before);
        }
    }

    #[cold]
    #[inline(never)]
    fn finish_gone(&self, key: Key<C>, before: Lifecycle<C>) {
        match before.duty_of_release() {
            Duty::None => {}
            Duty::WakeTaker => self.waiters.wake(),
            Duty::Destroy => {
                let Some(found) = self.find(key.raw()) else { unreachable!("a guard's entry is in the table") };
                found.slot.lifecycle.claim_last(key.page());
                // SAFETY: nobody else has a guard, and nobody gets one for a removed entry.
                unsafe { self.destroy(&found) };
            }
        }
    }

    /// Drops the value and frees the slot, the latter even if the value's destructor panics.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value, and knows it no more afterwards.
    #[inline(always)]
    pub(super) unsafe fn destroy(&self, found: &Found<'_, T, C>) {
        struct FreeAfter<'a, T, C: Config>(&'a ShardTable<T, C>, &'a Found<'a, T, C>);
        impl<T, C: Config> Drop for FreeAfter<'_, T, C> {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: `destroy`'s caller owns the slot; the value is gone, even after a panic.
                unsafe { self.0.free(self.1) };
            }
        }
        let _free = FreeAfter(self, found);
        // SAFETY: the caller owns the slot, and it holds a value.
        unsafe { found.slot.drop_value() };
    }

    /// Whether the entry of `key` could be read at this moment.
    pub(crate) fn contains(&self, key: usize) -> bool {
        self.find(key).is_some_and(|found| found.slot.lifecycle.peek(found.key.page()).is_readable(found.key))
    }

    /// Shards that may have pages: all with lower numbers.
    fn shards(&self) -> impl Iterator<Item = (usize, &Shard)> {
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
                Some(self.page(number, page_number)?.page().remote.0.count(page_number))
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

    /// A page by its numbers, which must be those of a shard in use and of a page that can exist.
    pub(super) fn page(&self, shard: usize, page: PageNumber<C>) -> Option<PagePointer<T, C>> {
        let index = (shard << Layout::<C>::PAGE_BITS) | page.get() as usize;
        assert!(index < Layout::<C>::TABLE_LENGTH, "a shard in use and a page that can exist are in the table");
        // SAFETY: the index was just compared; tables live as long as `self`.
        unsafe { self.table()?.entry(index) }.page()
    }
}

impl<T, C: Config> Drop for ShardTable<T, C> {
    /// Drops all values, removed ones that forgotten guards keep among them, and frees the memory, the latter even if a
    /// value's destructor panics.
    fn drop(&mut self) {
        struct FreeMemory<'a, T, C: Config>(&'a mut ShardTable<T, C>);

        impl<T, C: Config> Drop for FreeMemory<'_, T, C> {
            fn drop(&mut self) {
                let shards = &*self.0;
                let Some(table) = shards.table() else { return };
                for (number, shard) in shards.shards() {
                    for page_number in (0..shard.pages()).map(|page| PageNumber::<C>::new(page as u32)) {
                        if let Some(page) = shards.page(number, page_number) {
                            // SAFETY: guards keep the slab alive, so nobody uses the page any more.
                            unsafe { page.deallocate(page_number) };
                        }
                    }
                }
                // SAFETY: as above.
                unsafe { table.deallocate() };
            }
        }

        let memory = FreeMemory(self);
        if mem::needs_drop::<T>() {
            memory.0.clear(Walk::new());
        }
    }
}

#[cold]
#[inline(never)]
pub(super) fn too_many_guards<C: Config>(key: Key<C>) -> ! {
    let most = Lifecycle::new(0, key.page()).most_guards();
    panic!("flagstone: entry {:#x} has {most} guards, the most that can be counted; one more was refused", key.raw())
}

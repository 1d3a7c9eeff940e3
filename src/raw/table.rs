//! The block that holds all shards, all page pointers and all pins of a slab.
//!
//! For each shard there is a row of page pointers, as long as the page field of a key can count, so the bits of a key
//! above offset and generation are an index into all rows at once: a look-up is three loads (table, page, word).
//! Zeroed memory is a table of shards without pages, so a shard costs nothing until its thread inserts, and on systems
//! that back memory when it is first written, neither does its row.

use core::{alloc::Layout as MemoryLayout, marker::PhantomData, mem::MaybeUninit, ptr::NonNull};

use super::{
    memory::{self, Blank, Block},
    page::{CacheLine, Page, PagePointer},
    pin::Pin,
    shard::Shard,
};
use crate::{
    config::{Config, Layout},
    key::PageNumber,
    sync::{AtomicPtr, Ordering, cell::UnsafeCell},
};

/// The head of the table's block; shards, page pointers and pins follow.
pub(crate) struct Table {
    /// Written before the table is known to anybody.
    head: CacheLine<UnsafeCell<MaybeUninit<Head>>>,
}

#[derive(Clone, Copy)]
struct Head {
    /// Read when the table is freed.
    block: Block,
    identity: usize,
}

/// Of the table that was made last. Not one of the `sync` module's: models share it, and it orders nothing.
static LAST_IDENTITY: core::sync::atomic::AtomicUsize = core::sync::atomic::AtomicUsize::new(0);

// SAFETY: the head is not initialised, which any bytes are.
unsafe impl Blank for Table {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self { head: CacheLine(UnsafeCell::new(MaybeUninit::uninit())) }
    }
}

/// A page pointer in the table; null until the page is made.
pub(crate) struct PageEntry<T, C>(AtomicPtr<Page<T, C>>);

// SAFETY: all zero is a null pointer.
unsafe impl<T, C> Blank for PageEntry<T, C> {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self(AtomicPtr::new(core::ptr::null_mut()))
    }
}

/// A pointer to a table, with the provenance of its whole block.
pub(crate) struct TablePointer<T, C> {
    table: NonNull<Table>,
    _values: PhantomData<T>,
    _config: PhantomData<fn(C) -> C>,
}

impl<T, C> Clone for TablePointer<T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C> Copy for TablePointer<T, C> {}

impl<T, C: Config> TablePointer<T, C> {
    /// Shards come first, so that their place is part of the instructions that use them.
    const SHARDS_START: usize = size_of::<Table>();
    const ENTRIES_START: usize = Self::SHARDS_START + Layout::<C>::SHARDS * size_of::<Shard<T, C>>();
    const PINS_START: usize = (Self::ENTRIES_START + Layout::<C>::TABLE_LENGTH * size_of::<PageEntry<T, C>>())
        .next_multiple_of(align_of::<CacheLine<Pin>>());

    /// # Safety
    ///
    /// `table` came from [`Self::allocate`] and [`Self::as_ptr`], and is not freed while the result is used.
    #[inline(always)]
    pub(super) unsafe fn from_ptr(table: NonNull<Table>) -> Self {
        Self { table, _values: PhantomData, _config: PhantomData }
    }

    pub(super) fn as_ptr(self) -> *mut Table {
        self.table.as_ptr()
    }

    fn layout() -> Option<MemoryLayout> {
        let size = Self::PINS_START.checked_add(Layout::<C>::SHARDS.checked_mul(size_of::<CacheLine<Pin>>())?)?;
        MemoryLayout::from_size_align(size, align_of::<Shard<T, C>>().max(align_of::<Table>())).ok()
    }

    /// Makes a table of which nobody knows yet. `None` if there is no memory for it.
    pub(super) fn allocate() -> Option<Self> {
        let block = Block::allocate_zeroed(Self::layout()?)?;
        let made = Self { table: block.start.cast(), _values: PhantomData, _config: PhantomData };
        // SAFETY: the block is as large and aligned as `layout` says, and new.
        unsafe { memory::make_blank(made.table, 1) };
        // SAFETY: as above.
        unsafe { memory::make_blank(made.first_entry(), Layout::<C>::TABLE_LENGTH) };
        // SAFETY: as above.
        unsafe { memory::make_blank(made.first_shard(), Layout::<C>::SHARDS) };
        // SAFETY: as above.
        unsafe { memory::make_blank(made.first_pin(), Layout::<C>::SHARDS) };
        // Ordering: Relaxed - numbers that differ are all that is asked for.
        let identity = 1 + LAST_IDENTITY.fetch_add(1, Ordering::Relaxed);
        made.table().head.0.with_mut(|place| {
            // SAFETY: nobody else knows the table yet.
            unsafe { place.write(MaybeUninit::new(Head { block, identity })) }
        });
        Some(made)
    }

    /// Frees the table, but none of its pages.
    ///
    /// # Safety
    ///
    /// Nobody uses the table any more.
    pub(super) unsafe fn deallocate(self) {
        let block = self.head().block;
        let Some(layout) = Self::layout() else { unreachable!("`allocate` has computed it before") };
        // SAFETY: `allocate` made as many.
        unsafe { memory::drop_blank(self.first_pin(), Layout::<C>::SHARDS) };
        // SAFETY: as above.
        unsafe { memory::drop_blank(self.first_shard(), Layout::<C>::SHARDS) };
        // SAFETY: as above.
        unsafe { memory::drop_blank(self.first_entry(), Layout::<C>::TABLE_LENGTH) };
        // SAFETY: as above.
        unsafe { memory::drop_blank(self.table, 1) };
        // SAFETY: the block came from `allocate` with the same layout, and nobody uses it.
        unsafe { block.deallocate(layout) };
    }

    /// A number that no other table of the process has or had, and which is not zero.
    pub(super) fn identity(self) -> usize {
        self.head().identity
    }

    fn head(self) -> Head {
        let head = self.table().head.0.with(|place| {
            // SAFETY: only `allocate` writes it, before anybody else knows the table.
            unsafe { place.read() }
        });
        // SAFETY: as above.
        unsafe { head.assume_init() }
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
    fn first_shard(&self) -> NonNull<Shard<T, C>> {
        // SAFETY: the shards begin within the block; the pointer keeps the block's provenance.
        unsafe { self.table.byte_add(Self::SHARDS_START) }.cast()
    }

    #[inline(always)]
    fn first_pin(&self) -> NonNull<CacheLine<Pin>> {
        // SAFETY: the pins begin within the block; the pointer keeps the block's provenance.
        unsafe { self.table.byte_add(Self::PINS_START) }.cast()
    }

    /// # Safety
    ///
    /// `index` is less than `Layout::TABLE_LENGTH`, and the table outlives the result.
    #[inline(always)]
    pub(super) unsafe fn entry<'a>(self, index: usize) -> &'a PageEntry<T, C> {
        debug_assert!(index < Layout::<C>::TABLE_LENGTH);
        // SAFETY: the caller says that the index is in the table.
        let entry = unsafe { self.first_entry().add(index) };
        // SAFETY: entries are made with the table, which outlives the result.
        unsafe { entry.as_ref() }
    }

    /// A page, if there is one of these numbers.
    #[inline]
    pub(super) fn page(self, shard: usize, page: PageNumber<C>) -> Option<PagePointer<T, C>> {
        let index = (shard << Layout::<C>::PAGE_BITS) | page.get() as usize;
        if index >= Layout::<C>::TABLE_LENGTH {
            return None;
        }
        // SAFETY: the index was just compared; a `TablePointer` is used only as long as its table lives.
        unsafe { self.entry(index) }.page()
    }

    /// # Safety
    ///
    /// `number` is less than `Layout::SHARDS`, and the table outlives the result.
    #[inline(always)]
    pub(super) unsafe fn shard<'a>(self, number: usize) -> &'a Shard<T, C> {
        debug_assert!(number < Layout::<C>::SHARDS);
        // SAFETY: the caller says that there is such a shard.
        let shard = unsafe { self.first_shard().add(number) };
        // SAFETY: shards are made with the table, which outlives the result.
        unsafe { shard.as_ref() }
    }

    /// The pin of the thread that owns the shard of this number.
    ///
    /// # Safety
    ///
    /// `number` is less than `Layout::SHARDS`, and the table outlives the result.
    #[inline(always)]
    pub(super) unsafe fn pin<'a>(self, number: usize) -> &'a Pin {
        debug_assert!(number < Layout::<C>::SHARDS);
        // SAFETY: the caller says that there is such a shard, and there is a pin for each.
        let pin = unsafe { self.first_pin().add(number) };
        // SAFETY: pins are made with the table, which outlives the result.
        unsafe { &pin.as_ref().0 }
    }
}

impl<T, C: Config> PageEntry<T, C> {
    /// The page, if there is one yet.
    #[inline(always)]
    pub(super) fn page(&self) -> Option<PagePointer<T, C>> {
        // Ordering: Acquire - pairs with the Release in `publish`; a page is blank before it is known.
        let page = NonNull::new(self.0.load(Ordering::Acquire))?;
        // SAFETY: pages are freed only with the table, to which the caller's reference belongs.
        Some(unsafe { PagePointer::from_ptr(page) })
    }

    pub(super) fn publish(&self, page: PagePointer<T, C>) {
        // Ordering: Release - pairs with the Acquire in `page`; publishes the blank page.
        self.0.store(page.as_ptr(), Ordering::Release);
    }
}

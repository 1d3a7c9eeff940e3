//! A page: its two free lists and its slots, in one block that never moves.

pub(super) mod free_list;

use core::{alloc::Layout, mem::offset_of, ptr::NonNull};

use self::free_list::{LocalList, RemoteStack, Slots};
use super::{
    memory::{self, Block, CacheLine},
    slot::Slot,
};
use crate::{
    config::Config,
    key::PageNumber,
    raw::{guards::holding, shards::shard::Shard},
    sync::AtomicUsize,
};

/// The header of a page's block. The slots follow it.
#[repr(C)]
pub(crate) struct Page<T, C> {
    pub(crate) others: CacheLine<OthersSide<T, C>>,
    pub(crate) owner: CacheLine<OwnerSide<T, C>>,
    slots: [Slot<T>; 0],
}

/// The fields that a thread uses when it ends an entry of another thread's shard.
pub(crate) struct OthersSide<T, C> {
    pub(crate) remote: RemoteStack,
    /// The number of slots of the page: as many as its number allows, or fewer.
    pub(crate) slots: usize,
    /// The number of slots that are never reused. The thread that ends the last life of a slot increments it.
    pub(crate) retired: AtomicUsize,
    /// The shard to which the page belongs.
    pub(crate) shard: NonNull<Shard<T, C>>,
    /// The page's memory, unless that is part of another block. Read when the page is freed.
    block: Option<Block>,
}

/// The fields that the owner uses.
pub(crate) struct OwnerSide<T, C> {
    pub(crate) list: LocalList<C>,
    /// The same pointer as in the other cache line, so that the owner need not read that line.
    pub(crate) shard: NonNull<Shard<T, C>>,
}

/// A pointer to a page, with the provenance of its whole block.
pub(crate) struct PagePointer<T, C> {
    page: NonNull<Page<T, C>>,
}

impl<T, C> Clone for PagePointer<T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C> Copy for PagePointer<T, C> {}

impl<T, C: Config> PagePointer<T, C> {
    /// # Safety
    ///
    /// `page` came from [`Self::place`] and [`Self::as_ptr`], and is not freed while the result is used.
    #[inline(always)]
    pub(crate) unsafe fn from_ptr(page: NonNull<Page<T, C>>) -> Self {
        Self { page }
    }

    pub(super) fn as_non_null(self) -> NonNull<Page<T, C>> {
        self.page
    }

    pub(crate) fn as_ptr(self) -> *mut Page<T, C> {
        self.page.as_ptr()
    }

    /// Returns the memory layout of a page of that many slots.
    pub(super) fn layout(slots: usize) -> Option<Layout> {
        let slots = Layout::array::<Slot<T>>(slots).ok()?;
        let (layout, start) = Layout::new::<Page<T, C>>().extend(slots).ok()?;
        debug_assert_eq!(start, offset_of!(Page<T, C>, slots));
        Some(layout)
    }

    /// Makes a page of that many slots, at least one and at most as many as its number allows, which no other thread
    /// knows yet. `None` if the allocator refuses memory.
    pub(crate) fn allocate(
        row: usize,
        number: PageNumber<C>,
        slots: usize,
        shard: NonNull<Shard<T, C>>,
    ) -> Option<Self> {
        let (block, start) = Block::allocate_zeroed(Self::layout(slots)?)?;
        // SAFETY: the block is new, and has this layout.
        Some(unsafe { Self::place(start.cast(), row, number, slots, shard, Some(block)) })
    }

    /// Makes a page that no other thread knows yet, in a given place.
    ///
    /// # Safety
    ///
    /// `page` points to zeroed memory of the [`layout`](Self::layout) for that many slots, which nothing else uses.
    /// Their number is at least one, and at most what the page's number allows.
    pub(super) unsafe fn place(
        page: NonNull<Page<T, C>>,
        row: usize,
        number: PageNumber<C>,
        slots: usize,
        shard: NonNull<Shard<T, C>>,
        block: Option<Block>,
    ) -> Self {
        debug_assert!((1..=number.size()).contains(&slots));
        let made = Self { page };
        let others = OthersSide { remote: RemoteStack::empty(), slots, retired: AtomicUsize::new(0), shard, block };
        let head = Page {
            others: CacheLine(others),
            owner: CacheLine(OwnerSide { list: LocalList::of_all(row, number), shard }),
            slots: [],
        };
        // SAFETY: the place is as large and aligned as a page of that many slots, and new.
        unsafe { made.page.write(head) };
        // SAFETY: the slots lie behind the head, in memory that is new.
        unsafe { memory::make_blank(made.first_slot(), slots) };
        // SAFETY: no other thread knows the slots yet, and they are blank.
        unsafe { made.page().owner.0.list.end_short_page(made.slots(number), slots) };
        made
    }

    /// Destroys the page and frees its memory, unless that is part of another block. Drops no value in it.
    ///
    /// # Safety
    ///
    /// No thread uses the page any more.
    pub(crate) unsafe fn deallocate(self) {
        let (slots, block) = (self.page().others.0.slots, self.page().others.0.block);
        let first = self.first_slot().addr().get();
        holding::forget_all(first..first + slots * size_of::<Slot<T>>());
        // SAFETY: `place` made that number of slots.
        unsafe { memory::drop_blank(self.first_slot(), slots) };
        // SAFETY: `place` wrote it, and no thread uses it any more.
        unsafe { self.page.drop_in_place() };
        if let Some(block) = block {
            // SAFETY: `allocate` allocated it, and no thread uses it.
            unsafe { block.deallocate() };
        }
    }

    #[inline(always)]
    pub(crate) fn page(&self) -> &Page<T, C> {
        // SAFETY: `from_ptr`'s caller keeps the page; all of its parts may be accessed through a shared reference.
        unsafe { self.page.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn first_slot(&self) -> NonNull<Slot<T>> {
        // SAFETY: the slots begin within the block; the pointer keeps the block's provenance.
        unsafe { self.page.byte_add(offset_of!(Page<T, C>, slots)) }.cast()
    }

    #[inline(always)]
    pub(crate) fn slots(&self, number: PageNumber<C>) -> Slots<T, C> {
        // SAFETY: it is a page of this number, whose slots, blank or in use, are in one block.
        unsafe { Slots::new(self.first_slot(), number) }
    }
}

//! A page: the two lists of its free slots, and the slots, in one block that never moves.

use core::{alloc::Layout, mem::offset_of, ptr::NonNull};

use super::{
    free_list::{LocalList, RemoteStack, Slots},
    memory::{self, Blank, Block},
    slot::Slot,
};
use crate::{config::Config, key::PageNumber, sync::AtomicUsize};

/// What others write must not share a cache line with what the owner reads.
#[repr(align(64))]
pub(crate) struct CacheLine<T>(pub(crate) T);

// SAFETY: it is blank where what it holds is.
unsafe impl<B: Blank> Blank for CacheLine<B> {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self(B::blank())
    }
}

/// The head of a page's block; its slots follow.
#[repr(C)]
pub(crate) struct Page<T, C> {
    pub(crate) others: CacheLine<OthersSide>,
    pub(crate) owner: CacheLine<OwnerSide<C>>,
    slots: [Slot<T>; 0],
}

/// What everybody writes who ends an entry.
pub(crate) struct OthersSide {
    pub(crate) remote: RemoteStack,
    /// Slots that will never be used again. Counted by whoever ends their last lives.
    pub(crate) retired: AtomicUsize,
}

/// What the owner uses, and what the slab's end needs.
pub(crate) struct OwnerSide<C> {
    pub(crate) list: LocalList<C>,
    /// Read when the page is freed.
    block: Block,
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
    /// `page` came from [`Self::allocate`] and [`Self::as_ptr`], and is not freed while the result is used.
    #[inline(always)]
    pub(crate) unsafe fn from_ptr(page: NonNull<Page<T, C>>) -> Self {
        Self { page }
    }

    pub(crate) fn as_ptr(self) -> *mut Page<T, C> {
        self.page.as_ptr()
    }

    fn layout(number: PageNumber<C>) -> Option<Layout> {
        let slots = Layout::array::<Slot<T>>(number.size()).ok()?;
        let (layout, start) = Layout::new::<Page<T, C>>().extend(slots).ok()?;
        debug_assert_eq!(start, offset_of!(Page<T, C>, slots));
        Some(layout)
    }

    /// Makes a page of which nobody knows yet. `None` if there is no memory for it.
    pub(crate) fn allocate(shard: usize, number: PageNumber<C>) -> Option<Self> {
        let block = Block::allocate_zeroed(Self::layout(number)?)?;
        let made = Self { page: block.start.cast() };
        let head = Page {
            others: CacheLine(OthersSide { remote: RemoteStack::empty(), retired: AtomicUsize::new(0) }),
            owner: CacheLine(OwnerSide { list: LocalList::of_all(shard, number), block }),
            slots: [],
        };
        // SAFETY: the block is as large and aligned as a page of this number, and new.
        unsafe { made.page.write(head) };
        // SAFETY: the slots lie in the block, which is new.
        unsafe { memory::make_blank(made.first_slot(), number.size()) };
        Some(made)
    }

    /// Frees the page, but drops no value in it.
    ///
    /// # Safety
    ///
    /// `number` is the page's, and nobody uses it any more.
    pub(crate) unsafe fn deallocate(self, number: PageNumber<C>) {
        let block = self.page().owner.0.block;
        let Some(layout) = Self::layout(number) else { unreachable!("`allocate` has computed it before") };
        // SAFETY: `allocate` made as many.
        unsafe { memory::drop_blank(self.first_slot(), number.size()) };
        // SAFETY: `allocate` wrote it, and nobody uses it any more.
        unsafe { self.page.drop_in_place() };
        // SAFETY: the block came from `allocate` with the same layout, and nobody uses it.
        unsafe { block.deallocate(layout) };
    }

    #[inline(always)]
    pub(crate) fn page(&self) -> &Page<T, C> {
        // SAFETY: `from_ptr`'s caller keeps the page; all of its parts are shared safely or guard themselves.
        unsafe { self.page.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn first_slot(&self) -> NonNull<Slot<T>> {
        // SAFETY: the slots begin within the block; the pointer keeps the block's provenance.
        unsafe { self.page.byte_add(offset_of!(Page<T, C>, slots)) }.cast()
    }

    #[inline(always)]
    pub(crate) fn slots(&self, number: PageNumber<C>) -> Slots<T, C> {
        // SAFETY: a page of this number has as many slots, blank or in use, in one block.
        unsafe { Slots::new(self.first_slot(), number) }
    }
}

//! The founding block: what a slab allocates when it is first used. It has a roster, the block of the first thread, a
//! directory with two rows, and that thread's first page.
//!
//! It is one block, since the cost of a slab with few entries is mostly that of its allocations.

use core::ptr::{self, NonNull};

use super::{
    directory::{DirectoryPointer, OVERFLOW_ROW},
    roster::{OVERFLOW_NUMBER, RosterPointer},
    shard::Shard,
};
use crate::{
    config::Config,
    key::PageNumber,
    raw::{memory::Block, page::PagePointer},
};

/// A slab's first block, which no other thread knows yet.
pub(in crate::raw) struct Founding<T, C> {
    /// Owns the block's memory.
    pub(in crate::raw) roster: RosterPointer<T, C>,
    /// The shard of the first thread, already in the roster.
    pub(in crate::raw) shard: NonNull<Shard<T, C>>,
    /// The directory, in which the shard has a row with its first page. The overflow shard, which threads share, gets
    /// no page here.
    pub(in crate::raw) directory: DirectoryPointer<T, C>,
    pub(in crate::raw) page: Option<PagePointer<T, C>>,
}

impl<T, C: Config> Founding<T, C> {
    /// The row of the shard, unless that is the overflow shard.
    pub(in crate::raw) const ROW: usize = OVERFLOW_ROW + 1;

    /// Makes what the thread of this number needs, with that many slots in its page. `None` if the allocator refuses
    /// memory.
    pub(in crate::raw) fn allocate(number: usize, slots: usize) -> Option<Self> {
        let first = PageNumber::<C>::new(0);
        let (rows, length) = (DirectoryPointer::<T, C>::FIRST_ROWS, RosterPointer::<T, C>::length_for(number)?);
        let (directory_layout, head_in_directory) = DirectoryPointer::<T, C>::layout(rows)?;
        // The page comes first, since it may have the largest alignment.
        let layout = PagePointer::<T, C>::layout(slots)?;
        let (layout, shard_start) = layout.extend(Shard::<T, C>::LAYOUT).ok()?;
        let (layout, roster_start) = layout.extend(RosterPointer::<T, C>::layout(length)?).ok()?;
        let (layout, directory_start) = layout.extend(directory_layout).ok()?;
        let (block, start) = Block::allocate_zeroed(layout)?;
        let at = |offset: usize| {
            // SAFETY: the offset is one of those in the layout of the block.
            unsafe { start.add(offset) }
        };
        // SAFETY: the block is new, and this part of it has the layout.
        let shard = unsafe { Shard::place(at(shard_start).cast(), number, None) };
        // SAFETY: as above.
        let roster = unsafe { RosterPointer::place(at(roster_start).cast(), length, ptr::null_mut(), Some(block)) };
        let head = at(directory_start + head_in_directory).cast();
        // SAFETY: as above.
        let directory = unsafe { DirectoryPointer::place(head, rows, ptr::null_mut(), None) };
        // SAFETY: `length_for` this number says that there is such an entry; no other thread knows the roster.
        unsafe { roster.entry(number) }.init(shard);
        let page = (number != OVERFLOW_NUMBER).then(|| {
            directory.owner(Self::ROW).init(number);
            // SAFETY: as above.
            let page = unsafe { PagePointer::place(at(0).cast(), Self::ROW, first, slots, shard, None) };
            // SAFETY: there is such a row, and no other thread knows the directory.
            unsafe { directory.entry_of(Self::ROW, first) }.init(page.as_non_null());
            page
        });
        Some(Self { roster, shard, directory, page })
    }

    /// Destroys the directory and the page, but does not free the memory, which belongs to the roster.
    ///
    /// # Safety
    ///
    /// No other thread has seen them.
    pub(in crate::raw) unsafe fn drop_directory(&self) {
        if let Some(page) = self.page {
            // SAFETY: as of this function.
            unsafe { page.deallocate() };
        }
        // SAFETY: as of this function.
        unsafe { self.directory.deallocate() };
    }

    /// Frees all of it.
    ///
    /// # Safety
    ///
    /// No other thread has seen any part.
    pub(in crate::raw) unsafe fn deallocate(self) {
        // SAFETY: as of this function.
        unsafe { self.drop_directory() };
        // SAFETY: as of this function.
        unsafe { Shard::deallocate(self.shard) };
        // SAFETY: as of this function.
        let (block, _) = unsafe { self.roster.end() };
        if let Some(block) = block {
            // SAFETY: as of this function.
            unsafe { block.deallocate() };
        }
    }
}

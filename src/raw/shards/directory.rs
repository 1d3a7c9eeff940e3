//! The directory of a slab: maps the bits of a key to a page, and to the owner of its shard.
//!
//! For each shard there is a row of page pointers, one for each value of a key's page field. So the bits of a key above
//! offset and generation are an index into all rows at once, and a look-up is three loads (directory, page, word). A
//! thread claims the first free row when it needs one. When all are claimed, the directory is replaced by a copy with
//! twice as many rows. The old one stays until the slab is dropped, since readers may still use it.
//!
//! ```text
//! [ owner of row 2 │ owner of row 1 │ owner of row 0 │ head: length, previous │ row 0: p0 p1 … │ row 1: p0 p1 … │ … ]
//!                                                    ▲ the pointer to a directory
//! ```

use core::{alloc::Layout as MemoryLayout, marker::PhantomData, ptr::NonNull};

use crate::{
    config::{Config, Layout},
    key::PageNumber,
    raw::{
        memory::{self, Blank, Block},
        once::Once,
        page::{Page, PagePointer},
    },
    sync::{AtomicUsize, Ordering},
};

/// The header of a directory, in the middle of its block.
pub(in crate::raw) struct Directory {
    /// The number of page pointers: rows times pages of a row.
    length: usize,
    /// The directory that this one replaced; null for the first.
    previous: *mut Directory,
    /// The memory of the directory. `None` if that is part of another block.
    block: Option<Block>,
}

// SAFETY: the header is not written after it was made.
unsafe impl Sync for Directory {}

/// The directory of a slab that holds nothing yet. It has no rows, so a look-up need not check whether there is a
/// directory.
static EMPTY: Directory = Directory { length: 0, previous: core::ptr::null_mut(), block: None };

/// The owner of a row.
#[repr(transparent)]
pub(in crate::raw) struct Owner(AtomicUsize);

// SAFETY: all zero is a row that is not claimed.
unsafe impl Blank for Owner {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self(AtomicUsize::new(0))
    }
}

/// The row of the overflow shard, which the holder of the overflow lock owns.
pub(in crate::raw) const OVERFLOW_ROW: usize = 0;

/// The owner of the overflow row: neither a thread's number, nor what [`thread_id::current`](crate::thread_id::current)
/// returns on a thread without a number.
const OVERFLOW: usize = usize::MAX >> 1;
/// A row that was not claimed when the directory was copied.
const CLOSED: usize = OVERFLOW - 1;

/// The result of an attempt to claim a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::raw) enum Claim {
    Claimed,
    /// Another thread has claimed it.
    Taken,
    /// The directory was, or is being, replaced.
    Closed,
}

impl Owner {
    /// Returns the number of the thread that has claimed the row, if a thread has.
    pub(in crate::raw) fn thread(&self) -> Option<usize> {
        // Ordering: Relaxed - only the number is used; what its thread did is ordered by the registry of numbers (T2).
        let number = self.0.load(Ordering::Relaxed);
        (1..CLOSED).contains(&number).then_some(number)
    }

    /// Returns whether it is the row of the thread of this number.
    #[inline(always)]
    pub(in crate::raw) fn is(&self, number: usize) -> bool {
        // Ordering: Relaxed - a thread of this number has claimed it, or has not; T2 orders the threads of one number.
        self.0.load(Ordering::Relaxed) == number
    }

    fn claim(&self, number: usize) -> Claim {
        // Ordering: Relaxed - the row's pages are published themselves.
        match self.0.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => Claim::Claimed,
            Err(CLOSED) => Claim::Closed,
            Err(_) => Claim::Taken,
        }
    }

    /// Closes the row if it is not claimed. Otherwise returns its owner, to be copied.
    fn close(&self) -> Option<usize> {
        // Ordering: Relaxed - nothing is published; a thread that finds it closed loads the newer directory.
        match self.0.compare_exchange(0, CLOSED, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) | Err(CLOSED) => None,
            Err(number) => Some(number),
        }
    }

    /// Writes the owner in a directory that no other thread knows yet.
    pub(in crate::raw) fn init(&self, number: usize) {
        // Ordering: Relaxed - published with the directory.
        self.0.store(number, Ordering::Relaxed);
    }
}

/// A pointer to a directory, with the provenance of its whole block.
pub(in crate::raw) struct DirectoryPointer<T, C> {
    head: NonNull<Directory>,
    _values: PhantomData<T>,
    _config: PhantomData<fn(C) -> C>,
}

impl<T, C> Clone for DirectoryPointer<T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C> Copy for DirectoryPointer<T, C> {}

impl<T, C> PartialEq for DirectoryPointer<T, C> {
    fn eq(&self, other: &Self) -> bool {
        self.head == other.head
    }
}

/// Returns the directory of a slab that holds nothing yet.
pub(in crate::raw) const fn empty() -> *mut Directory {
    (&raw const EMPTY).cast_mut()
}

impl<T, C: Config> DirectoryPointer<T, C> {
    /// The number of rows of the first directory: the overflow shard's and one more.
    pub(in crate::raw) const FIRST_ROWS: usize = 2;

    /// # Safety
    ///
    /// `head` is [`empty`], or came from [`Self::place`] and [`Self::as_ptr`] and is not freed while the result is
    /// used.
    #[inline(always)]
    pub(in crate::raw) unsafe fn from_ptr(head: NonNull<Directory>) -> Self {
        Self { head, _values: PhantomData, _config: PhantomData }
    }

    pub(in crate::raw) fn as_ptr(self) -> *mut Directory {
        self.head.as_ptr()
    }

    /// Returns the memory layout of a directory of that number of rows, and the offset of its header.
    pub(in crate::raw) fn layout(rows: usize) -> Option<(MemoryLayout, usize)> {
        let owners = MemoryLayout::array::<Owner>(rows).ok()?;
        let (layout, head) = owners.extend(MemoryLayout::new::<Directory>()).ok()?;
        let entries = MemoryLayout::array::<Once<Page<T, C>>>(rows << Layout::<C>::PAGE_BITS).ok()?;
        let (layout, first) = layout.extend(entries).ok()?;
        debug_assert_eq!(first, head + size_of::<Directory>());
        // The owners end where the header begins.
        debug_assert_eq!(head, owners.size());
        Some((layout, head))
    }

    /// Makes a directory without entries, which no other thread knows yet. `head` is the place of its header.
    ///
    /// # Safety
    ///
    /// `head` is the place of the header in zeroed memory of the [`layout`](Self::layout) for that number of rows,
    /// which nothing else uses.
    pub(in crate::raw) unsafe fn place(
        head: NonNull<Directory>,
        rows: usize,
        previous: *mut Directory,
        block: Option<Block>,
    ) -> Self {
        let length = rows << Layout::<C>::PAGE_BITS;
        // SAFETY: there is memory for the head.
        unsafe { head.write(Directory { length, previous, block }) };
        let made = Self { head, _values: PhantomData, _config: PhantomData };
        // SAFETY: there is zeroed memory for that number of owners in front of the head.
        unsafe { memory::make_blank(made.last_owner(), rows) };
        // SAFETY: there is zeroed memory for that number of entries behind the head.
        unsafe { memory::make_blank(made.first_entry(), length) };
        made.owner(OVERFLOW_ROW).init(OVERFLOW);
        made
    }

    /// Makes a copy with more rows, at least twice as many where the configuration allows, which no other thread knows
    /// yet. Closes the empty words of this directory. `None` if the allocator refuses memory, or there cannot be more
    /// rows.
    pub(in crate::raw) fn grown(self) -> Option<Self> {
        let rows = self.rows();
        let more = rows.saturating_mul(2).clamp(Self::FIRST_ROWS, Layout::<C>::SHARDS);
        if more <= rows {
            return None;
        }
        let (layout, head) = Self::layout(more)?;
        let (block, start) = Block::allocate_zeroed(layout)?;
        // SAFETY: the head lies in the block.
        let head = unsafe { start.add(head) }.cast();
        // SAFETY: the block is new, and has this layout.
        let copy = unsafe { Self::place(head, more, self.as_ptr(), Some(block)) };
        for row in 0..rows {
            self.owner(row).close().into_iter().for_each(|number| copy.owner(row).init(number));
        }
        for index in 0..self.length() {
            // SAFETY: the index is in this directory.
            let entry = unsafe { self.entry(index) };
            if let Some(page) = entry.close() {
                // SAFETY: the copy is longer.
                unsafe { copy.entry(index) }.init(page);
            }
        }
        Some(copy)
    }

    /// Frees the directory's memory, unless that is part of another block, and returns the directory that it had
    /// replaced.
    ///
    /// # Safety
    ///
    /// No thread uses the directory any more; it is not [`empty`].
    pub(in crate::raw) unsafe fn deallocate(self) -> Option<Self> {
        let (rows, block, previous) = (self.rows(), self.head().block, self.head().previous);
        // SAFETY: `place` made that number of owners.
        unsafe { memory::drop_blank(self.last_owner(), rows) };
        // SAFETY: as above.
        unsafe { memory::drop_blank(self.first_entry(), self.length()) };
        if let Some(block) = block {
            // SAFETY: `grown` allocated it, and no thread uses it.
            unsafe { block.deallocate() };
        }
        // SAFETY: a directory that was replaced lives as long as its successor.
        NonNull::new(previous).filter(|&head| head.as_ptr() != empty()).map(|head| unsafe { Self::from_ptr(head) })
    }

    fn head(&self) -> &Directory {
        // SAFETY: a `DirectoryPointer` is used only as long as its directory lives.
        unsafe { self.head.as_ref() }
    }

    /// Returns the number of page pointers.
    #[inline(always)]
    pub(in crate::raw) fn length(self) -> usize {
        self.head().length
    }

    pub(in crate::raw) fn rows(self) -> usize {
        self.length() >> Layout::<C>::PAGE_BITS
    }

    #[inline(always)]
    fn first_entry(self) -> NonNull<Once<Page<T, C>>> {
        // SAFETY: the entries begin within the block, behind the head; the pointer keeps the block's provenance.
        unsafe { self.head.add(1) }.cast()
    }

    /// Returns the owner of the last row, which is the first in memory: the owners are in front of the header, in
    /// reverse order.
    fn last_owner(self) -> NonNull<Owner> {
        // SAFETY: there is an owner for each row in front of the head.
        unsafe { self.head.cast::<Owner>().sub(self.rows()) }
    }

    /// # Safety
    ///
    /// `index` is less than `length`, and the directory outlives the result.
    #[inline(always)]
    pub(in crate::raw) unsafe fn entry<'a>(self, index: usize) -> &'a Once<Page<T, C>> {
        debug_assert!(index < self.length());
        // SAFETY: the caller says that the index is in the directory.
        let entry = unsafe { self.first_entry().add(index) };
        // SAFETY: entries are made with the directory, which outlives the result.
        unsafe { entry.as_ref() }
    }

    /// Returns the page pointer of that row and page number.
    ///
    /// # Safety
    ///
    /// The row exists, and the directory outlives the result.
    pub(in crate::raw) unsafe fn entry_of<'a>(self, row: usize, page: PageNumber<C>) -> &'a Once<Page<T, C>> {
        // SAFETY: as of this function.
        unsafe { self.entry((row << Layout::<C>::PAGE_BITS) | page.get() as usize) }
    }

    /// Returns the page at `index`, if there is one.
    #[inline(always)]
    pub(in crate::raw) fn page_at(self, index: usize) -> Option<PagePointer<T, C>> {
        if index >= self.length() {
            return None;
        }
        // SAFETY: the index was just compared; a `DirectoryPointer` is used only as long as its directory lives.
        unsafe { self.page_in(index) }
    }

    /// Returns the page at `index`, if there is one.
    ///
    /// # Safety
    ///
    /// `index` is less than `length`.
    #[inline(always)]
    pub(in crate::raw) unsafe fn page_in(self, index: usize) -> Option<PagePointer<T, C>> {
        // SAFETY: as of this function; a `DirectoryPointer` is used only as long as its directory lives.
        let page = unsafe { self.entry(index) }.get()?;
        // SAFETY: pages are freed only with the slab, as directories are.
        Some(unsafe { PagePointer::from_ptr(page) })
    }

    /// Returns the page of that row and number, if there is one.
    pub(in crate::raw) fn page(self, row: usize, page: PageNumber<C>) -> Option<PagePointer<T, C>> {
        if row >= self.rows() {
            return None;
        }
        self.page_at((row << Layout::<C>::PAGE_BITS) | page.get() as usize)
    }

    /// Returns the number of pages of a row.
    pub(in crate::raw) fn pages(self, row: usize) -> usize {
        // Pages are added in the order of their numbers.
        (0..C::MAX_PAGES as u32).take_while(|&page| self.page(row, PageNumber::new(page)).is_some()).count()
    }

    /// Returns the owner of an existing row.
    #[inline(always)]
    pub(in crate::raw) fn owner<'a>(self, row: usize) -> &'a Owner {
        debug_assert!(row < self.rows());
        // SAFETY: the owners are in front of the header, one for each row, row 0's last.
        let owner = unsafe { self.head.cast::<Owner>().sub(row + 1) };
        // SAFETY: owners are made with the directory, and a `DirectoryPointer` is used only as long as that lives.
        unsafe { owner.as_ref() }
    }

    /// Claims the lowest free row for the thread of this number. Returns the row, or `None` if this directory has no
    /// free row. Returns `Err` if the directory was, or is being, replaced.
    pub(in crate::raw) fn claim(self, number: usize) -> Result<Option<usize>, ()> {
        for row in OVERFLOW_ROW + 1..self.rows() {
            match self.owner(row).claim(number) {
                Claim::Claimed => return Ok(Some(row)),
                Claim::Taken => {}
                Claim::Closed => return Err(()),
            }
        }
        Ok(None)
    }
}

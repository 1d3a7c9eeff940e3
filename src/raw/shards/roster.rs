//! The roster of a slab: the shard block of each thread, by the thread's number.
//!
//! Like the directory, it is replaced by a larger copy when a thread with a higher number needs an entry, and an old
//! roster stays until the slab is dropped. Number 0, which no thread has, is that of the overflow shard.

use core::{alloc::Layout as MemoryLayout, marker::PhantomData, ptr, ptr::NonNull};

use super::shard::Shard;
use crate::raw::{
    memory::{self, Block},
    once::Once,
};

/// The number under which the overflow shard is in the roster.
pub(in crate::raw) const OVERFLOW_NUMBER: usize = 0;

/// The header of a roster. Its entries follow.
pub(in crate::raw) struct Roster {
    /// The number of entries.
    length: usize,
    /// The roster that this one replaced; null for the first.
    previous: *mut Roster,
    /// The memory of the roster. For the first one, of the whole founding block.
    block: Option<Block>,
}

// SAFETY: the header is not written after it was made.
unsafe impl Sync for Roster {}

/// The roster of a slab that holds nothing yet. It has no entries.
static EMPTY: Roster = Roster { length: 0, previous: ptr::null_mut(), block: None };

/// A pointer to a roster, with the provenance of its whole block.
pub(in crate::raw) struct RosterPointer<T, C> {
    head: NonNull<Roster>,
    _shards: PhantomData<fn() -> *mut Shard<T, C>>,
}

impl<T, C> Clone for RosterPointer<T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C> Copy for RosterPointer<T, C> {}

impl<T, C> PartialEq for RosterPointer<T, C> {
    fn eq(&self, other: &Self) -> bool {
        self.head == other.head
    }
}

/// Returns the roster of a slab that holds nothing yet.
pub(in crate::raw) const fn empty() -> *mut Roster {
    (&raw const EMPTY).cast_mut()
}

impl<T, C> RosterPointer<T, C> {
    /// # Safety
    ///
    /// `head` is [`empty`], or came from [`Self::place`] and [`Self::as_ptr`] and is not freed while the result is
    /// used.
    #[inline(always)]
    pub(in crate::raw) unsafe fn from_ptr(head: NonNull<Roster>) -> Self {
        Self { head, _shards: PhantomData }
    }

    pub(in crate::raw) fn as_ptr(self) -> *mut Roster {
        self.head.as_ptr()
    }

    /// Returns the length of a roster in which `number` has an entry. Later threads may use the other entries, which
    /// are up to half of them.
    pub(in crate::raw) fn length_for(number: usize) -> Option<usize> {
        number.checked_add(1)?.checked_next_power_of_two()
    }

    pub(in crate::raw) fn layout(length: usize) -> Option<MemoryLayout> {
        let entries = MemoryLayout::array::<Once<Shard<T, C>>>(length).ok()?;
        let (layout, first) = MemoryLayout::new::<Roster>().extend(entries).ok()?;
        debug_assert_eq!(first, size_of::<Roster>());
        Some(layout)
    }

    /// Makes a roster without entries, which no other thread knows yet.
    ///
    /// # Safety
    ///
    /// `head` points to zeroed memory of the [`layout`](Self::layout) for that length, which nothing else uses.
    pub(in crate::raw) unsafe fn place(
        head: NonNull<Roster>,
        length: usize,
        previous: *mut Roster,
        block: Option<Block>,
    ) -> Self {
        // SAFETY: there is memory for the head.
        unsafe { head.write(Roster { length, previous, block }) };
        let made = Self { head, _shards: PhantomData };
        // SAFETY: there is zeroed memory for that number of entries behind the head.
        unsafe { memory::make_blank(made.first_entry(), length) };
        made
    }

    /// Makes a copy in which `number` has an entry, which no other thread knows yet. Closes the empty words of this
    /// roster. `None` if the allocator refuses memory.
    pub(in crate::raw) fn grown(self, number: usize) -> Option<Self> {
        // Also where `number` has an entry already, which another thread has closed.
        let length = Self::length_for(number.max(self.length()))?;
        let (block, start) = Block::allocate_zeroed(Self::layout(length)?)?;
        // SAFETY: the block is new, and has this layout.
        let copy = unsafe { Self::place(start.cast(), length, self.as_ptr(), Some(block)) };
        for number in 0..self.length() {
            // SAFETY: there is such an entry.
            let entry = unsafe { self.entry(number) };
            if let Some(shard) = entry.close() {
                // SAFETY: the copy is longer.
                unsafe { copy.entry(number) }.init(shard);
            }
        }
        Some(copy)
    }

    /// Destroys the roster. Returns its memory, which is still to be freed, and the roster that it had replaced.
    ///
    /// # Safety
    ///
    /// No thread uses the roster any more; it is not [`empty`].
    pub(in crate::raw) unsafe fn end(self) -> (Option<Block>, Option<Self>) {
        let (block, previous) = (self.head().block, self.head().previous);
        // SAFETY: `place` made that number of entries.
        unsafe { memory::drop_blank(self.first_entry(), self.length()) };
        // SAFETY: a roster that was replaced lives as long as its successor.
        let previous =
            NonNull::new(previous).filter(|&head| head.as_ptr() != empty()).map(|head| unsafe { Self::from_ptr(head) });
        (block, previous)
    }

    fn head(&self) -> &Roster {
        // SAFETY: a `RosterPointer` is used only as long as its roster lives.
        unsafe { self.head.as_ref() }
    }

    /// Returns the number of entries: all lower thread numbers have one.
    #[inline(always)]
    pub(in crate::raw) fn length(self) -> usize {
        self.head().length
    }

    #[inline(always)]
    fn first_entry(self) -> NonNull<Once<Shard<T, C>>> {
        // SAFETY: the entries begin within the block, behind the head; the pointer keeps the block's provenance.
        unsafe { self.head.add(1) }.cast()
    }

    /// # Safety
    ///
    /// `number` is less than `length`, and the roster outlives the result.
    #[inline(always)]
    pub(in crate::raw) unsafe fn entry<'a>(self, number: usize) -> &'a Once<Shard<T, C>> {
        debug_assert!(number < self.length());
        // SAFETY: the caller says that there is such an entry.
        let entry = unsafe { self.first_entry().add(number) };
        // SAFETY: entries are made with the roster, which outlives the result.
        unsafe { entry.as_ref() }
    }

    /// Returns the shard block of the thread of this number, if it has one.
    #[inline(always)]
    pub(in crate::raw) fn shard(self, number: usize) -> Option<NonNull<Shard<T, C>>> {
        if number >= self.length() {
            return None;
        }
        // SAFETY: the number was just compared; a `RosterPointer` is used only as long as its roster lives.
        unsafe { self.entry(number) }.get()
    }
}

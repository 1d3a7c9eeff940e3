//! The block of one thread in a slab: which pages of its shard have free slots, which slots other threads returned, and
//! its pin.
//!
//! It is made when the thread first inserts into the slab or pins it, and found by the thread's number ([`Roster`]).
//! Its shard is a row of the directory, which is claimed when the thread first needs one.
//!
//! [`Roster`]: super::roster::Roster

mod available;

#[cfg(flagstone_loom)]
use core::ptr;
use core::{alloc::Layout, marker::PhantomData, ptr::NonNull};

use crate::{
    bits::low_bits,
    config::Config,
    raw::{
        memory::{self, Blank, Block, CacheLine},
        pins::pin::Pin,
    },
    sync::{AtomicUsize, Ordering, cell::UnsafeCell},
    thread_id,
};

/// A thread's block in a slab.
#[repr(C)]
pub(crate) struct Shard<T, C> {
    owner: CacheLine<OwnerSide<T, C>>,
    shared: CacheLine<SharedSide>,
    pub(in crate::raw) pin: CacheLine<Pin>,
}

/// Written only by the owner.
struct OwnerSide<T, C> {
    available: UnsafeCell<Available<T, C>>,
    /// The number of pages. Read by all threads.
    pages: AtomicUsize,
    /// The number of entries that the owner published, minus those that it saw freed. Read by all threads.
    live: AtomicUsize,
    /// The number of the thread. 0: the overflow shard.
    number: usize,
    /// The row of the directory that the shard has claimed. 0 if a thread's shard has not claimed one.
    row: UnsafeCell<usize>,
    /// The block's memory, unless that is part of another block.
    block: Option<Block>,
}

/// The pages that have slots on their local lists.
struct Available<T, C> {
    /// The address of the lowest of them, from which slots are taken. Null if there is none.
    current: *mut (),
    /// Bit `p`: page `p` is one of them.
    mask: usize,
    _pages: PhantomData<*mut (T, C)>,
}

/// Written by all other threads; the owner only takes `returned`.
struct SharedSide {
    /// Bit `p`: page `p` is likely to have slots on its remote stack.
    returned: AtomicUsize,
    /// The part that neither the owner nor a remote stack counts: the number of entries that other threads published,
    /// minus those that they freed and that no remote stack counts.
    balance: AtomicUsize,
}

// SAFETY: all zero is a shard without pages that has claimed no row, of the number 0, and a thread that is not pinned.
unsafe impl<T, C> Blank for Shard<T, C> {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self {
            owner: CacheLine(OwnerSide {
                available: UnsafeCell::new(Available { current: ptr::null_mut(), mask: 0, _pages: PhantomData }),
                pages: AtomicUsize::new(0),
                live: AtomicUsize::new(0),
                number: 0,
                row: UnsafeCell::new(0),
                block: None,
            }),
            shared: CacheLine(SharedSide { returned: AtomicUsize::new(0), balance: AtomicUsize::new(0) }),
            pin: CacheLine(Pin::blank()),
        }
    }
}

impl<T, C> Shard<T, C> {
    pub(in crate::raw) const LAYOUT: Layout = Layout::new::<Self>();

    /// Makes the block of the thread of that number, which no other thread knows yet. `None` if the allocator refuses
    /// memory.
    pub(in crate::raw) fn allocate(number: usize) -> Option<NonNull<Self>> {
        let (block, start) = Block::allocate_zeroed(Self::LAYOUT)?;
        // SAFETY: the block is new, and has this layout.
        Some(unsafe { Self::place(start.cast(), number, Some(block)) })
    }

    /// Makes the block of the thread of that number, which no other thread knows yet, in a given place.
    ///
    /// # Safety
    ///
    /// `place` points to zeroed memory of [`LAYOUT`](Self::LAYOUT), which nothing else uses.
    pub(in crate::raw) unsafe fn place(mut place: NonNull<Self>, number: usize, block: Option<Block>) -> NonNull<Self> {
        // SAFETY: there is zeroed memory for one.
        unsafe { memory::make_blank(place, 1) };
        // SAFETY: it is blank, and no other thread knows it.
        let owner = unsafe { &mut place.as_mut().owner.0 };
        (owner.number, owner.block) = (number, block);
        place
    }

    /// Destroys the block and frees its memory, unless that is part of another block.
    ///
    /// # Safety
    ///
    /// No thread uses it any more.
    pub(in crate::raw) unsafe fn deallocate(place: NonNull<Self>) {
        // SAFETY: as of this function.
        let block = unsafe { place.as_ref() }.owner.0.block;
        // SAFETY: `place` made it, and no thread uses it.
        unsafe { memory::drop_blank(place, 1) };
        if let Some(block) = block {
            // SAFETY: `allocate` allocated it, and no thread uses it.
            unsafe { block.deallocate() };
        }
    }

    /// Returns the number of the thread, or 0 for the overflow shard.
    #[inline(always)]
    pub(in crate::raw) fn number(&self) -> usize {
        self.owner.0.number
    }

    /// Returns the row of the directory that the shard has claimed.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1).
    pub(in crate::raw) unsafe fn row(&self) -> Option<usize> {
        let row = self.owner.0.row.with(|row| {
            // SAFETY: only the owner uses it, and the caller is the owner.
            unsafe { *row }
        });
        (row != 0 || self.number() == 0).then_some(row)
    }

    /// Records which row the shard has claimed.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1).
    pub(in crate::raw) unsafe fn set_row(&self, claimed: usize) {
        self.owner.0.row.with_mut(|row| {
            // SAFETY: only the owner uses it, and the caller is the owner.
            unsafe { *row = claimed }
        });
    }
}

impl<T, C: Config> Shard<T, C> {
    /// Returns the number of pages. Wait-free.
    pub(crate) fn pages(&self) -> usize {
        // Ordering: Relaxed - pages are reached through the directory, whose entries are published themselves; a thread
        // that must see a page is ordered after its creation already.
        self.owner.0.pages.load(Ordering::Relaxed)
    }

    /// Increments the number of pages.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1), and the page that this number names is in the directory.
    pub(crate) unsafe fn add_page(&self) {
        // Ordering: Relaxed - as in `pages`; only the owner writes it, so no update is lost.
        self.owner.0.pages.store(self.pages() + 1, Ordering::Relaxed);
    }

    /// Adds `change` to the number of entries (wrapping, so that it can decrease). The caller must be the owner, or the
    /// number is wrong from then on.
    #[inline(always)]
    pub(crate) fn count_by_owner(&self, change: usize) {
        let live = &self.owner.0.live;
        // Ordering: Relaxed - a number for `len`; only the owner writes it, so no update is lost.
        live.store(live.load(Ordering::Relaxed).wrapping_add(change), Ordering::Relaxed);
    }

    /// Adds `change` to the number of entries (wrapping, so that it can decrease), on any thread.
    #[inline(always)]
    pub(crate) fn count(&self, change: usize) {
        if thread_id::current() == self.number() { self.count_by_owner(change) } else { self.count_by_other(change) }
    }

    /// Adds `change` to the number of entries (wrapping, so that it can decrease). Any thread may call it.
    pub(crate) fn count_by_other(&self, change: usize) {
        // Ordering: Relaxed - a number for `len`.
        self.shared.0.balance.fetch_add(change, Ordering::Relaxed);
    }

    /// Returns the number of entries, plus the counts of the remote stacks (wrapping).
    pub(crate) fn counted(&self) -> usize {
        // Ordering: Relaxed - numbers for `len`.
        let by_owner = self.owner.0.live.load(Ordering::Relaxed);
        // Ordering: Relaxed - as above.
        by_owner.wrapping_add(self.shared.0.balance.load(Ordering::Relaxed))
    }

    /// Announces to the owner that the remote stack of `page` is no longer empty: a hint where to look first.
    /// Wait-free.
    pub(crate) fn announce_returned(&self, page: u32) {
        // Ordering: Relaxed - the stack publishes what is on it, and an owner that misses the hint takes all stacks
        // before it adds a page.
        self.shared.0.returned.fetch_or(1 << page, Ordering::Relaxed);
    }

    /// Returns the mask of pages whose remote stacks have been announced since the last call. Wait-free.
    pub(crate) fn take_returned(&self) -> usize {
        // Ordering: Relaxed - a check, so that the swap is paid for only if a bit is set.
        if self.shared.0.returned.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        // Ordering: Relaxed - a hint, as in `announce_returned`.
        self.shared.0.returned.swap(0, Ordering::Relaxed)
    }

    /// Returns the mask of all existing pages.
    pub(crate) fn all_pages(&self) -> usize {
        low_bits(self.pages() as u32)
    }
}

//! One owner's share of a slab: which of its pages have free slots, and what other threads gave back.

use super::{memory::Blank, page::CacheLine};
use crate::sync::{AtomicUsize, Ordering, cell::UnsafeCell};

/// A shard, but for its pages, which the table of shards keeps.
#[repr(C)]
pub(crate) struct Shard {
    owner: CacheLine<OwnerSide>,
    shared: CacheLine<SharedSide>,
}

/// Written by the owner alone.
struct OwnerSide {
    /// Bit `p`: page `p` has slots on its local list.
    available: UnsafeCell<usize>,
    /// How many pages there are. Read by all.
    pages: AtomicUsize,
    /// Entries that the owner published, less those that it saw freed. Read by all.
    live: AtomicUsize,
}

/// Written by everybody else.
struct SharedSide {
    /// Bit `p`: page `p` has slots on its remote stack.
    returned: AtomicUsize,
    /// What neither the owner nor a remote stack counts: entries that others published, less those that they freed.
    balance: AtomicUsize,
}

// SAFETY: all zero is a shard without pages.
unsafe impl Blank for Shard {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self {
            owner: CacheLine(OwnerSide {
                available: UnsafeCell::new(0),
                pages: AtomicUsize::new(0),
                live: AtomicUsize::new(0),
            }),
            shared: CacheLine(SharedSide { returned: AtomicUsize::new(0), balance: AtomicUsize::new(0) }),
        }
    }
}

impl Shard {
    /// The mask of pages that have slots on their local lists.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1).
    #[inline(always)]
    pub(crate) unsafe fn available(&self) -> usize {
        self.owner.0.available.with(|mask| {
            // SAFETY: only the owner writes it, and the caller is the owner.
            unsafe { *mask }
        })
    }

    /// Notes that the local list of `page` is empty now, or is not.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1).
    #[inline(always)]
    pub(crate) unsafe fn set_available(&self, page: u32, has_slots: bool) {
        self.owner.0.available.with_mut(|mask| {
            // SAFETY: only the owner reads and writes it, and the caller is the owner.
            let mask = unsafe { &mut *mask };
            if has_slots {
                *mask |= 1 << page;
            } else {
                *mask &= !(1 << page);
            }
        });
    }

    /// How many pages there are. Wait-free.
    pub(crate) fn pages(&self) -> usize {
        // Ordering: Relaxed - pages are reached through the table, whose entries are published themselves; whoever must
        // see a page is ordered after its making already.
        self.owner.0.pages.load(Ordering::Relaxed)
    }

    /// Counts a page more. The caller is the owner, or else the number is wrong from then on.
    pub(crate) fn add_page(&self) {
        // Ordering: Relaxed - as in `pages`; only the owner writes it, so no update is lost.
        self.owner.0.pages.store(self.pages() + 1, Ordering::Relaxed);
    }

    /// Counts `change` entries more (wrapping: fewer). The caller is the owner, or else the number is wrong from then on.
    #[inline(always)]
    pub(crate) fn count_by_owner(&self, change: usize) {
        let live = &self.owner.0.live;
        // Ordering: Relaxed - a number for `len`; only the owner writes it, so no update is lost.
        live.store(live.load(Ordering::Relaxed).wrapping_add(change), Ordering::Relaxed);
    }

    /// Counts `change` entries more (wrapping: fewer), on whatever thread.
    pub(crate) fn count_by_other(&self, change: usize) {
        // Ordering: Relaxed - a number for `len`.
        self.shared.0.balance.fetch_add(change, Ordering::Relaxed);
    }

    /// Entries, but for those that the remote stacks have given back (wrapping).
    pub(crate) fn counted(&self) -> usize {
        // Ordering: Relaxed - numbers for `len`.
        let by_owner = self.owner.0.live.load(Ordering::Relaxed);
        // Ordering: Relaxed - as above.
        by_owner.wrapping_add(self.shared.0.balance.load(Ordering::Relaxed))
    }

    /// Tells the owner that the remote stack of `page` is no longer empty. Wait-free.
    pub(crate) fn announce_returned(&self, page: u32) {
        // Ordering: Release - pairs with the Acquire in `take_returned`; the push comes before the announcement, so
        // that who sees the bit finds the slot (F3).
        self.shared.0.returned.fetch_or(1 << page, Ordering::Release);
    }

    /// The mask of pages whose remote stacks have been announced since the last call. Wait-free.
    pub(crate) fn take_returned(&self) -> usize {
        // Ordering: Relaxed - a look, so that the exchange is paid for only where there is something to be had. A bit
        // that is missed here is there at the next call.
        if self.shared.0.returned.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        // Ordering: Acquire - pairs with the Release in `announce_returned`.
        self.shared.0.returned.swap(0, Ordering::Acquire)
    }
}

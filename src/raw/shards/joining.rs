//! How a thread gets a shard: its block in the roster, its row in the directory, and larger tables where those are
//! full.
//!
//! No thread waits here: any thread that needs a word of a table that is being replaced can finish the replacement
//! itself.

use core::ptr::NonNull;

use super::{
    directory::{self, DirectoryPointer},
    founding::Founding,
    roster::{self, OVERFLOW_NUMBER, RosterPointer},
    shard::Shard,
    shard_table::ShardTable,
};
use crate::{
    config::{Config, Layout},
    key::PageNumber,
    raw::once::NotEmpty,
    sync::Ordering,
    thread_id,
};

/// The lowest value that is not a thread number but means that a thread has none.
const NO_NUMBER: usize = usize::MAX >> 1;

/// The reason why a thread has no shard of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::raw) enum NoShard {
    /// As many threads have one as the configuration allows, or this thread has no number.
    Left,
    /// The allocator refused memory for it.
    Memory,
}

impl<T, C: Config> ShardTable<T, C> {
    /// Returns the current thread's shard, with a row. Makes it if there is none yet.
    pub(in crate::raw) fn own_shard(&self) -> Result<&Shard<T, C>, NoShard> {
        self.own_shard_for(1)
    }

    /// Returns the current thread's shard, with a row. Makes it if there is none yet. If it is the first shard of the
    /// slab, its page has room for that many entries, as far as they fit into one page.
    pub(in crate::raw) fn own_shard_for(&self, entries: usize) -> Result<&Shard<T, C>, NoShard> {
        let number = thread_id::current_or_register();
        if number >= NO_NUMBER {
            return Err(NoShard::Left);
        }
        // SAFETY: the current thread has this number, so it owns the shard (T1).
        let has_row = self.shard(number).is_some_and(|shard| unsafe { shard.row() }.is_some());
        if !has_row && self.has_claimed_all() {
            return Err(NoShard::Left);
        }
        let shard = self.join(number, entries).ok_or(NoShard::Memory)?;
        // SAFETY: shards live as long as `self`.
        let shard = unsafe { shard.as_ref() };
        // SAFETY: as above.
        if unsafe { shard.row() }.is_none() {
            // SAFETY: as above.
            unsafe { self.claim_row(shard) }?;
        }
        Ok(shard)
    }

    /// Returns the overflow shard. Makes it if there is none yet. `None` if the allocator refuses memory.
    pub(in crate::raw) fn overflow_shard(&self) -> Option<&Shard<T, C>> {
        let shard = self.join(OVERFLOW_NUMBER, 1)?;
        let directory = self.directory();
        if directory.rows() == 0 && !self.grow_directory(directory) {
            return None;
        }
        // SAFETY: shards live as long as `self`.
        Some(unsafe { shard.as_ref() })
    }

    /// Returns whether as many threads have claimed a row as the configuration allows. Rows are claimed in order.
    fn has_claimed_all(&self) -> bool {
        let directory = self.directory();
        directory.rows() == Layout::<C>::SHARDS && directory.owner(Layout::<C>::SHARDS - 1).thread().is_some()
    }

    /// Returns the block of this number, which is the current thread's or [`OVERFLOW_NUMBER`]. Makes it if there is
    /// none yet. If it is the slab's first, its page has room for that many entries, as far as they fit into one.
    /// `None` if the allocator refuses memory.
    fn join(&self, number: usize, entries: usize) -> Option<NonNull<Shard<T, C>>> {
        if let Some(shard) = self.roster().shard(number) {
            return Some(shard);
        }
        if self.roster().as_ptr() == roster::empty() {
            let founding = Founding::allocate(number, self.slots_of_page(PageNumber::new(0), entries))?;
            let (none, first) = (roster::empty(), founding.roster.as_ptr());
            // Ordering: Release - pairs with the Acquire in `roster`; publishes the block. Failure is Relaxed: the
            // pointer is loaded again.
            match self.roster.compare_exchange(none, first, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return Some(self.found(&founding)),
                // SAFETY: no other thread has seen it.
                Err(_) => unsafe { founding.deallocate() },
            }
        }
        self.enrol(number, Shard::allocate(number)?)
    }

    /// Publishes the rest of the founding block, whose roster is published already.
    fn found(&self, founding: &Founding<T, C>) -> NonNull<Shard<T, C>> {
        let (none, first) = (directory::empty(), founding.directory.as_ptr());
        // Ordering: Release - pairs with the Acquire in `directory`; publishes the block. Failure is Relaxed: nothing
        // is read.
        match self.directory.compare_exchange(none, first, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => {
                if let Some(page) = founding.page {
                    // SAFETY: shards live as long as `self`.
                    let shard = unsafe { founding.shard.as_ref() };
                    // SAFETY: it is the current thread's (T1), and the row with its first page has just been published.
                    unsafe { shard.begin_with(Founding::<T, C>::ROW, page, PageNumber::new(0)) };
                }
            }
            // Another thread has joined since, and made a directory.
            // SAFETY: no other thread has seen this one.
            Err(_) => unsafe { founding.drop_directory() },
        }
        founding.shard
    }

    /// Puts a block into the roster and returns it. If there is one of that number by now, returns that one. `None` if
    /// the allocator refuses memory for a larger roster.
    fn enrol(&self, number: usize, made: NonNull<Shard<T, C>>) -> Option<NonNull<Shard<T, C>>> {
        let found = loop {
            let roster = self.roster();
            if number < roster.length() {
                // SAFETY: the number was just compared; rosters live as long as `self`.
                match unsafe { roster.entry(number) }.fill(made) {
                    Ok(()) => return Some(made),
                    // Another thread without a shard was first, or this one while its allocator used the slab.
                    Err(NotEmpty::Filled(other)) => break Some(other),
                    Err(NotEmpty::Closed) => {}
                }
            }
            if !self.grow_roster(roster, number) {
                break None;
            }
        };
        // SAFETY: no other thread has seen the one made here.
        unsafe { Shard::deallocate(made) };
        found
    }

    /// Claims a row for a shard that has none.
    ///
    /// # Safety
    ///
    /// The shard is the current thread's (T1).
    unsafe fn claim_row(&self, shard: &Shard<T, C>) -> Result<(), NoShard> {
        // While a larger directory was allocated, the allocator may have used the slab on this same thread, and claimed
        // a row.
        // SAFETY: as of this function.
        while unsafe { shard.row() }.is_none() {
            let directory = self.directory();
            let claimed = directory.claim(shard.number());
            if let Ok(Some(row)) = claimed {
                // SAFETY: as of this function.
                unsafe { shard.set_row(row) };
                break;
            }
            if claimed == Ok(None) && directory.rows() == Layout::<C>::SHARDS {
                return Err(NoShard::Left);
            }
            if !self.grow_directory(directory) {
                return Err(NoShard::Memory);
            }
        }
        Ok(())
    }

    /// Replaces a directory by a larger one, unless that has been done already. Returns whether it is done; if not, the
    /// allocator refused memory.
    pub(in crate::raw) fn grow_directory(&self, old: DirectoryPointer<T, C>) -> bool {
        if self.directory() != old {
            return true;
        }
        let Some(copy) = old.grown() else { return self.directory() != old };
        // Ordering: Release - pairs with the Acquire in `directory`; publishes the copy. Failure is Relaxed: the
        // pointer is loaded again.
        if self.directory.compare_exchange(old.as_ptr(), copy.as_ptr(), Ordering::Release, Ordering::Relaxed).is_err() {
            // SAFETY: no other thread has seen the copy.
            unsafe { copy.deallocate() };
        }
        true
    }

    /// Replaces a roster by one in which `number` has an entry, unless that has been done already. Returns whether it
    /// is done.
    fn grow_roster(&self, old: RosterPointer<T, C>, number: usize) -> bool {
        if self.roster() != old {
            return true;
        }
        let Some(copy) = old.grown(number) else { return self.roster() != old };
        // Ordering: Release - pairs with the Acquire in `roster`; publishes the copy. Failure is Relaxed: the pointer
        // is loaded again.
        if self.roster.compare_exchange(old.as_ptr(), copy.as_ptr(), Ordering::Release, Ordering::Relaxed).is_err() {
            // SAFETY: no other thread has seen the copy.
            if let (Some(block), _) = unsafe { copy.end() } {
                // SAFETY: as above.
                unsafe { block.deallocate() };
            }
        }
        true
    }
}

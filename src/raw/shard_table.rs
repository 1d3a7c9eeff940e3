//! The core of a slab: all shards and all their pages, found by number. Its tables are allocated at the first insertion
//! or pin.
//!
//! `joining`, `insertion` and `removal` add how shards are made, and how slots are taken and freed.

use core::{marker::PhantomData, ptr::NonNull};

use super::{
    directory::{self, Directory, DirectoryPointer},
    guard_pin::Token,
    lifecycle::{Lifecycle, Refused},
    page::PagePointer,
    pin::PinList,
    roster::{self, Roster, RosterPointer},
    shard::Shard,
    slot::Slot,
    waiters::Waiters,
};
use crate::{
    config::Config,
    key::{Key, PageNumber},
    sync::{self, AtomicPtr, Mutex, Ordering, cell::UnsafeCell},
};

/// An existing slot, found by a key. The lifecycle word says whether it holds the key's entry.
pub(super) struct Found<'a, T, C> {
    pub(super) key: Key<C>,
    pub(super) slot: &'a Slot<T>,
    pub(super) page: PagePointer<T, C>,
    pub(super) directory: DirectoryPointer<T, C>,
}

impl<T, C> Clone for Found<'_, T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C> Copy for Found<'_, T, C> {}

/// The core of a slab.
pub(crate) struct ShardTable<T, C: Config> {
    /// Replaced by larger ones; never null.
    pub(super) directory: AtomicPtr<Directory>,
    /// Likewise.
    pub(super) roster: AtomicPtr<Roster>,
    /// The pins of all threads that ever pinned the slab. Every removal reads it, next to the pointer that it reads
    /// anyway.
    pub(super) pins: PinList,
    /// Held while a thread acts as the owner of the overflow shard. No user code runs while it is held.
    pub(super) overflow: Mutex<()>,
    pub(super) waiters: Waiters,
    /// Identifies the slab, for threads that pin it by guards.
    pub(super) token: Token,
    /// The table owns values of type `T`, and is `Sync` only by the `impl` below. It is invariant in both parameters: a
    /// directory has one layout, and one configuration may be a subtype of another.
    _values: PhantomData<UnsafeCell<T>>,
    _config: PhantomData<fn(C) -> C>,
}

// SAFETY: a shared table hands out `&T` on any thread (hence `T: Sync`). It moves values in on one thread, and moves
// them out or drops them on another (hence `T: Send`). Of `C` only constants are used. All else in it is shared by the
// rules of `implementation.md`, section 6.
unsafe impl<T: Send + Sync, C: Config> Sync for ShardTable<T, C> {}

// SAFETY: a thread with exclusive access to the table has its values; it may move and drop them (hence `T: Send`), and
// no other thread sees them (so not `T: Sync`). The writes of threads that owned a shard are ordered by the move.
unsafe impl<T: Send, C: Config> Send for ShardTable<T, C> {}

impl<T, C: Config> ShardTable<T, C> {
    sync::const_fn! {
        pub(crate) fn new() -> Self {
            Self {
                directory: AtomicPtr::new(directory::empty()),
                roster: AtomicPtr::new(roster::empty()),
                pins: PinList::new(),
                overflow: Mutex::new(()),
                waiters: Waiters::new(),
                token: Token::new(),
                _values: PhantomData,
                _config: PhantomData,
            }
        }
    }

    #[inline(always)]
    pub(super) fn directory(&self) -> DirectoryPointer<T, C> {
        // Ordering: Acquire - pairs with the Release in `found` and in `grow_directory`; a directory is initialised
        // before it is published.
        let head = self.directory.load(Ordering::Acquire);
        // SAFETY: it is never null.
        let head = unsafe { NonNull::new_unchecked(head) };
        // SAFETY: directories are freed only with `self`.
        unsafe { DirectoryPointer::from_ptr(head) }
    }

    #[inline(always)]
    pub(super) fn roster(&self) -> RosterPointer<T, C> {
        // Ordering: Acquire - pairs with the Release in `join` and in `grow_roster`; a roster is initialised before it
        // is published.
        let head = self.roster.load(Ordering::Acquire);
        // SAFETY: it is never null.
        let head = unsafe { NonNull::new_unchecked(head) };
        // SAFETY: rosters are freed only with `self`.
        unsafe { RosterPointer::from_ptr(head) }
    }

    /// The block of the thread of this number, if it has one.
    #[inline(always)]
    pub(super) fn shard(&self, number: usize) -> Option<&Shard<T, C>> {
        // SAFETY: shards live as long as `self` (D2), and everything in them may be accessed through a shared
        // reference.
        self.roster().shard(number).map(|shard| unsafe { shard.as_ref() })
    }

    /// The slot to which a key points, if such a slot exists.
    #[inline(always)]
    pub(super) fn find(&self, key: usize) -> Option<Found<'_, T, C>> {
        let key = Key::from_raw(key);
        let directory = self.directory();
        let page = directory.page_at(key.index())?;
        // SAFETY: an offset is masked with the page's size.
        let slot = unsafe { page.slots(key.page()).at(key.offset()) };
        // SAFETY: slots live as long as `self`, and everything in them may be accessed through a shared reference.
        Some(Found { key, slot: unsafe { slot.as_ref() }, page, directory })
    }

    /// Adds a guard to the entry of `key`.
    ///
    /// # Panics
    ///
    /// If the entry has as many guards as can be counted.
    #[inline(always)]
    pub(super) fn share(&self, key: usize) -> Option<Found<'_, T, C>> {
        let found = self.find(key)?;
        match found.slot.lifecycle.share(found.key) {
            Ok(()) => Some(found),
            Err(_) => self.share_slowly(key),
        }
    }

    /// Adds a guard to an entry for which another thread has announced an intent: the entry is present, so that
    /// thread's attempt fails. Everything is looked up again, so that `share` needs few registers.
    #[cold]
    #[inline(never)]
    fn share_slowly(&self, key: usize) -> Option<Found<'_, T, C>> {
        let found = self.find(key)?;
        loop {
            let Err(seen) = found.slot.lifecycle.share(found.key) else { return Some(found) };
            match seen.refusal(found.key) {
                Refused::Absent => return None,
                Refused::Limit => too_many_guards(found.key),
                Refused::Intent if found.slot.lifecycle.share_intended(found.key, seen) => return Some(found),
                Refused::Intent => {}
            }
        }
    }

    /// Whether the entry of `key` could be read at this moment.
    pub(crate) fn contains(&self, key: usize) -> bool {
        self.find(key).is_some_and(|found| found.slot.lifecycle.peek(found.key.page()).is_readable(found.key))
    }

    /// Returns the rows that have pages, with the number of their pages.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        let directory = self.directory();
        (0..directory.rows()).map(move |row| (row, directory.pages(row))).filter(|&(_, pages)| pages > 0)
    }

    /// The number of entries, including removed ones that guards still hold. May be outdated at once while other
    /// threads insert and remove.
    pub(crate) fn len(&self) -> usize {
        let directory = self.directory();
        let total = self.rows().fold(0_usize, |total, (row, pages)| {
            let pages = (0..pages).filter_map(|page| {
                let number = PageNumber::<C>::new(page as u32);
                Some((directory.page(row, number)?, number))
            });
            pages.fold(total, |total, (page, number)| {
                let others = &page.page().others.0;
                // SAFETY: shards live as long as `self`.
                let of_shard = if number.get() == 0 { unsafe { others.shard.as_ref() }.counted() } else { 0 };
                total.wrapping_add(of_shard).wrapping_sub(others.remote.count(number))
            })
        });
        // The parts are read one after another, so their sum may be below zero.
        if total > isize::MAX as usize { 0 } else { total }
    }

    /// The number of slots of all existing pages.
    pub(crate) fn capacity(&self) -> usize {
        self.rows()
            .map(|(_, pages)| (0..pages).map(|page| PageNumber::<C>::new(page as u32).size()).sum::<usize>())
            .sum()
    }
}

#[cold]
#[inline(never)]
pub(super) fn too_many_guards<C: Config>(key: Key<C>) -> ! {
    let most = Lifecycle::new(0, key.page()).most_guards();
    panic!("flagstone: entry {:#x} has {most} guards, the most that can be counted; one more was refused", key.raw())
}

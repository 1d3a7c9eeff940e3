//! The core of a slab: all shards and all their pages, found by number. Its tables are allocated at the first insertion
//! or pin.
//!
//! `joining`, `insertion` and `removal` add how shards are made, and how slots are taken and freed.

use core::{marker::PhantomData, ptr::NonNull};

use super::{
    directory::{self, Directory, DirectoryPointer},
    roster::{self, Roster, RosterPointer},
    shard::Shard,
    waiters::Waiters,
};
use crate::{
    config::Config,
    key::{Key, PageNumber},
    raw::{
        page::PagePointer,
        pins::{pin::PinList, token::Token},
        slot::{
            Slot,
            lifecycle::{Lifecycle, Refused, Unreadable},
        },
    },
    sync::{self, AtomicPtr, Mutex, Ordering, cell::UnsafeCell},
};

/// An existing slot, found by a key. The lifecycle word says whether it holds the key's entry.
pub(in crate::raw) struct Found<'a, T, C> {
    pub(in crate::raw) key: Key<C>,
    pub(in crate::raw) slot: &'a Slot<T>,
    pub(in crate::raw) page: PagePointer<T, C>,
    pub(in crate::raw) directory: DirectoryPointer<T, C>,
}

impl<T, C> Clone for Found<'_, T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C> Copy for Found<'_, T, C> {}

/// The sizes of a table's pages.
#[derive(Clone, Copy)]
enum Pages {
    /// As many as their numbers allow.
    Full,
    /// At least as many slots as [`SMALL_PAGES`] says.
    #[cfg(feature = "task")]
    OfSmall,
    /// At least as many slots as [`LARGE_PAGES`] says.
    #[cfg(feature = "task")]
    OfLarge,
}

/// The largest size of a small value, in bytes.
#[cfg(feature = "task")]
const MOST_OF_A_SMALL_VALUE: usize = 4096;

/// The number of slots of page `n` if values are small, as a power of two. From 2 on each page has eight times as many
/// as the one before, until there are 1,024, which few programs need. Then it has twice as many, so that little is
/// wasted, and from a million on four times as many, since the number of pages is limited.
#[cfg(feature = "task")]
const SMALL_PAGES: [u8; 16] = [1, 4, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 23, 25];

/// The same for large values: from 1 on twice as many until there are 64, then four times as many.
#[cfg(feature = "task")]
const LARGE_PAGES: [u8; 16] = [0, 0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22];

/// The core of a slab.
pub(crate) struct ShardTable<T, C: Config> {
    /// Replaced by larger ones; never null.
    pub(in crate::raw) directory: AtomicPtr<Directory>,
    /// Replaced by larger ones; never null.
    pub(in crate::raw) roster: AtomicPtr<Roster>,
    /// The pins of all threads that ever pinned the slab. Every removal reads it, next to the pointer that it reads
    /// anyway.
    pub(in crate::raw) pins: PinList,
    /// Held while a thread acts as the owner of the overflow shard. No user code runs while it is held.
    pub(in crate::raw) overflow: Mutex<()>,
    pub(in crate::raw) waiters: Waiters,
    /// The sizes of its pages.
    pages: Pages,
    /// Identifies the slab, for threads that pin it with guards.
    pub(in crate::raw) token: Token,
    /// The table owns values of type `T`, and is `Sync` only by the `impl` below. It is invariant in both parameters: a
    /// directory has one layout, and one configuration may be a subtype of another.
    _values: PhantomData<UnsafeCell<T>>,
    _config: PhantomData<fn(C) -> C>,
}

// SAFETY: a shared table hands out `&T` on any thread (hence `T: Sync`). It moves values in on one thread, and moves
// them out or drops them on another (hence `T: Send`). Of `C` only constants are used. All else in it is shared by the
// rules of `implementation.md`.
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
                pages: Pages::Full,
                token: Token::new(),
                _values: PhantomData,
                _config: PhantomData,
            }
        }
    }

    /// Returns a table whose first pages have fewer slots than their numbers allow. So a table of few entries is small.
    /// Look-ups are the same as in other tables, since everything that they derive from a page's number is unchanged.
    ///
    /// # Safety
    ///
    /// Keys that the table has not handed out are not looked up, except by [`has_slot`](Self::has_slot) and functions
    /// that call that first: such a key may name a slot behind the end of a page.
    #[cfg(feature = "task")]
    pub(crate) unsafe fn with_short_pages() -> Self {
        const { assert!(C::MAX_PAGES <= SMALL_PAGES.len() && C::MAX_PAGES <= LARGE_PAGES.len()) };
        let mut table = Self::new();
        table.pages = if size_of::<T>() <= MOST_OF_A_SMALL_VALUE { Pages::OfSmall } else { Pages::OfLarge };
        table
    }

    /// Returns the number of slots that a page of this number gets if it should have room for `wanted` entries:
    /// `wanted`, but no more than its number allows, and no fewer than it gets anyway.
    #[cfg_attr(not(feature = "task"), expect(unused_variables, reason = "only the pages of tasks are short"))]
    pub(in crate::raw) fn slots_of_page(&self, number: PageNumber<C>, wanted: usize) -> usize {
        #[cfg(feature = "task")]
        let short = |least: [u8; 16]| wanted.max(1 << least[number.get() as usize]).min(number.size());
        match self.pages {
            Pages::Full => number.size(),
            #[cfg(feature = "task")]
            Pages::OfSmall => short(SMALL_PAGES),
            #[cfg(feature = "task")]
            Pages::OfLarge => short(LARGE_PAGES),
        }
    }

    /// Returns whether there is a slot to which a key points. The key may be any number.
    #[cfg(feature = "task")]
    pub(in crate::raw) fn has_slot(&self, key: usize) -> bool {
        let key = Key::<C>::from_raw(key);
        self.directory().page_at(key.index()).is_some_and(|page| key.offset() < page.page().others.0.slots)
    }

    #[inline(always)]
    pub(in crate::raw) fn directory(&self) -> DirectoryPointer<T, C> {
        // Ordering: Acquire - pairs with the Release in `found` and in `grow_directory`; a directory is initialised
        // before it is published.
        let head = self.directory.load(Ordering::Acquire);
        // SAFETY: it is never null.
        let head = unsafe { NonNull::new_unchecked(head) };
        // SAFETY: directories are freed only with `self`.
        unsafe { DirectoryPointer::from_ptr(head) }
    }

    #[inline(always)]
    pub(in crate::raw) fn roster(&self) -> RosterPointer<T, C> {
        // Ordering: Acquire - pairs with the Release in `join` and in `grow_roster`; a roster is initialised before it
        // is published.
        let head = self.roster.load(Ordering::Acquire);
        // SAFETY: it is never null.
        let head = unsafe { NonNull::new_unchecked(head) };
        // SAFETY: rosters are freed only with `self`.
        unsafe { RosterPointer::from_ptr(head) }
    }

    /// Returns the block of the thread of this number, if it has one.
    #[inline(always)]
    pub(in crate::raw) fn shard(&self, number: usize) -> Option<&Shard<T, C>> {
        // SAFETY: shards live as long as `self` (D2), and everything in them may be accessed through a shared
        // reference.
        self.roster().shard(number).map(|shard| unsafe { shard.as_ref() })
    }

    /// Returns the slot to which a key points, if such a slot exists. Where pages are short, the key must be one that
    /// was handed out.
    #[inline(always)]
    pub(in crate::raw) fn find(&self, key: usize) -> Option<Found<'_, T, C>> {
        let key = Key::from_raw(key);
        let directory = self.directory();
        let page = directory.page_at(key.index())?;
        // SAFETY: an offset is masked with the page's size. Where pages are short, the code that made the table ensures
        // that the key was handed out.
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
    #[track_caller]
    pub(in crate::raw) fn share(&self, key: usize) -> Option<Found<'_, T, C>> {
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
    #[track_caller]
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

    /// Returns whether the entry of `key` could be read at this moment.
    pub(crate) fn contains(&self, key: usize) -> bool {
        self.presence(key).is_ok()
    }

    /// Returns what a look-up of `key` finds at this moment.
    pub(in crate::raw) fn presence(&self, key: usize) -> Result<(), Unreadable> {
        self.find(key)
            .map_or(Err(Unreadable::Absent), |found| found.slot.lifecycle.peek(found.key.page()).presence(found.key))
    }

    /// Returns the rows that have pages, with the number of their pages.
    pub(in crate::raw) fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        let directory = self.directory();
        (0..directory.rows()).map(move |row| (row, directory.pages(row))).filter(|&(_, pages)| pages > 0)
    }

    /// Returns the number of entries, including removed ones that guards still hold. May be outdated at once while
    /// other threads insert and remove.
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

    /// Returns the number of slots of all existing pages.
    pub(crate) fn capacity(&self) -> usize {
        let directory = self.directory();
        self.rows()
            .flat_map(|(row, pages)| {
                (0..pages).filter_map(move |page| directory.page(row, PageNumber::new(page as u32)))
            })
            .map(|page| page.page().others.0.slots)
            .sum()
    }
}

#[cold]
#[inline(never)]
#[track_caller]
pub(in crate::raw) fn too_many_guards<C: Config>(key: Key<C>) -> ! {
    let most = Lifecycle::new(0, key.page()).most_guards();
    panic!("flagstone: entry {:#x} has {most} guards, the most that can be counted; one more was refused", key.raw())
}

//! The two free lists of a page: the owner-local list, and the remote stack, on which all other threads return slots.
//!
//! Both link slots through their lifecycle words ([`Lifecycle::linked`]). Only operations of that list write the word
//! of a slot on it (invariant F1).

use core::{mem, ptr::NonNull};

use crate::{
    bits::Field,
    config::Config,
    key::{Key, PageNumber},
    raw::slot::{Slot, lifecycle::Lifecycle},
    sync::{AtomicUsize, Ordering, cell::UnsafeCell},
};

/// The slots of a page, by offset.
pub(crate) struct Slots<T, C> {
    first: NonNull<Slot<T>>,
    page: PageNumber<C>,
}

impl<T, C> Clone for Slots<T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, C> Copy for Slots<T, C> {}

impl<T, C: Config> Slots<T, C> {
    /// # Safety
    ///
    /// `first` is the first of the slots of a page of number `page`, all of them blank or in use (in a short page the
    /// last one is linked to the end), and its provenance spans them all. The result must not be used after the page is
    /// freed.
    #[inline(always)]
    pub(crate) unsafe fn new(first: NonNull<Slot<T>>, page: PageNumber<C>) -> Self {
        Self { first, page }
    }

    #[inline(always)]
    pub(crate) fn page(&self) -> PageNumber<C> {
        self.page
    }

    /// # Safety
    ///
    /// The page has a slot of this offset: it is less than the page's size, and in a short page less than the number of
    /// its slots.
    #[inline(always)]
    pub(crate) unsafe fn at(&self, offset: usize) -> NonNull<Slot<T>> {
        debug_assert!(offset < self.page.size());
        // SAFETY: the caller says that the page has a slot of this offset.
        unsafe { self.first.add(offset) }
    }

    /// Returns the word of a free slot without its link, and the offset to which the link leads.
    ///
    /// # Safety
    ///
    /// The page has a slot of this offset, which is on the list that the caller works on (F1).
    unsafe fn follow(&self, offset: usize) -> (Lifecycle<C>, usize) {
        // SAFETY: the caller says that the offset is in the page.
        let slot = unsafe { self.at(offset) };
        // SAFETY: slots live as long as their page, which `new`'s caller keeps.
        let word = unsafe { slot.as_ref() }.lifecycle.owned(self.page);
        (word.unlinked(), word.next_of_free(offset))
    }

    /// # Safety
    ///
    /// The page has a slot of this offset, which is the caller's (L2) or on the list that the caller works on (F1).
    #[inline(always)]
    unsafe fn link(&self, offset: usize, free: Lifecycle<C>, next: usize) {
        // SAFETY: the caller says that the offset is in the page.
        let slot = unsafe { self.at(offset) };
        // SAFETY: slots live as long as their page, which `new`'s caller keeps.
        unsafe { slot.as_ref() }.lifecycle.rewrite_free(free.linked(offset, next));
    }
}

/// The owner-local free list of a page.
///
/// With a zero head it is the list of all slots of a zeroed page, in order.
pub(crate) struct LocalList<C> {
    /// The offset of the first free slot. If there is none: the size that the page's number allows, also in a short
    /// page.
    head: UnsafeCell<usize>,
    /// Slots from here on were never used, or not since the page was blanked. Written only by the owner, read by all
    /// threads.
    high_water: AtomicUsize,
    /// The generation with which slots from `high_water` on begin.
    floor: UnsafeCell<usize>,
    /// The bits that all keys of the page share.
    keys: Key<C>,
    /// This and the next follow from the page's number. They are kept here since this cache line is read anyway.
    size: usize,
    generation_mask: usize,
}

/// All slots of a page, off its list.
#[derive(Clone, Copy)]
pub(crate) struct Detached {
    /// The generation with which all of them can continue.
    pub(crate) generation: usize,
    /// Whether some of them keep values.
    pub(crate) keeps_values: bool,
}

/// A slot that was taken off a list.
pub(crate) struct Popped<T, C> {
    pub(crate) key: Key<C>,
    /// The generation, in its position in the lifecycle word. The word itself may still be blank.
    pub(crate) generation: usize,
    pub(crate) slot: NonNull<Slot<T>>,
    /// Whether the slot keeps a value.
    pub(crate) filled: bool,
    /// Whether the list is empty now.
    pub(crate) was_last: bool,
}

impl<C: Config> LocalList<C> {
    /// Creates the list of all slots of a zeroed page.
    pub(crate) fn of_all(shard: usize, page: PageNumber<C>) -> Self {
        Self {
            head: UnsafeCell::new(0),
            high_water: AtomicUsize::new(0),
            floor: UnsafeCell::new(0),
            keys: Key::of_page(shard, page),
            size: page.size(),
            generation_mask: page.generation_mask(),
        }
    }

    /// If the page has fewer slots than its number allows, links the last one, which is blank, to the end of the list.
    /// (The word of a blank slot links it to the next slot.)
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), `slots` are the page's, and there are `count` of them, all the caller's and
    /// blank.
    pub(crate) unsafe fn end_short_page<T>(&self, slots: Slots<T, C>, count: usize) {
        if count < self.size {
            // SAFETY: there are `count` slots, and all are the caller's.
            unsafe { slots.link(count - 1, Lifecycle::new(0, slots.page), self.size) };
        }
    }

    /// Returns whether the first slot of the list was not used since the page was blank. Returns `false` if the list is
    /// empty.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1).
    #[cfg(feature = "task")]
    #[inline(always)]
    pub(crate) unsafe fn first_is_blank(&self) -> bool {
        self.head.with(|head| {
            // SAFETY: only the owner reads and writes the head.
            let offset = unsafe { *head };
            offset != self.size && offset >= self.high_water()
        })
    }

    /// Takes the first slot.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), `first` is the first of its slots, with the provenance of all, and the list
    /// is not empty.
    #[inline(always)]
    pub(crate) unsafe fn pop<T>(&self, first: NonNull<Slot<T>>) -> Popped<T, C> {
        self.head.with_mut(|head| {
            // SAFETY: only the owner reads and writes the head.
            let offset = unsafe { *head };
            // SAFETY: the list is not empty, so its head is a slot of the page.
            let slot = unsafe { first.add(offset) };
            // SAFETY: slots live as long as their page, to which the list belongs.
            let word = unsafe { slot.as_ref() }.lifecycle.owned_free();
            let mut generation = word & self.generation_mask;
            let link = word ^ generation;
            let next = Lifecycle::<C>::next_free(offset, link);
            // SAFETY: as above.
            unsafe { *head = next };
            // Ordering: Relaxed - the owner's own writes; other threads use only the number, and find later slots
            // blank.
            if offset >= self.high_water.load(Ordering::Relaxed) {
                // Ordering: Relaxed - as above.
                self.high_water.store(offset + 1, Ordering::Relaxed);
                // SAFETY: only the owner reads and writes the floor.
                generation = self.floor.with(|floor| unsafe { *floor });
            }
            Popped {
                key: self.keys.with(generation, offset),
                generation,
                slot,
                filled: Lifecycle::<C>::link_says_filled(link),
                was_last: next == self.size,
            }
        })
    }

    /// Puts a slot on the list, and returns whether the list was empty.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), `slots` are the page's, and the slot at `offset` is the caller's (L2).
    #[inline(always)]
    pub(crate) unsafe fn push<T>(&self, slots: Slots<T, C>, offset: usize, free: Lifecycle<C>) -> bool {
        self.head.with_mut(|head| {
            // SAFETY: only the owner reads and writes the head.
            let next = unsafe { *head };
            // SAFETY: the slot is in the page, and the caller's.
            unsafe { slots.link(offset, free, next) };
            // SAFETY: as above.
            unsafe { *head = offset };
            next == self.size
        })
    }

    /// Makes a chain of slots that other threads returned the whole list.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), the list is empty, and `first` comes from the page's [`RemoteStack`].
    pub(crate) unsafe fn adopt(&self, first: usize) {
        self.head.with_mut(|head| {
            // SAFETY: only the owner reads and writes the head.
            unsafe { *head = first }
        });
    }

    /// Puts a chain of slots that other threads returned in front of the list.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), `slots` are the page's, and `first` comes from its [`RemoteStack`] and has
    /// not been put on a list since.
    pub(crate) unsafe fn prepend<T>(&self, slots: Slots<T, C>, first: usize) {
        let mut last = first;
        // SAFETY: the slots of the chain are the owner's now.
        let mut followed = unsafe { slots.follow(last) };
        while followed.1 != self.size {
            last = followed.1;
            // SAFETY: as above.
            followed = unsafe { slots.follow(last) };
        }
        self.head.with_mut(|head| {
            // SAFETY: only the owner reads and writes the head.
            let next = unsafe { mem::replace(&mut *head, first) };
            // SAFETY: the chain's last slot is the owner's.
            unsafe { slots.link(last, followed.0, next) };
        });
    }

    /// Takes all slots, if every slot that was used is on the list and all can continue with one generation. Otherwise
    /// leaves the list as it is.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), and `slots` are the page's.
    pub(crate) unsafe fn take_all<T>(&self, slots: Slots<T, C>) -> Option<Detached> {
        let used = self.high_water();
        self.head.with_mut(|head| {
            // SAFETY: only the owner reads and writes the floor.
            let floor = self.floor.with(|floor| unsafe { *floor });
            let (mut nearest, mut furthest, mut keeps_values) = (usize::MAX, 0, false);
            // SAFETY: only the owner reads and writes the head.
            let (mut offset, mut seen) = (unsafe { *head }, 0);
            // Unused slots follow all others, in order.
            while offset < used {
                // SAFETY: the slot is on the owner's list.
                let (word, next) = unsafe { slots.follow(offset) };
                // Where generations wrap, the distance wraps too.
                let distance = word.generation().wrapping_sub(floor) & self.generation_mask;
                (nearest, furthest) = (nearest.min(distance), furthest.max(distance));
                keeps_values |= word.holds_value();
                (offset, seen) = (next, seen + 1);
            }
            if used == 0 || seen < used {
                return None;
            }
            // A slot that would skip half of the period or more might hand out keys again that it has just handed out.
            if C::WRAP_GENERATIONS && furthest - nearest > self.generation_mask / 2 {
                return None;
            }
            // SAFETY: only the owner reads and writes the head.
            unsafe { *head = self.size };
            Some(Detached { generation: floor.wrapping_add(furthest) & self.generation_mask, keeps_values })
        })
    }

    /// Makes this the list of all slots of a blank page again, with generations that begin at `generation`.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), which has all its slots; they are blank, and `generation` is what
    /// `take_all` of this list has returned for them (L1).
    pub(crate) unsafe fn restart(&self, generation: usize) {
        // Ordering: Relaxed - a thread that reads the old number loads blank words.
        self.high_water.store(0, Ordering::Relaxed);
        // SAFETY: only the owner reads and writes the floor.
        self.floor.with_mut(|floor| unsafe { *floor = generation });
        // SAFETY: only the owner reads and writes the head.
        self.head.with_mut(|head| unsafe { *head = 0 });
    }

    /// Returns the number of slots that were used since the page was blank. Wait-free; the result may be outdated at
    /// once. Becomes zero only when no slot holds an entry or a value.
    pub(crate) fn high_water(&self) -> usize {
        // Ordering: Relaxed - a thread that must see an entry is ordered after its insertion already, and then sees a
        // number that covers it; slots below it are read through their own words.
        self.high_water.load(Ordering::Relaxed)
    }
}

/// The remote free list: the slots that threads other than the owner returned. They are pushed one by one and taken all
/// at once.
///
/// No thread pops a single slot, so a push from a head that was seen before is correct: the link leads to the same top
/// slot (no ABA problem). One word: the offset of the top slot + 1 (0: empty), and above it the number of slots.
/// Treiber, "Systems Programming: Coping with Parallelism", 1986.
pub(crate) struct RemoteStack(AtomicUsize);

/// The result of a push.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pushed {
    /// The stack was empty: it has not been announced to the owner yet.
    pub(crate) was_empty: bool,
    /// The count in the head is at its maximum, and this slot is not in it.
    pub(crate) uncounted: bool,
}

/// A snapshot of a stack's head.
struct Head<C> {
    word: usize,
    page: PageNumber<C>,
}

impl<C: Config> Head<C> {
    /// Returns the field of the top slot's offset + 1.
    const fn top(&self) -> Field {
        Field::new(0, self.page.size().trailing_zeros() + 1)
    }

    const fn count(&self) -> Field {
        let top = self.top();
        top.then(usize::BITS - top.bits)
    }

    /// Returns the offset of the top slot, or the page's size, which means "none" in a link.
    const fn next(&self) -> usize {
        match self.top().get(self.word) {
            0 => self.page.size(),
            above => above - 1,
        }
    }

    const fn is_empty(&self) -> bool {
        self.word == 0
    }

    const fn pushed(&self, offset: usize) -> (usize, Pushed) {
        let count = self.count().get(self.word);
        let uncounted = count == self.count().max();
        let count = if uncounted { count } else { count + 1 };
        let word = self.count().put(count) | self.top().put(offset + 1);
        (word, Pushed { was_empty: self.is_empty(), uncounted })
    }
}

impl RemoteStack {
    pub(crate) fn empty() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Puts a slot on the stack. Lock-free.
    ///
    /// # Safety
    ///
    /// `slots` are the page's, and the slot at `offset` is the caller's (L2).
    pub(crate) unsafe fn push<T, C: Config>(&self, slots: Slots<T, C>, offset: usize, free: Lifecycle<C>) -> Pushed {
        // Ordering: Relaxed - a guess; the slot below the top is not accessed.
        let mut head = Head { word: self.0.load(Ordering::Relaxed), page: slots.page };
        loop {
            // SAFETY: the slot is in the page, and the caller's until the CAS succeeds.
            unsafe { slots.link(offset, free, head.next()) };
            let (word, pushed) = head.pushed(offset);
            // Ordering: Release - pairs with the Acquire in `take_all`; publishes the slot's link and generation, and
            // the end of its value. Earlier pushes are published by their own releases: this CAS continues their
            // release sequences. Failure is Relaxed: the loop only retries.
            match self.0.compare_exchange_weak(head.word, word, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return pushed,
                Err(word) => head.word = word,
            }
        }
    }

    /// Takes all slots. Returns the first of the chain, and the number of slots that the head counted. Wait-free.
    pub(crate) fn take_all<C: Config>(&self, page: PageNumber<C>) -> Option<(usize, usize)> {
        // Ordering: Acquire - pairs with the Release of every `push` in the chain; the owner follows their links.
        let head = Head { word: self.0.swap(0, Ordering::Acquire), page };
        (!head.is_empty()).then(|| (head.next(), head.count().get(head.word)))
    }

    /// Returns the number of slots that the head counts. Wait-free; the result may be outdated at once.
    pub(crate) fn count<C: Config>(&self, page: PageNumber<C>) -> usize {
        // Ordering: Relaxed - a number for a statistic.
        let head = Head { word: self.0.load(Ordering::Relaxed), page };
        head.count().get(head.word)
    }
}

#[cfg(test)]
mod tests;

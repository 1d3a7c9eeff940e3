//! A page's free slots: the owner's plain list, and the stack on which everyone else gives slots back.
//!
//! Both link slots through their lifecycle words ([`Lifecycle::linked`]). A slot on a list is written by nobody but
//! those who work on that list (invariant F1).

use core::{mem, ptr::NonNull};

use super::{lifecycle::Lifecycle, slot::Slot};
use crate::{
    bits::Field,
    config::Config,
    key::{Key, PageNumber},
    sync::{AtomicUsize, Ordering, cell::UnsafeCell},
};

/// The slots of a page, reached by offset.
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
    /// `first` is the first of the slots of a page of number `page`, all of them blank or in use (in a short page: the last one
    /// linked to the end), and its provenance spans them all. The result must not be used after the page is freed.
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
    /// The page has a slot of this offset: less than the page's size, and in a short page than its slots.
    #[inline(always)]
    pub(crate) unsafe fn at(&self, offset: usize) -> NonNull<Slot<T>> {
        debug_assert!(offset < self.page.size());
        // SAFETY: the caller says that the page has so many slots.
        unsafe { self.first.add(offset) }
    }

    /// The word of a free slot, without its link, and the offset to which that leads.
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

/// The free slots that only the page's owner knows.
///
/// With a zero head it is the list of all slots of a zeroed page, in order.
pub(crate) struct LocalList<C> {
    /// The offset of the first free slot; the size that the page's number allows if there is none, also in a short page.
    head: UnsafeCell<usize>,
    /// Slots from here on were never used, or not since the page was blanked. Written by the owner alone, read by all.
    high_water: AtomicUsize,
    /// The generation with which slots from `high_water` on begin.
    floor: UnsafeCell<usize>,
    /// What all keys of the page share.
    keys: Key<C>,
    /// These two follow from the page's number; kept here since this line is read anyway.
    size: usize,
    generation_mask: usize,
}

/// All slots of a page, off its list.
#[derive(Clone, Copy)]
pub(crate) struct Detached {
    /// With which all of them can go on.
    pub(crate) generation: usize,
    /// Some of them keep values.
    pub(crate) keeps_values: bool,
}

/// A slot that was taken off a list.
pub(crate) struct Popped<T, C> {
    pub(crate) key: Key<C>,
    /// In its place in the lifecycle word; the word itself may be blank still.
    pub(crate) generation: usize,
    pub(crate) slot: NonNull<Slot<T>>,
    /// The slot keeps a value.
    pub(crate) filled: bool,
    /// The list is empty now.
    pub(crate) was_last: bool,
}

impl<C: Config> LocalList<C> {
    /// The list of all slots of a zeroed page.
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

    /// Where the page has fewer slots than its number allows: links the last one, which is blank, to the end of the list. (The word
    /// of a blank slot links it to the one that follows.)
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), `slots` are the page's, and there are `count` of them, all the caller's and blank.
    pub(crate) unsafe fn end_short_page<T>(&self, slots: Slots<T, C>, count: usize) {
        if count < self.size {
            // SAFETY: there are `count` slots, and all are the caller's.
            unsafe { slots.link(count - 1, Lifecycle::new(0, slots.page), self.size) };
        }
    }

    /// Whether the first slot of the list was never used since the page was blank. `false` where the list is empty.
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
    /// The caller is the page's owner (T1), `first` is the first of its slots, with the provenance of all, and the list is
    /// not empty.
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
            // Ordering: Relaxed - the owner's own writes; others learn the number only, and find later slots blank.
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

    /// Puts a slot on the list, and says whether the list was empty.
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

    /// Takes over the chain that others made, as the whole list.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), the list is empty, and `head` comes from the page's [`RemoteStack`].
    pub(crate) unsafe fn adopt(&self, first: usize) {
        self.head.with_mut(|head| {
            // SAFETY: only the owner reads and writes the head.
            unsafe { *head = first }
        });
    }

    /// Puts the chain that others made before the list.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), `slots` are the page's, and `first` comes from its [`RemoteStack`] and was put on
    /// no list since.
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

    /// Takes all slots, if every one that was used is on the list, and they can go on with one generation. Else leaves the
    /// list as it is.
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
            // Unused slots stand in order behind all others.
            while offset < used {
                // SAFETY: the slot is on the owner's list.
                let (word, next) = unsafe { slots.follow(offset) };
                // Where generations wrap: around the circle.
                let distance = word.generation().wrapping_sub(floor) & self.generation_mask;
                (nearest, furthest) = (nearest.min(distance), furthest.max(distance));
                keeps_values |= word.holds_value();
                (offset, seen) = (next, seen + 1);
            }
            if used == 0 || seen < used {
                return None;
            }
            // A slot that would skip half of the circle or more might hand out keys again that it has just had.
            if C::WRAP_GENERATIONS && furthest - nearest > self.generation_mask / 2 {
                return None;
            }
            // SAFETY: only the owner reads and writes the head.
            unsafe { *head = self.size };
            Some(Detached { generation: floor.wrapping_add(furthest) & self.generation_mask, keeps_values })
        })
    }

    /// Makes it the list of all slots of a blank page again, whose generations begin at `generation`.
    ///
    /// # Safety
    ///
    /// The caller is the page's owner (T1), who has all its slots; they are blank, and `generation` is what `take_all` of this
    /// list has returned for them (L1).
    pub(crate) unsafe fn restart(&self, generation: usize) {
        // Ordering: Relaxed - whoever reads the old number looks at blank words.
        self.high_water.store(0, Ordering::Relaxed);
        // SAFETY: only the owner reads and writes the floor.
        self.floor.with_mut(|floor| unsafe { *floor = generation });
        // SAFETY: only the owner reads and writes the head.
        self.head.with_mut(|head| unsafe { *head = 0 });
    }

    /// How many of the page's slots were used since it was blank. Wait-free, and at once out of date; falls to zero only
    /// when no slot holds an entry or a value.
    pub(crate) fn high_water(&self) -> usize {
        // Ordering: Relaxed - whoever must see an entry is ordered after its insertion already, and then sees a number
        // that covers it; slots below it are looked at through their own words.
        self.high_water.load(Ordering::Relaxed)
    }
}

/// The slots that threads other than the owner gave back: pushed one by one, taken all at once.
///
/// Nobody takes a single slot from it, so a head that is seen twice stands for the same chain, and there is no ABA.
/// One word: the offset of the top slot + 1 (0: empty), and above it how many slots there are. Treiber, "Systems
/// Programming: Coping with Parallelism", 1986.
pub(crate) struct RemoteStack(AtomicUsize);

/// What a push found.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pushed {
    /// The stack was empty: nobody has told the owner of it yet.
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
    /// The top slot's offset + 1.
    const fn top(&self) -> Field {
        Field::new(0, self.page.size().trailing_zeros() + 1)
    }

    const fn count(&self) -> Field {
        let top = self.top();
        top.then(usize::BITS - top.bits)
    }

    /// The offset of the top slot, or the page's size: what a link calls "none".
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
        // Ordering: Relaxed - a guess; the slot below the top is not touched.
        let mut head = Head { word: self.0.load(Ordering::Relaxed), page: slots.page };
        loop {
            // SAFETY: the slot is in the page, and the caller's until the exchange succeeds.
            unsafe { slots.link(offset, free, head.next()) };
            let (word, pushed) = head.pushed(offset);
            // Ordering: Release - pairs with the Acquire in `take_all`; publishes the slot's link and generation, and
            // the end of its value. Earlier pushes are published by their own releases: this exchange continues their
            // release sequences. Failure is Relaxed: the loop only looks again.
            match self.0.compare_exchange_weak(head.word, word, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return pushed,
                Err(word) => head.word = word,
            }
        }
    }

    /// Takes all slots: the first of the chain, and how many the head counted. Wait-free.
    pub(crate) fn take_all<C: Config>(&self, page: PageNumber<C>) -> Option<(usize, usize)> {
        // Ordering: Acquire - pairs with the Release of every `push` in the chain; the owner follows their links.
        let head = Head { word: self.0.swap(0, Ordering::Acquire), page };
        (!head.is_empty()).then(|| (head.next(), head.count().get(head.word)))
    }

    /// How many slots the head counts. Wait-free, and at once out of date.
    pub(crate) fn count<C: Config>(&self, page: PageNumber<C>) -> usize {
        // Ordering: Relaxed - a number for a statistic.
        let head = Head { word: self.0.load(Ordering::Relaxed), page };
        head.count().get(head.word)
    }
}

#[cfg(test)]
mod tests;

//! What the lives of all slots of a shard should be: which key comes next in each, and what the statistics say.
//!
//! A key is taken apart as `implementation.md` draws it: shard, page, generation and offset.

use std::marker::PhantomData;

use flagstone::{Config, PageStats, Slab, Stats};

/// How many slots a page has.
pub(super) fn size<C: Config>(page: usize) -> usize {
    C::INITIAL_PAGE_SIZE.next_power_of_two() << page
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) page: usize,
    pub(super) offset: usize,
    pub(super) generation: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// Free, and the generation that comes next.
    Free(usize),
    /// The generation of its entry.
    Live(usize),
    Retired,
}

#[derive(Default)]
struct Page {
    /// Those that were used since the page was trimmed last.
    slots: Vec<Slot>,
    /// The generation with which all others begin.
    floor: usize,
}

/// One shard, which has as many pages as were needed.
pub(super) struct Lives<C> {
    pages: Vec<Page>,
    shard: Option<usize>,
    /// Keys that trimming has left out.
    skipped: usize,
    _config: PhantomData<C>,
}

impl<C: Config> Lives<C> {
    pub(super) fn new() -> Self {
        Self { pages: Vec::new(), shard: None, skipped: 0, _config: PhantomData }
    }

    pub(super) fn place(&self, key: usize) -> Place {
        let (above, shared) = (key / Slab::<u8, C>::KEYS_PER_PAGE, key % Slab::<u8, C>::KEYS_PER_PAGE);
        let page = above % C::MAX_PAGES.next_power_of_two();
        Place { page, offset: shared % size::<C>(page), generation: shared / size::<C>(page) }
    }

    /// Checks that this is the key that is due, of a slot that may be used.
    pub(super) fn begin(&mut self, key: usize) {
        let Place { page, offset, generation } = self.place(key);
        let shard = key / Slab::<u8, C>::KEYS_PER_PAGE / C::MAX_PAGES.next_power_of_two();
        assert_eq!(*self.shard.get_or_insert(shard), shard, "the thread has one shard");
        if page == self.pages.len() {
            assert!(self.have_no_free_slot(), "a page was added while there was room");
            self.pages.push(Page::default());
        }
        let Page { slots, floor } = &mut self.pages[page];
        if offset == slots.len() {
            slots.push(Slot::Free(*floor));
        }
        assert_eq!(slots[offset], Slot::Free(generation), "key {key:#x}: page {page}, offset {offset}");
        slots[offset] = Slot::Live(generation);
    }

    pub(super) fn end(&mut self, key: usize) {
        let Place { page, offset, generation } = self.place(key);
        let slot = &mut self.pages[page].slots[offset];
        assert_eq!(*slot, Slot::Live(generation));
        *slot = match generation + 1 {
            next if next < Slab::<u8, C>::generations(page) => Slot::Free(next),
            _ if C::WRAP_GENERATIONS => Slot::Free(0),
            _ => Slot::Retired,
        };
    }

    /// Pages without entries and retired slots begin anew, with the generation of the most used slot.
    pub(super) fn trim(&mut self) {
        for (number, page) in self.pages.iter_mut().enumerate() {
            let next = |slot: &Slot| if let Slot::Free(next) = slot { Some(*next) } else { None };
            let Some(all) = page.slots.iter().map(next).collect::<Option<Vec<_>>>() else { continue };
            let Some(floor) = all.iter().max() else { continue };
            let untouched = (size::<C>(number) - all.len()) * (floor - page.floor);
            self.skipped += untouched + all.iter().map(|next| floor - next).sum::<usize>();
            *page = Page { slots: Vec::new(), floor: *floor };
        }
    }

    pub(super) fn skipped(&self) -> usize {
        self.skipped
    }

    fn have_no_free_slot(&self) -> bool {
        let has_none = |(number, page): (usize, &Page)| {
            page.slots.len() == size::<C>(number) && page.slots.iter().all(|slot| !matches!(slot, Slot::Free(_)))
        };
        self.pages.iter().enumerate().all(has_none)
    }

    /// Whether there is no room in the shard.
    pub(super) fn are_full(&self) -> bool {
        self.pages.len() == C::MAX_PAGES && self.have_no_free_slot()
    }

    /// Whether all slots of a page are retired.
    pub(super) fn are_spent(&self, page: usize) -> bool {
        let slots = &self.pages[page].slots;
        slots.len() == size::<C>(page) && slots.iter().all(|slot| *slot == Slot::Retired)
    }

    /// Checks the numbers of each page, and their sums.
    pub(super) fn check(&self, stats: &Stats) {
        let pages = stats.shards().first().map_or(&[][..], |shard| &shard.pages);
        assert_eq!((stats.shards().len(), pages.len()), (usize::from(!self.pages.is_empty()), self.pages.len()));
        let (mut live, mut retired, mut capacity) = (0, 0, 0);
        for (number, (page, found)) in self.pages.iter().zip(pages).enumerate() {
            let count = |wanted: fn(&Slot) -> bool| page.slots.iter().filter(|slot| wanted(slot)).count();
            let expected = [
                size::<C>(number),
                count(|slot| matches!(slot, Slot::Live(_))),
                page.slots.len(),
                count(|slot| *slot == Slot::Retired),
            ];
            assert_eq!(numbers(found), expected, "page {number}: slots, entries, used, retired");
            capacity += expected[0];
            live += expected[1];
            retired += expected[3];
        }
        let used = self.pages.iter().map(|page| page.slots.len()).sum();
        assert_eq!(numbers(&stats.total()), [capacity, live, used, retired]);
        for shard in stats.shards() {
            assert_eq!((Some(shard.number), shard.total()), (self.shard, stats.total()));
        }
    }
}

fn numbers(page: &PageStats) -> [usize; 4] {
    [page.capacity, page.live, page.high_water, page.retired]
}

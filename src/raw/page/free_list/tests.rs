#![cfg(not(flagstone_loom))]

use std::collections::BTreeSet;

use super::*;
use crate::{
    bits::low_bits,
    config::{DefaultConfig, Layout},
    raw::page::PagePointer,
};

/// A configuration in one line.
macro_rules! config {
    ($name:ident: $($constant:ident = $value:expr),*) => {
        struct $name;
        impl Config for $name {
            $(const $constant: usize = $value;)*
        }
    };
}

// Pages of 1, 2 and 4 slots.
config! { Small: MAX_THREADS = 1, MAX_PAGES = 3, INITIAL_PAGE_SIZE = 1 }
// The stack's head has the fewest bits for the count if the page has the maximum size.
config! { Largest: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 << (usize::BITS - 8) }

const SHARD: usize = 1;

fn pages<C: Config>() -> impl Iterator<Item = PageNumber<C>> {
    (0..C::MAX_PAGES as u32).map(PageNumber::new)
}

/// A page of real slots without values, freed at the end.
struct TestPage<C: Config> {
    pointer: PagePointer<(), C>,
    number: PageNumber<C>,
}

impl<C: Config> TestPage<C> {
    fn new(number: PageNumber<C>) -> Self {
        let pointer = PagePointer::allocate(SHARD, number, number.size(), NonNull::dangling())
            .expect("a small page has room in memory");
        Self { pointer, number }
    }

    fn list(&self) -> &LocalList<C> {
        &self.pointer.page().owner.0.list
    }

    fn stack(&self) -> &RemoteStack {
        &self.pointer.page().others.0.remote
    }

    fn slots(&self) -> Slots<(), C> {
        self.pointer.slots(self.number)
    }

    fn free(&self, generation: usize) -> Lifecycle<C> {
        Lifecycle::new(generation << (usize::BITS - self.number.generation_bits()), self.number)
    }
}

impl<C: Config> Drop for TestPage<C> {
    fn drop(&mut self) {
        // SAFETY: `new` made it with this number, and no list is used any more.
        unsafe { self.pointer.deallocate() };
    }
}

/// The lists of a page, beside a model of them. Free slots are in the order in which they would be popped.
struct Lists {
    page: TestPage<Small>,
    local: Vec<usize>,
    remote: Vec<usize>,
    held: Vec<usize>,
    generations: Vec<usize>,
    high_water: usize,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Pop,
    PushOldest,
    PushNewest,
    GiveBackOldest,
    GiveBackNewest,
    Adopt,
}

const STEPS: [Step; 6] =
    [Step::Pop, Step::PushOldest, Step::PushNewest, Step::GiveBackOldest, Step::GiveBackNewest, Step::Adopt];

impl Lists {
    fn new(number: PageNumber<Small>) -> Self {
        let size = number.size();
        let (local, generations) = ((0..size).collect(), vec![0; size]);
        Self { page: TestPage::new(number), local, remote: vec![], held: vec![], generations, high_water: 0 }
    }

    fn can(&self, step: Step) -> bool {
        match step {
            Step::Pop => !self.local.is_empty(),
            Step::PushOldest | Step::GiveBackOldest => !self.held.is_empty(),
            // The same as "oldest" if there is only one.
            Step::PushNewest | Step::GiveBackNewest => self.held.len() > 1,
            Step::Adopt => self.local.is_empty(),
        }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Pop => self.pop(),
            Step::PushOldest => self.push(0),
            Step::PushNewest => self.push(self.held.len() - 1),
            Step::GiveBackOldest => self.give_back(0),
            Step::GiveBackNewest => self.give_back(self.held.len() - 1),
            Step::Adopt => self.adopt(),
        }
        assert_eq!(self.page.list().high_water(), self.high_water);
        assert_eq!(self.page.stack().count(self.page.number), self.remote.len());
    }

    fn pop(&mut self) {
        // SAFETY: this thread is the only one, the slots are the page's, and `can` has seen that some are left.
        let popped = unsafe { self.page.list().pop(self.page.slots().first) };
        let offset = self.local.remove(0);
        let generation = self.page.free(self.generations[offset]).generation();
        assert_eq!(
            (popped.key.offset(), popped.generation, popped.was_last),
            (offset, generation, self.local.is_empty())
        );
        assert_eq!(popped.key.raw(), Key::of_page(SHARD, self.page.number).with(generation, offset).raw());
        self.held.push(offset);
        self.high_water = self.high_water.max(offset + 1);
    }

    fn push(&mut self, held: usize) {
        let offset = self.next_life(held);
        let free = self.page.free(self.generations[offset]);
        // SAFETY: this thread is the only one, the slots are the page's, and the slot was popped by it.
        let was_empty = unsafe { self.page.list().push(self.page.slots(), offset, free) };
        assert_eq!(was_empty, self.local.is_empty());
        self.local.insert(0, offset);
    }

    fn give_back(&mut self, held: usize) {
        let offset = self.next_life(held);
        let free = self.page.free(self.generations[offset]);
        // SAFETY: the slots are the page's, and the slot was popped by this thread.
        let pushed = unsafe { self.page.stack().push(self.page.slots(), offset, free) };
        assert_eq!(pushed, Pushed { was_empty: self.remote.is_empty(), uncounted: false });
        self.remote.insert(0, offset);
    }

    fn next_life(&mut self, held: usize) -> usize {
        let offset = self.held.remove(held);
        self.generations[offset] += 1;
        offset
    }

    fn adopt(&mut self) {
        match self.page.stack().take_all(self.page.number) {
            None => assert!(self.remote.is_empty()),
            Some((first, counted)) => {
                assert_eq!((Some(&first), counted), (self.remote.first(), self.remote.len()));
                // SAFETY: this thread is the only one, the list is empty (`can`), and the chain is the page's.
                unsafe { self.page.list().adopt(first) };
                self.local = core::mem::take(&mut self.remote);
            }
        }
    }
}

/// Runs every sequence of `length` steps from the start, and returns how many there are.
fn explore(number: PageNumber<Small>, length: usize) -> usize {
    let mut sequences = vec![Vec::new()];
    for _ in 0..length {
        sequences = sequences
            .iter()
            .flat_map(|steps| {
                let mut lists = Lists::new(number);
                steps.iter().for_each(|&step| lists.run(step));
                STEPS.into_iter().filter(move |&step| lists.can(step)).map(move |step| {
                    let mut longer: Vec<Step> = steps.clone();
                    longer.push(step);
                    longer
                })
            })
            .collect();
    }
    for steps in &sequences {
        let mut lists = Lists::new(number);
        steps.iter().for_each(|&step| lists.run(step));
        // After any steps, no slot is lost and none is on a list twice.
        while lists.can(Step::Pop) {
            lists.run(Step::Pop);
        }
        lists.run(Step::Adopt);
        while lists.can(Step::Pop) {
            lists.run(Step::Pop);
        }
        let all: BTreeSet<usize> = lists.held.iter().copied().collect();
        assert!(all.len() == lists.held.len() && all.into_iter().eq(0..number.size()), "{steps:?}");
    }
    sequences.len()
}

#[test]
fn lists_of_pages_of_one_two_and_four_slots_in_every_order() {
    let explored = [(0, 14), (1, 10), (2, 9)].map(|(page, length)| explore(PageNumber::new(page), length));
    assert!(explored.into_iter().all(|sequences| sequences > 500), "{explored:?}");
}

#[test]
fn a_fresh_page_is_popped_in_order() {
    let page = TestPage::<DefaultConfig>::new(PageNumber::new(2));
    for offset in 0..page.number.size() {
        // SAFETY: this thread is the only one, the slots are the page's, and that number of slots was never popped.
        let popped = unsafe { page.list().pop(page.slots().first) };
        assert_eq!((popped.key.offset(), popped.was_last), (offset, offset + 1 == page.number.size()));
        assert_eq!(page.list().high_water(), offset + 1);
    }
}

/// Makes the head of a page from what it should hold.
fn head<C: Config>(page: PageNumber<C>, top: Option<usize>, count: usize) -> Head<C> {
    let top_bits = page.size().trailing_zeros() + 1;
    Head { word: top.map_or(0, |top| top + 1) | (count << top_bits), page }
}

/// All offsets of a small page, both ends and the middle of a large one.
fn some_offsets(size: usize) -> Vec<usize> {
    if size <= 64 { (0..size).collect() } else { vec![0, 1, 2, size / 2 - 1, size / 2, size - 2, size - 1] }
}

fn packing<C: Config>() {
    for page in pages::<C>() {
        let size = page.size();
        let most = low_bits(usize::BITS - (size.trailing_zeros() + 1));
        let empty = Head { word: 0, page };
        assert!(empty.is_empty());
        assert_eq!(empty.next(), size, "no slot is below the first");
        assert_eq!(empty.count().max(), most);
        for offset in some_offsets(size) {
            let (word, pushed) = empty.pushed(offset);
            assert_eq!(word, head(page, Some(offset), 1).word);
            assert_eq!(pushed, Pushed { was_empty: true, uncounted: false });
            for count in [1, 2, most / 2, most - 1, most] {
                let below = head(page, Some(offset), count);
                assert!(!below.is_empty());
                assert_eq!((below.next(), below.count().get(below.word)), (offset, count));
                for top in some_offsets(size) {
                    let (word, pushed) = below.pushed(top);
                    assert_eq!(word, head(page, Some(top), most.min(count + 1)).word, "a full count stays full");
                    assert_eq!(pushed, Pushed { was_empty: false, uncounted: count == most });
                }
            }
        }
    }
}

#[test]
fn a_stacks_head_packs_top_and_count_and_saturates() {
    packing::<Small>();
    packing::<DefaultConfig>();
    packing::<Largest>();
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_count_is_narrow_where_the_page_is_large() {
    let count_bits = |page| Head::<DefaultConfig> { word: 0, page: PageNumber::new(page) }.count().bits;
    // 2^36 slots: 37 bits for the top, so the count has too few bits for the number of slots.
    assert_eq!((count_bits(0), count_bits(31)), (58, 27));
    assert_eq!(Head::<Largest> { word: 0, page: PageNumber::new(0) }.count().max(), 127);
}

#[test]
fn what_is_not_counted_is_reported_by_the_stack_too() {
    let page = TestPage::<Small>::new(PageNumber::new(1));
    let most = head(page.number, None, 0).count().max();
    let full = head(page.number, Some(0), most);
    let stack = RemoteStack(AtomicUsize::new(full.word));
    // SAFETY: the slots are the page's, and this thread is the only one.
    let pushed = unsafe { stack.push(page.slots(), 1, page.free(1)) };
    assert_eq!(pushed, Pushed { was_empty: false, uncounted: true });
    assert_eq!(stack.count(page.number), most);
    assert_eq!(stack.take_all(page.number), Some((1, most)));
    assert_eq!(stack.take_all(page.number), None);
}

#[test]
fn links_have_room_on_every_page() {
    fn check<C: Config>() {
        for page in pages::<C>() {
            // The largest link is that of the last slot but one to none, or of the last to the middle.
            let count_bits = usize::BITS - page.generation_bits() - 2;
            assert!((2 * page.size() - 1) >> count_bits == 0, "page {}", page.get());
        }
        let () = Layout::<C>::VALID;
    }
    check::<Small>();
    check::<DefaultConfig>();
    check::<Largest>();
}

/// A page with fewer slots than its number allows: each slot is taken once, in order; slots are returned through both
/// lists; and after a trimming the last one is the last again.
#[test]
fn short_pages() {
    for number in [PageNumber::<Small>::new(2), PageNumber::new(1)] {
        for count in 1..number.size() {
            let pointer = PagePointer::<(), _>::allocate(SHARD, number, count, NonNull::dangling()).unwrap();
            let (list, stack) = (&pointer.page().owner.0.list, &pointer.page().others.0.remote);
            let slots = pointer.slots(number);
            let pop = || {
                // SAFETY: this thread is the only one, and the callers count the slots that are left.
                let popped = unsafe { list.pop(slots.first) };
                (popped.key.offset(), popped.was_last)
            };
            let free =
                |generation: usize| Lifecycle::new(generation << (usize::BITS - number.generation_bits()), number);
            for generation in 1..4 {
                // SAFETY: this thread is the only one.
                assert!(unsafe { list.first_is_blank() });
                for offset in 0..count {
                    assert_eq!(pop(), (offset, offset + 1 == count));
                }
                // SAFETY: as above.
                assert!(unsafe { !list.first_is_blank() });
                // The first half on the list, the others on the stack.
                for offset in 0..count / 2 {
                    // SAFETY: the slots were popped by this thread.
                    assert_eq!(unsafe { list.push(slots, offset, free(generation)) }, offset == 0);
                }
                for offset in count / 2..count {
                    // SAFETY: as above.
                    let _ = unsafe { stack.push(slots, offset, free(generation)) };
                }
                let (first, counted) = stack.take_all(number).unwrap();
                assert_eq!(counted, count - count / 2);
                // SAFETY: this thread is the only one, and the chain is that of the stack.
                unsafe { list.prepend(slots, first) };
                // SAFETY: as above.
                let detached = unsafe { list.take_all(slots) }.unwrap();
                assert_eq!(detached.generation, free(generation).generation());
                for offset in 0..count {
                    // SAFETY: the page has that many slots.
                    let slot = unsafe { slots.at(offset) };
                    // SAFETY: the slots are this thread's.
                    unsafe { slot.as_ref() }.lifecycle.rewrite_free(Lifecycle::<Small>::new(0, number));
                }
                // SAFETY: as above, and they are blank.
                unsafe { list.restart(detached.generation) };
                // SAFETY: as above.
                unsafe { list.end_short_page(slots, count) };
            }
            // SAFETY: no list is used any more.
            unsafe { pointer.deallocate() };
        }
    }
}

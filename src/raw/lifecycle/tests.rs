#[cfg(not(flagstone_loom))]
use core::mem;

use super::*;
use crate::config::{DefaultConfig, Layout};

/// A configuration in one line.
macro_rules! config {
    ($name:ident: $($constant:ident = $value:expr),*) => {
        struct $name;
        impl Config for $name {
            $(const $constant: usize = $value;)*
        }
    };
}

const WORD: usize = usize::BITS as usize;

// 4 shared bits: generations of 3 bits beside 1 of offset on page 0, of 2 beside 2 on page 1. All can be tried.
config! { Tiny: MAX_THREADS = 1, MAX_PAGES = 2, INITIAL_PAGE_SIZE = 2, RESERVED_BITS = WORD - 7 }
// One bit of generation: all neighbours are each other.
config! { Least: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1, RESERVED_BITS = WORD - 3 }
// As few bits to count with as there may be.
config! { Counted: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 }

const STATES: [State; 4] = [State::Free, State::Present, State::Marked, State::Taking];

/// A lifecycle word taken apart, as plain numbers; the tests' own idea of what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts {
    generation: usize,
    count: usize,
    state: State,
}

/// The shape of the words of one page, computed apart from the code under test.
struct Shape<C> {
    page: PageNumber<C>,
    generation_bits: u32,
}

impl<C> Clone for Shape<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Shape<C> {}

impl<C: Config> Shape<C> {
    fn of(page: u32) -> Self {
        let offset_bits = C::INITIAL_PAGE_SIZE.next_power_of_two().trailing_zeros() + page;
        Self { page: PageNumber::new(page), generation_bits: Layout::<C>::SHARED_BITS - offset_bits }
    }

    /// Of every page of the configuration.
    fn all() -> impl Iterator<Item = Self> {
        (0..C::MAX_PAGES as u32).map(Self::of)
    }

    fn generations(self) -> usize {
        1 << self.generation_bits
    }

    fn exclusive(self) -> usize {
        (1 << (usize::BITS - STATE_BITS - self.generation_bits)) - 1
    }

    fn limit(self) -> usize {
        self.exclusive() / 2 + 1
    }

    fn word(self, Parts { generation, count, state }: Parts) -> Lifecycle<C> {
        let state = STATES.iter().position(|&one| one == state).expect("it is one of four");
        let generation = generation << (usize::BITS - self.generation_bits);
        Lifecycle::new(generation | (count << STATE_BITS) | state, self.page)
    }

    fn parts(self, word: Lifecycle<C>) -> Parts {
        let top = usize::BITS - self.generation_bits;
        Parts {
            generation: word.word >> top,
            count: (word.word << self.generation_bits) >> (self.generation_bits + STATE_BITS),
            state: STATES[word.word & 0b11],
        }
    }

    fn key(self, generation: usize, offset: usize) -> Key<C> {
        Key::of_page(1, self.page).with(generation << (usize::BITS - self.generation_bits), offset)
    }

    /// Few numbers: all. Many: both ends and the middle.
    fn some_below(end: usize) -> Vec<usize> {
        if end <= 16 { (0..end).collect() } else { vec![0, 1, 2, end / 2, end - 2, end - 1] }
    }

    fn some_words(self) -> impl Iterator<Item = Parts> {
        let counts = [0, 1, 2, 3, self.limit() / 2, self.limit() - 1, self.limit(), self.exclusive()];
        Self::some_below(self.generations()).into_iter().flat_map(move |generation| {
            counts.into_iter().flat_map(move |count| STATES.map(|state| Parts { generation, count, state }))
        })
    }

    /// Every word with every key of its page, or many of both: the word, its parts, the key, the key's generation.
    fn some_pairs(self, mut check: impl FnMut(Lifecycle<C>, Parts, Key<C>, usize)) {
        for parts in self.some_words() {
            let mut generations = Self::some_below(self.generations());
            // The neighbours are what an overflowing count would turn a generation into.
            generations.extend([1, self.generations() - 1].map(|step| (parts.generation + step) % self.generations()));
            for generation in generations {
                for offset in Self::some_below(self.page.size()) {
                    check(self.word(parts), parts, self.key(generation, offset), generation);
                }
            }
        }
    }
}

/// Runs a check for every page of every configuration.
macro_rules! for_every_page {
    ($check:ident) => {
        Shape::<Tiny>::all().for_each($check);
        Shape::<Least>::all().for_each($check);
        Shape::<Counted>::all().for_each($check);
        Shape::<DefaultConfig>::all().for_each($check);
    };
}

#[test]
fn parts_are_where_the_tests_think() {
    fn check<C: Config>(shape: Shape<C>) {
        for parts in shape.some_words() {
            let word = shape.word(parts);
            assert_eq!(shape.parts(word), parts);
            assert_eq!(word.state(), parts.state);
            assert_eq!(word.count() >> STATE_BITS, parts.count);
            assert_eq!(word.generation() >> (usize::BITS - shape.generation_bits), parts.generation);
            assert_eq!(word.is_exclusive(), parts.count == shape.exclusive());
            assert_eq!(word.most_guards(), shape.limit());
        }
    }
    for_every_page!(check);
}

#[test]
fn enough_guards_can_be_counted() {
    let least = if usize::BITS >= 64 { 1_048_576 } else { 1_024 };
    fn check<C: Config>(shape: Shape<C>, least: usize) {
        assert!(shape.limit() >= least, "page {}: {}", shape.page.get(), shape.limit());
    }
    Shape::<Tiny>::all().for_each(|shape| check(shape, least));
    Shape::<Least>::all().for_each(|shape| check(shape, least));
    Shape::<DefaultConfig>::all().for_each(|shape| check(shape, least));
    // The configuration that leaves the fewest has exactly as many as promised.
    assert_eq!(Shape::<Counted>::of(0).limit(), least);
}

/// A guard is given for a present entry of the same generation, if it is not exclusive and the count has room; in
/// particular not for the *next* generation's key when one more guard would carry into the generation.
#[test]
fn sharing() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let present = parts.state == State::Present && parts.generation == generation;
            let expected = if !present || parts.count == shape.exclusive() {
                Err(Refused::Absent)
            } else if parts.count == shape.limit() {
                Err(Refused::Limit)
            } else {
                Ok(Parts { count: parts.count + 1, ..parts })
            };
            let got = word.shared_by_one_more(key).map(|shared| shape.parts(shared)).ok_or_else(|| word.refusal(key));
            assert_eq!(got, expected, "{word:?} for a key of generation {generation}");
        });
    }
    for_every_page!(check);
}

/// A clone needs no key, and is made of removed entries too.
#[test]
fn cloning() {
    fn check<C: Config>(shape: Shape<C>) {
        // Whoever clones a guard has one.
        for parts in shape.some_words().filter(|parts| parts.state != State::Free && parts.count > 0) {
            let expected = if parts.count < shape.limit() {
                Ok(Parts { count: parts.count + 1, ..parts })
            } else {
                Err(Refused::Limit)
            };
            assert_eq!(shape.word(parts).cloned().map(|cloned| shape.parts(cloned)), expected, "{parts:?}");
        }
    }
    for_every_page!(check);
}

#[test]
fn looking() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let present = parts.state == State::Present && parts.generation == generation;
            assert_eq!(word.is_present(key), present, "{word:?}");
            assert_eq!(word.is_readable(key), present && parts.count != shape.exclusive(), "{word:?}");
        });
    }
    for_every_page!(check);
}

/// What a pinned thread may read, it may read with one look, also where one guard more would be refused.
#[cfg(not(flagstone_loom))]
#[test]
fn reading_without_counting() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let cell = cell(word);
            let shared = parts.state == State::Present && parts.count != shape.exclusive();
            let readable = shared && parts.generation == generation;
            assert_eq!(cell.is_readable(key), readable, "{word:?} for a key of generation {generation}");
            let found = cell.readable_generation(shape.page);
            assert_eq!(found, shared.then_some(word.generation()), "{word:?}");
            assert_eq!(cell.peek(shape.page).word, word.word, "a look changes nothing");
        });
    }
    for_every_page!(check);
}

/// Who holds an entry exclusively ends it, unless it was removed or taken meanwhile, whoever has the slot now.
#[cfg(not(flagstone_loom))]
#[test]
fn ending_what_one_holds_exclusively() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let cell = cell(word);
            let held = Parts { generation, count: shape.exclusive(), state: State::Present };
            assert_eq!(cell.claim_exclusive(key), parts == held, "{word:?} for a key of generation {generation}");
            let after = if parts == held { word.next_life() } else { word };
            assert_eq!(cell.peek(shape.page).word, after.word, "{word:?}");
        });
    }
    for_every_page!(check);
}

/// What was removed or taken is counted for the pinned, whatever the word was that its owner left.
#[cfg(not(flagstone_loom))]
#[test]
fn counting_pins() {
    fn check<C: Config>(shape: Shape<C>) {
        for generation in Shape::<C>::some_below(shape.generations()) {
            for before in shape.some_words() {
                for count in [1, 2, 3, 1 + C::MAX_THREADS] {
                    for (taken, state) in [(false, State::Marked), (true, State::Taking)] {
                        let cell = cell(shape.word(before));
                        cell.count_pins(shape.key(generation, 0), count, taken);
                        let after = shape.parts(cell.peek(shape.page));
                        assert_eq!(after, Parts { generation, count, state }, "after {before:?}");
                    }
                }
            }
        }
    }
    for_every_page!(check);
}

#[test]
fn a_count_for_each_thread_and_one_more_is_less_than_exclusive() {
    fn check<C: Config>(shape: Shape<C>) {
        assert!(1 + C::MAX_THREADS < shape.exclusive(), "page {}", shape.page.get());
    }
    for_every_page!(check);
    // As many threads as there may be.
    config! { Most: MAX_THREADS = if WORD >= 64 { 1_048_575 } else { 1_023 }, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 }
    Shape::<Most>::all().for_each(check);
}

/// Counts go back one by one or several at once; the last ones have a duty, and only they.
#[cfg(not(flagstone_loom))]
#[test]
fn giving_counts_of_pins_back() {
    fn check<C: Config>(shape: Shape<C>) {
        for parts in shape.some_words().filter(|parts| matches!(parts.state, State::Marked | State::Taking)) {
            let some = [1, 2, 3, parts.count / 2, parts.count];
            for counts in some.into_iter().filter(|counts| (1..=parts.count).contains(counts)) {
                let cell = cell(shape.word(parts));
                let expected = match parts.state {
                    _ if counts < parts.count => Duty::None,
                    State::Marked => Duty::Destroy,
                    _ => Duty::WakeTaker,
                };
                let duty = cell.release_after_pins(shape.key(parts.generation, 0), counts);
                assert_eq!(duty, expected, "{counts} of {parts:?}");
                let after = Parts { count: parts.count - counts, ..parts };
                assert_eq!(shape.parts(cell.peek(shape.page)), after, "{counts} of {parts:?}");
            }
        }
    }
    for_every_page!(check);
}

/// All counts that a remover takes go back, in every way to cut them up: one duty, at the end.
#[cfg(not(flagstone_loom))]
#[test]
fn of_all_counts_of_pins_the_last_has_the_duty() {
    fn give_back(shape: Shape<Tiny>, key: Key<Tiny>, counts: usize, left: usize, taken: bool) {
        for next in 1..=left {
            let cell = blank();
            cell.count_pins(key, counts, taken);
            if left < counts {
                assert_eq!(cell.release_after_pins(key, counts - left), Duty::None);
            }
            assert!(!cell.await_release(shape.page));
            let due = if taken { Duty::WakeTaker } else { Duty::Destroy };
            assert_eq!(cell.release_after_pins(key, next), if next == left { due } else { Duty::None });
            assert_eq!(cell.await_release(shape.page), next == left);
            give_back(shape, key, counts, left - next, taken);
        }
    }
    for shape in Shape::<Tiny>::all() {
        for generation in 0..shape.generations() {
            for counts in 1..=6 {
                give_back(shape, shape.key(generation, 0), counts, counts, false);
                give_back(shape, shape.key(generation, 0), counts, counts, true);
            }
        }
    }
}

/// What both removal and taking make of a present entry.
fn ended<C: Config>(shape: Shape<C>, parts: Parts, generation: usize, state: State) -> Option<Parts> {
    let Parts { count, .. } = parts;
    if parts.state != State::Present || parts.generation != generation {
        None
    } else if count == 0 {
        Some(Parts { generation: (generation + 1) % shape.generations(), count: 0, state: State::Free })
    } else {
        Some(Parts { generation, count: if count == shape.exclusive() { 1 } else { count }, state })
    }
}

#[test]
fn removing() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let (after, duty) = word.removed(key);
            let expected = ended(shape, parts, generation, State::Marked);
            assert_eq!(after.map(|after| shape.parts(after)), expected, "{word:?}");
            let due = match expected {
                None => Removal::Absent,
                Some(Parts { state: State::Free, .. }) => Removal::Claimed,
                Some(_) => Removal::Deferred,
            };
            assert_eq!(duty, due, "{word:?}");
        });
    }
    for_every_page!(check);
}

#[test]
fn taking() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let (after, duty) = word.taken(key);
            let expected = ended(shape, parts, generation, State::Taking);
            assert_eq!(after.map(|after| shape.parts(after)), expected, "{word:?}");
            let due = match expected {
                None => Taking::Absent,
                Some(Parts { state: State::Free, .. }) => Taking::Claimed,
                Some(_) => Taking::Wait,
            };
            assert_eq!(duty, due, "{word:?}");
        });
    }
    for_every_page!(check);
}

#[test]
fn the_last_guard_of_a_removed_entry_has_a_duty() {
    fn check<C: Config>(shape: Shape<C>) {
        for parts in shape.some_words() {
            let expected = match (parts.state, parts.count) {
                (State::Marked, 1) => Duty::Destroy,
                (State::Taking, 1) => Duty::WakeTaker,
                _ => Duty::None,
            };
            assert_eq!(shape.word(parts).duty_of_release(), expected, "{parts:?}");
        }
    }
    for_every_page!(check);
}

#[test]
fn the_next_life_has_the_next_generation_and_no_link() {
    fn check<C: Config>(shape: Shape<C>) {
        for parts in shape.some_words() {
            let next = shape.word(parts).next_life();
            let generation = (parts.generation + 1) % shape.generations();
            assert_eq!(shape.parts(next), Parts { generation, count: 0, state: State::Free });
            assert_eq!(next.has_run_out(), generation == 0, "{parts:?}");
        }
    }
    for_every_page!(check);
}

#[test]
fn a_slot_comes_by_every_generation_once() {
    fn check<C: Config>(shape: Shape<C>) {
        let mut word = Lifecycle::<C>::new(0, shape.page);
        for generation in 0..shape.generations() {
            assert_eq!(shape.parts(word).generation, generation);
            word = word.next_life();
            assert_eq!(word.has_run_out(), generation == shape.generations() - 1);
        }
        assert_eq!(word.word, 0);
    }
    Shape::<Tiny>::all().for_each(check);
    Shape::<Least>::all().for_each(check);
    // The last page of the default configuration: 2^10 on 64 bits, 2^3 on 32.
    check(Shape::<DefaultConfig>::of(DefaultConfig::MAX_PAGES as u32 - 1));
}

/// Every pair of a slot and the next one on the list ("none" is the page's size), or both ends and the middle.
fn links<C: Config>(shape: Shape<C>) {
    let size = shape.page.size();
    let some = |end: usize| if end <= 64 { (0..end).collect() } else { vec![0, 1, 2, end / 2, end - 2, end - 1] };
    for generation in Shape::<C>::some_below(shape.generations()) {
        let free = shape.word(Parts { generation, count: 0, state: State::Free });
        for offset in some(size) {
            for next in some(size + 1) {
                for filled in [false, true] {
                    let linked = free.keeping(filled).linked(offset, next);
                    assert_eq!(linked.state(), State::Free);
                    assert_eq!(linked.generation(), free.generation());
                    let link = linked.word ^ linked.generation();
                    assert_eq!(Lifecycle::<C>::next_free(offset, link), next, "from {offset} of {size}");
                    assert_eq!(Lifecycle::<C>::link_says_filled(link), filled);
                    assert_eq!(linked.holds_value(), filled);
                    // Both are forgotten by the next life.
                    assert_eq!(linked.next_life().word, free.next_life().word);
                }
            }
        }
    }
}

#[test]
fn a_free_slot_names_the_next() {
    for_every_page!(links);
}

#[test]
fn zeroed_slots_are_a_list_of_themselves_in_order() {
    fn check<C: Config>(shape: Shape<C>) {
        for offset in Shape::<C>::some_below(shape.page.size()) {
            assert_eq!(Lifecycle::<C>::next_free(offset, 0), offset + 1);
            assert_eq!(Lifecycle::<C>::new(0, shape.page).linked(offset, offset + 1).word, 0);
        }
    }
    for_every_page!(check);
}

#[test]
fn a_word_shows_its_parts() {
    let shape = Shape::<Tiny>::of(0);
    let word = shape.word(Parts { generation: 5, count: 2, state: State::Marked });
    assert_eq!(format!("{word:?}"), "Lifecycle { generation: 5, count: 2, state: Marked }");
}

#[cfg(not(flagstone_loom))]
fn blank() -> LifecycleCell {
    // SAFETY: all zero is a free slot of generation 0, as its documentation says and pages rely upon.
    unsafe { mem::zeroed() }
}

/// A cell with this word.
#[cfg(not(flagstone_loom))]
fn cell<C: Config>(word: Lifecycle<C>) -> LifecycleCell {
    // SAFETY: a cell is an atomic word and nothing else.
    unsafe { mem::transmute::<usize, LifecycleCell>(word.word) }
}

/// The cell, driven by one thread: each transition does to the word what the snapshot says.
#[cfg(not(flagstone_loom))]
mod one_thread {
    use super::*;

    /// A present entry of `generation` with as many guards.
    fn present(shape: Shape<Tiny>, generation: usize, guards: usize) -> (LifecycleCell, Key<Tiny>) {
        let (cell, key) = (blank(), shape.key(generation, 0));
        cell.publish(key.generation());
        for _ in 0..guards {
            assert!(cell.share(key).is_ok());
        }
        (cell, key)
    }

    fn parts(shape: Shape<Tiny>, cell: &LifecycleCell) -> Parts {
        shape.parts(cell.peek(shape.page))
    }

    fn duty(page: PageNumber<Tiny>, released: Released) -> Option<Duty> {
        match released {
            Released::Present => None,
            Released::Gone(before) => Some(Lifecycle::new(before, page).duty_of_release()),
        }
    }

    fn for_all(check: impl Fn(Shape<Tiny>, usize, usize)) {
        for shape in Shape::<Tiny>::all() {
            for generation in 0..shape.generations() {
                for guards in 0..4 {
                    check(shape, generation, guards);
                }
            }
        }
    }

    #[test]
    fn guards_are_counted_up_and_down() {
        for_all(|shape, generation, guards| {
            let (cell, _) = present(shape, generation, guards);
            for count in (0..guards).rev() {
                assert_eq!(duty(shape.page, cell.release()), None);
                assert_eq!(parts(shape, &cell), Parts { generation, count, state: State::Present });
            }
        });
    }

    #[test]
    fn the_last_guard_destroys_what_was_removed() {
        for_all(|shape, generation, guards| {
            let (cell, key) = present(shape, generation, guards);
            assert_eq!(cell.remove_unshared(key), guards == 0);
            if guards == 0 {
                return;
            }
            assert_eq!(cell.remove(key), Removal::Deferred);
            assert_eq!(cell.remove(key), Removal::Absent);
            assert_eq!(cell.take(key), Taking::Absent);
            assert_eq!(cell.exclude(key), Err(NotExclusive::Absent));
            assert_eq!(cell.share(key).map_err(|seen| seen.refusal(key)), Err(Refused::Absent));
            assert_eq!(cell.share_again(shape.page), Ok(()));
            for left in (0..=guards).rev() {
                let expected = if left == 0 { Duty::Destroy } else { Duty::None };
                assert_eq!(duty(shape.page, cell.release()), Some(expected));
            }
        });
    }

    #[test]
    fn the_last_guard_wakes_who_takes() {
        for_all(|shape, generation, guards| {
            let (cell, key) = present(shape, generation, guards);
            assert_eq!(cell.take(key), if guards == 0 { Taking::Claimed } else { Taking::Wait });
            assert_eq!(cell.take(key), Taking::Absent);
            assert_eq!(cell.remove(key), Removal::Absent);
            for left in (0..guards).rev() {
                assert!(!cell.await_release(shape.page));
                let expected = if left == 0 { Duty::WakeTaker } else { Duty::None };
                assert_eq!(duty(shape.page, cell.release()), Some(expected));
            }
            assert!(cell.await_release(shape.page));
        });
    }

    #[test]
    fn an_exclusive_guard_is_the_only_one() {
        for_all(|shape, generation, guards| {
            let (cell, key) = present(shape, generation, guards);
            if guards > 0 {
                assert_eq!(cell.exclude(key), Err(NotExclusive::InUse));
                return;
            }
            assert_eq!(cell.exclude(key), Ok(()));
            assert_eq!(cell.exclude(key), Err(NotExclusive::InUse));
            for other in 0..shape.generations() {
                let other_key = shape.key(other, 0);
                let got = cell.share(other_key).map_err(|seen| seen.refusal(other_key));
                assert_eq!(got, Err(Refused::Absent), "generation {other}");
            }
            assert_eq!(duty(shape.page, cell.include(key)), None);
            assert_eq!(parts(shape, &cell), Parts { generation, count: 0, state: State::Present });
        });
    }

    #[test]
    fn an_exclusive_guard_becomes_an_ordinary_one_of_what_was_removed_or_taken() {
        for_all(|shape, generation, _| {
            let (cell, key) = present(shape, generation, 0);
            assert_eq!(cell.exclude(key), Ok(()));
            assert!(!cell.remove_unshared(key));
            assert_eq!(cell.remove(key), Removal::Deferred);
            assert_eq!(duty(shape.page, cell.include(key)), Some(Duty::Destroy));

            let (cell, key) = present(shape, generation, 0);
            assert_eq!(cell.exclude(key), Ok(()));
            assert_eq!(cell.take(key), Taking::Wait);
            assert!(!cell.await_release(shape.page));
            assert_eq!(duty(shape.page, cell.include(key)), Some(Duty::WakeTaker));
            assert!(cell.await_release(shape.page));
        });
    }

    #[test]
    fn a_published_slot_is_only_its_own_generations() {
        for_all(|shape, generation, guards| {
            let (cell, _) = present(shape, generation, guards);
            for other in (0..shape.generations()).filter(|&other| other != generation) {
                let stale = shape.key(other, 0);
                assert_eq!(cell.share(stale).map_err(|seen| seen.refusal(stale)), Err(Refused::Absent));
                assert!(!cell.remove_unshared(stale));
                assert_eq!(cell.remove(stale), Removal::Absent);
                assert_eq!(cell.take(stale), Taking::Absent);
                assert_eq!(cell.exclude(stale), Err(NotExclusive::Absent));
            }
            assert_eq!(parts(shape, &cell), Parts { generation, count: guards, state: State::Present });
        });
    }
}

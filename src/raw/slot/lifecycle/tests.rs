#[cfg(not(flagstone_loom))]
use core::mem;

use super::*;
use crate::config::{DefaultConfig, Layout, MOST_NUMBERS};

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
// One bit of generation: both neighbours of a generation are the same one.
config! { Least: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1, RESERVED_BITS = WORD - 3 }
// The minimum number of bits of the count.
config! { Counted: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 }

const STATES: [State; 4] = [State::Free, State::Present, State::Marked, State::Taking];

/// The parts of a lifecycle word as plain numbers: the tests' own model of the word.
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

    /// Whether the count of a present entry means an intent.
    fn is_intent(self, parts: Parts) -> bool {
        parts.state == State::Present && parts.count > self.limit() && parts.count < self.exclusive()
    }

    /// Whether the highest bit of the count says that the entry is promised, and the count without that bit.
    fn promised(self, parts: Parts) -> (bool, usize) {
        let is_promised = parts.state == State::Taking && parts.count >= self.limit();
        (is_promised, if is_promised { parts.count - self.limit() } else { parts.count })
    }

    /// The number of guards and pins of an entry that exists or existed.
    fn holders(self, parts: Parts) -> usize {
        match parts.state {
            State::Present if parts.count == self.exclusive() => 1,
            State::Present if self.is_intent(parts) => 0,
            _ => self.promised(parts).1,
        }
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

    /// All numbers if there are few; otherwise both ends and the middle.
    fn some_below(end: usize) -> Vec<usize> {
        if end <= 16 { (0..end).collect() } else { vec![0, 1, 2, end / 2, end - 2, end - 1] }
    }

    fn some_words(self) -> impl Iterator<Item = Parts> {
        let limit = self.limit();
        let counts = [
            0,
            1,
            2,
            3,
            limit / 2,
            limit - 2,
            limit - 1,
            limit,
            limit + 1,
            limit + 2,
            self.exclusive() - 1,
            self.exclusive(),
        ];
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
            let (is_promised, counted) = shape.promised(parts);
            assert_eq!(word.state(), if is_promised { State::Promised } else { parts.state });
            assert_eq!((word.count() >> STATE_BITS, word.counted() >> STATE_BITS), (parts.count, counted));
            assert_eq!(word.holders() >> STATE_BITS, shape.holders(parts));
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
            } else if shape.is_intent(parts) {
                Err(Refused::Intent)
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
        // A thread that clones a guard has one.
        let is_held = |parts: &Parts| {
            parts.state != State::Free
                && shape.holders(*parts) > 0
                && (parts.state != State::Present || parts.count <= shape.limit())
        };
        for parts in shape.some_words().filter(is_held) {
            // The count of a taken entry must not carry into its highest bit.
            let below = if parts.state == State::Taking { shape.limit() - 1 } else { shape.limit() };
            let expected = if shape.promised(parts).1 < below {
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

/// One load shows a pinned thread that it may read an entry, unless there is an intent, which it cancels, or there are
/// very many guards.
#[cfg(not(flagstone_loom))]
#[test]
fn reading_without_counting() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let cell = cell(word);
            let shared = parts.state == State::Present && parts.count != shape.exclusive();
            let few = shared && parts.count < shape.limit() - 1;
            let is_entry = parts.generation == generation;
            assert_eq!(cell.is_plainly_readable(key), few && is_entry, "{word:?} for a key of generation {generation}");
            let seen = cell.seen_by_walk(shape.page);
            assert_eq!(seen.readable_generation(), few.then_some(word.generation()), "{word:?}");
            assert_eq!(seen.may_be_readable(), shared, "{word:?}");
            assert_eq!(cell.peek(shape.page).word, word.word, "a look changes nothing");
            assert_eq!(cell.become_readable(key), shared && is_entry, "{word:?} for a key of generation {generation}");
            let cancelled = is_entry && shape.is_intent(parts);
            let after = Parts { count: if cancelled { 0 } else { parts.count }, ..parts };
            assert_eq!(shape.parts(cell.peek(shape.page)), after, "{word:?}");
        });
    }
    for_every_page!(check);
}

/// An attempt begins without guards, is ended by a thread that reads, removes or takes, and cannot be mistaken for that
/// of another thread.
#[cfg(not(flagstone_loom))]
#[test]
fn attempts() {
    fn check<C: Config>(shape: Shape<C>) {
        for generation in Shape::<C>::some_below(shape.generations()) {
            let key = shape.key(generation, 0);
            let unshared = Parts { generation, count: 0, state: State::Present };
            for id in [0, 1, 2, C::MAX_THREADS, MOST_NUMBERS] {
                let intent = Parts { count: shape.limit() + 1 + id, ..unshared };
                let begun = || {
                    let cell = cell(shape.word(unshared));
                    assert_eq!(cell.intend(key, id), Ok(()));
                    assert_eq!(shape.parts(cell.peek(shape.page)), intent);
                    assert!(shape.is_intent(intent), "{id}");
                    cell
                };
                let now = |cell: &LifecycleCell| shape.parts(cell.peek(shape.page));
                let cell = begun();
                cell.withdraw(key, id);
                assert_eq!(now(&cell), unshared);
                let cell = begun();
                assert_eq!(cell.exclude(key, id), Ok(()));
                assert_eq!(now(&cell), Parts { count: shape.exclusive(), ..unshared });
                let cell = begun();
                assert_eq!(cell.claim_intended(key, id), Ok(()));
                assert_eq!(now(&cell), shape.parts(shape.word(unshared).next_life()));
                // The attempt of another thread is not this one.
                for other in [0, 1, 2, MOST_NUMBERS].into_iter().filter(|&other| other != id) {
                    let cell = begun();
                    assert_eq!(cell.intend(key, other), Err(NotExclusive::InUse));
                    assert_eq!(cell.exclude(key, other), Err(NotExclusive::InUse));
                    assert_eq!(cell.claim_intended(key, other), Err(NotExclusive::InUse));
                    cell.withdraw(key, other);
                    assert_eq!(now(&cell), intent);
                }
                // Every operation of another thread ends it.
                let cell = begun();
                let seen = cell.share(key).expect_err("there is an intent");
                assert!(cell.share_intended(key, seen));
                assert_eq!((now(&cell).count, cell.exclude(key, id)), (1, Err(NotExclusive::InUse)));
                let cell = begun();
                assert!(!cell.remove_unshared(key));
                assert_eq!((cell.remove(key), cell.exclude(key, id)), (Removal::Claimed, Err(NotExclusive::Absent)));
                let cell = begun();
                assert_eq!(
                    (cell.take(key), cell.claim_intended(key, id)),
                    (Taking::Claimed, Err(NotExclusive::Absent))
                );
                let cell = begun();
                assert_eq!((cell.promise(key), cell.exclude(key, id)), (Promise::Made, Err(NotExclusive::InUse)));
            }
        }
    }
    for_every_page!(check);
}

/// Only in the state "present, no guards" can a thread get exclusive access at once.
#[cfg(not(flagstone_loom))]
#[test]
fn intending() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let cell = cell(word);
            let is_there = parts.state == State::Present || shape.promised(parts).0;
            let expected = if !is_there || parts.generation != generation {
                Err(NotExclusive::Absent)
            } else if parts.state == State::Present && parts.count == 0 {
                Ok(())
            } else {
                Err(NotExclusive::InUse)
            };
            assert_eq!(cell.intend(key, 1), expected, "{word:?} for a key of generation {generation}");
            assert_eq!(cell.peek(shape.page).word == word.word, expected.is_err(), "{word:?}");
        });
    }
    for_every_page!(check);
}

/// A removed or taken entry gets a count for the remover, whichever word its owner left, and then one for each pin.
#[cfg(not(flagstone_loom))]
#[test]
fn counting_pins() {
    fn check<C: Config>(shape: Shape<C>) {
        for generation in Shape::<C>::some_below(shape.generations()) {
            for before in shape.some_words() {
                for (taken, state) in [(false, State::Marked), (true, State::Taking)] {
                    let (cell, key) = (cell(shape.word(before)), shape.key(generation, 0));
                    cell.mark_claimed(key, taken);
                    for count in 1..4 {
                        let after = shape.parts(cell.peek(shape.page));
                        assert_eq!(after, Parts { generation, count, state }, "after {before:?}");
                        assert!(cell.count_pin(key));
                    }
                }
            }
        }
    }
    for_every_page!(check);
}

/// A count that has no room would change the state, or the generation.
#[cfg(not(flagstone_loom))]
#[test]
fn counting_ends_where_there_is_no_room() {
    fn check<C: Config>(shape: Shape<C>) {
        for parts in shape.some_words().filter(|parts| matches!(parts.state, State::Marked | State::Taking)) {
            let cell = cell(shape.word(parts));
            let counted = shape.promised(parts).1;
            let has_room =
                if parts.state == State::Marked { counted < shape.exclusive() } else { counted + 1 < shape.limit() };
            assert_eq!(cell.count_pin(shape.key(parts.generation, 0)), has_room, "{parts:?}");
            let after = Parts { count: parts.count + usize::from(has_room), ..parts };
            assert_eq!(shape.parts(cell.peek(shape.page)), after);
            assert_eq!(shape.promised(after).0, shape.promised(parts).0);
        }
    }
    for_every_page!(check);
}

/// The maximum numbers of guards and of pins, and the remover's count, are together less than the count that means
/// "exclusive".
#[test]
fn all_guards_and_pins_can_be_counted_and_all_attempts_named() {
    fn check<C: Config>(shape: Shape<C>) {
        assert!(shape.limit() + 1 + C::MAX_THREADS < shape.exclusive(), "page {}", shape.page.get());
        assert!(shape.limit() + 1 + MOST_NUMBERS < shape.exclusive(), "page {}", shape.page.get());
    }
    for_every_page!(check);
    // The maximum number of threads.
    config! { Most: MAX_THREADS = MOST_NUMBERS, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 }
    Shape::<Most>::all().for_each(check);
}

/// Counts are released one by one. Only the release of the last one returns a duty.
#[cfg(not(flagstone_loom))]
#[test]
fn giving_counts_of_pins_back() {
    fn check<C: Config>(shape: Shape<C>) {
        let is_counted =
            |parts: &Parts| matches!(parts.state, State::Marked | State::Taking) && shape.promised(*parts).1 > 0;
        for parts in shape.some_words().filter(is_counted) {
            let cell = cell(shape.word(parts));
            let expected = match parts.state {
                _ if shape.promised(parts).1 > 1 => Duty::None,
                State::Marked => Duty::Destroy,
                _ => Duty::WakeTaker,
            };
            assert_eq!(cell.release_after_pins(shape.key(parts.generation, 0)), expected, "{parts:?}");
            let after = Parts { count: parts.count - 1, ..parts };
            assert_eq!(shape.parts(cell.peek(shape.page)), after, "{parts:?}");
        }
    }
    for_every_page!(check);
}

/// A promised entry can continue in every way: it is claimed when no thread reads it, removed, or taken.
#[cfg(not(flagstone_loom))]
#[test]
fn promises() {
    fn check<C: Config>(shape: Shape<C>) {
        for generation in Shape::<C>::some_below(shape.generations()) {
            for guards in 0..3 {
                let key = shape.key(generation, 0);
                let made = || {
                    let cell = cell(shape.word(Parts { generation, count: guards, state: State::Present }));
                    assert_eq!(cell.promise(key), Promise::Made);
                    assert!(cell.is_promised(key, false) && cell.is_promised(key, true));
                    assert_eq!((cell.promise(key), cell.intend(key, 1)), (Promise::Busy, Err(NotExclusive::InUse)));
                    assert_eq!(cell.share(key).map_err(|seen| seen.refusal(key)), Err(Refused::Absent));
                    cell
                };
                let release = |cell: &LifecycleCell, counts: usize, last: Duty| {
                    for left in (0..counts).rev() {
                        let duty = cell.release_after_pins(key);
                        assert_eq!(duty, if left == 0 { last } else { Duty::None });
                    }
                };
                let cell = made();
                assert_eq!(cell.claim_promised(key), Promised::Waiting);
                release(&cell, guards + 1, Duty::WakeTaker);
                assert!(cell.is_promised(key, false) && !cell.is_promised(key, true));
                assert_eq!(cell.claim_promised(key), Promised::Claimed);
                assert!(!cell.is_promised(key, false));
                assert!(matches!(cell.include(key), Released::Present));

                let cell = made();
                assert_eq!(cell.remove(key), Removal::MarkedOfPromised);
                assert_eq!((cell.claim_promised(key), cell.remove(key)), (Promised::Broken, Removal::Absent));
                release(&cell, guards + 1, Duty::Destroy);

                let cell = made();
                assert_eq!(cell.take(key), Taking::MarkedOfPromised);
                assert_eq!((cell.claim_promised(key), cell.take(key)), (Promised::Broken, Taking::Absent));
                release(&cell, guards + 2, Duty::WakeTaker);
                assert!(cell.await_release(shape.page));

                for taken in [false, true] {
                    let cell = made();
                    release(&cell, guards + 1, Duty::WakeTaker);
                    if taken {
                        assert_eq!(cell.take(key), Taking::ClaimedOfPromised);
                    } else {
                        assert_eq!(cell.remove(key), Removal::ClaimedOfPromised);
                    }
                    assert_eq!(cell.claim_promised(key), Promised::Broken);
                }
            }
        }
    }
    for_every_page!(check);
}

/// An existing entry of that generation: its number of guards and pins, and whether it is promised.
fn there<C: Config>(shape: Shape<C>, parts: Parts, generation: usize) -> Option<(usize, bool)> {
    let is_promised = shape.promised(parts).0;
    let is_there = parts.generation == generation && (parts.state == State::Present || is_promised);
    is_there.then(|| (shape.holders(parts), is_promised))
}

#[test]
fn removing() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let next = Parts { generation: (generation + 1) % shape.generations(), count: 0, state: State::Free };
            let marked = |count| Parts { generation, count, state: State::Marked };
            let expected = match there(shape, parts, generation) {
                None => (None, Removal::Absent),
                Some((0, false)) => (Some(next), Removal::Claimed),
                Some((0, true)) => (Some(next), Removal::ClaimedOfPromised),
                Some((holders, false)) => (Some(marked(holders + 1)), Removal::Marked),
                Some((holders, true)) => (Some(marked(holders)), Removal::MarkedOfPromised),
            };
            let (after, duty) = word.removed(key);
            assert_eq!((after.map(|after| shape.parts(after)), duty), expected, "{word:?}");
        });
    }
    for_every_page!(check);
}

#[test]
fn taking() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let next = Parts { generation: (generation + 1) % shape.generations(), count: 0, state: State::Free };
            let taking = |count| Some(Parts { generation, count, state: State::Taking });
            let expected = match there(shape, parts, generation) {
                None => (None, Taking::Absent),
                Some((0, false)) => (Some(next), Taking::Claimed),
                Some((0, true)) => (Some(next), Taking::ClaimedOfPromised),
                Some((holders, _)) if holders + 1 >= shape.limit() => (None, Taking::Crowded),
                Some((holders, false)) => (taking(holders + 1), Taking::Marked),
                Some((holders, true)) => (taking(holders + 1), Taking::MarkedOfPromised),
            };
            let (after, duty) = word.taken(key);
            assert_eq!((after.map(|after| shape.parts(after)), duty), expected, "{word:?}");
        });
    }
    for_every_page!(check);
}

#[test]
fn promising() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let expected = match there(shape, parts, generation) {
                None => (None, Promise::Absent),
                Some((_, true)) => (None, Promise::Busy),
                Some((holders, false)) if holders + 1 >= shape.limit() => (None, Promise::Crowded),
                Some((holders, false)) => {
                    let count = shape.limit() + holders + 1;
                    (Some(Parts { generation, count, state: State::Taking }), Promise::Made)
                }
            };
            let (after, duty) = word.promised(key);
            assert_eq!((after.map(|after| shape.parts(after)), duty), expected, "{word:?}");
        });
    }
    for_every_page!(check);
}

#[test]
fn leaving_a_taken_entry_to_the_last_guard() {
    fn check<C: Config>(shape: Shape<C>) {
        shape.some_pairs(|word, parts, key, generation| {
            let (_, counted) = shape.promised(parts);
            let is_awaited = parts.state == State::Taking && parts.generation == generation;
            let left = Parts { generation, count: counted, state: State::Marked };
            let expected = (is_awaited && counted > 0).then_some(left);
            assert_eq!(word.left_to_last(key).map(|left| shape.parts(left)), expected, "{word:?}");
        });
    }
    for_every_page!(check);
}

#[test]
fn the_last_guard_of_a_removed_entry_has_a_duty() {
    fn check<C: Config>(shape: Shape<C>) {
        for parts in shape.some_words() {
            let expected = match (parts.state, shape.promised(parts).1) {
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
                    // The next life keeps neither.
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

    /// A present entry of `generation` with that number of guards.
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

    fn exclude(cell: &LifecycleCell, key: Key<Tiny>) {
        assert_eq!(cell.intend(key, 1), Ok(()));
        assert_eq!(cell.exclude(key, 1), Ok(()));
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
            assert_eq!(cell.remove(key), Removal::Marked);
            assert_eq!(cell.release_after_pins(key), Duty::None);
            assert_eq!(cell.remove(key), Removal::Absent);
            assert_eq!(cell.take(key), Taking::Absent);
            assert_eq!(cell.intend(key, 1), Err(NotExclusive::Absent));
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
            assert_eq!(cell.take(key), if guards == 0 { Taking::Claimed } else { Taking::Marked });
            if guards > 0 {
                assert_eq!(cell.release_after_pins(key), Duty::None);
            }
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
    fn a_taker_that_gives_up_leaves_the_entry_to_the_last_guard() {
        for_all(|shape, generation, guards| {
            let (cell, key) = present(shape, generation, guards);
            assert!(!cell.leave_to_last(key), "it is not taken");
            if guards == 0 {
                return;
            }
            assert_eq!(cell.take(key), Taking::Marked);
            assert_eq!(cell.release_after_pins(key), Duty::None);
            assert!(cell.leave_to_last(key));
            assert!(!cell.leave_to_last(key), "it is left");
            for left in (0..guards).rev() {
                let expected = if left == 0 { Duty::Destroy } else { Duty::None };
                assert_eq!(duty(shape.page, cell.release()), Some(expected));
            }

            let (cell, key) = present(shape, generation, 1);
            assert_eq!(cell.take(key), Taking::Marked);
            assert_eq!(cell.release_after_pins(key), Duty::None);
            assert_eq!(duty(shape.page, cell.release()), Some(Duty::WakeTaker));
            assert!(!cell.leave_to_last(key), "the slot is the taker's");
        });
    }

    #[test]
    fn an_exclusive_guard_is_the_only_one() {
        for_all(|shape, generation, guards| {
            let (cell, key) = present(shape, generation, guards);
            if guards > 0 {
                assert_eq!(cell.intend(key, 1), Err(NotExclusive::InUse));
                return;
            }
            exclude(&cell, key);
            assert_eq!(cell.intend(key, 1), Err(NotExclusive::InUse));
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
            exclude(&cell, key);
            assert!(!cell.remove_unshared(key));
            assert_eq!(cell.remove(key), Removal::Marked);
            assert_eq!(cell.release_after_pins(key), Duty::None);
            assert_eq!(duty(shape.page, cell.include(key)), Some(Duty::Destroy));

            let (cell, key) = present(shape, generation, 0);
            exclude(&cell, key);
            assert_eq!(cell.take(key), Taking::Marked);
            assert_eq!(cell.release_after_pins(key), Duty::None);
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
                assert_eq!(cell.intend(stale, 1), Err(NotExclusive::Absent));
            }
            assert_eq!(parts(shape, &cell), Parts { generation, count: guards, state: State::Present });
        });
    }
}

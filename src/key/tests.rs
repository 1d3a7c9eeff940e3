use std::collections::HashSet;

use super::*;
use crate::config::DefaultConfig;

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

// 2 bits of shard (0 to 2; threads 1 and 2), 1 of page, 4 shared: seven-bit keys, all of which can be tried.
config! { Tiny: MAX_THREADS = 2, MAX_PAGES = 2, INITIAL_PAGE_SIZE = 2, RESERVED_BITS = WORD - 7 }
// As few bits as possible: one page of one slot with one bit of generation.
config! { Least: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1, RESERVED_BITS = WORD - 3 }
// Page numbers that no page has: 3 of 0 to 3.
config! { Uneven: MAX_THREADS = 5, MAX_PAGES = 3, INITIAL_PAGE_SIZE = 8 }
config! { Reserved: MAX_THREADS = 64, MAX_PAGES = 8, RESERVED_BITS = 8 }
config! { OneSlot: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 }

/// All numbers if there are few; otherwise both ends and the middle.
fn some_below(end: usize) -> Vec<usize> {
    if end <= 16 { (0..end).collect() } else { vec![0, 1, 2, end / 2, end - 2, end - 1] }
}

/// Calls `check` with shard, page, generation (from 0) and offset.
fn for_each_place<C: Config>(mut check: impl FnMut(usize, PageNumber<C>, usize, usize)) {
    for shard in some_below(Layout::<C>::SHARDS) {
        for page in (0..C::MAX_PAGES as u32).map(PageNumber::<C>::new) {
            for generation in some_below(1 << page.generation_bits()) {
                for offset in some_below(page.size()) {
                    check(shard, page, generation, offset);
                }
            }
        }
    }
}

/// A generation where the lifecycle word has it: at the top.
fn lifted<C: Config>(page: PageNumber<C>, generation: usize) -> usize {
    generation << (usize::BITS - page.generation_bits())
}

fn round_trips<C: Config>() {
    let mut seen = HashSet::new();
    for_each_place::<C>(|shard, page, generation, offset| {
        let at_top = lifted(page, generation);
        let key = Key::of_page(shard, page).with(at_top, offset);
        let again = Key::<C>::from_raw(key.raw());
        let place = (again.shard(), again.page().get(), again.generation(), again.offset());
        assert_eq!(place, (shard, page.get(), at_top, offset));
        assert_eq!(again.index(), (shard << Layout::<C>::PAGE_BITS) | page.get() as usize);
        assert!(again.index() < Layout::<C>::DIRECTORY_LENGTH);
        assert!(seen.insert(key.raw()), "two places have the key {:#x}", key.raw());
        assert_ne!(key.raw(), usize::MAX);
        assert_eq!(key.raw() & !crate::bits::low_bits(Layout::<C>::USED_BITS), 0, "a reserved bit is set");
    });
}

#[test]
fn what_is_packed_is_unpacked() {
    round_trips::<DefaultConfig>();
    round_trips::<Tiny>();
    round_trips::<Least>();
    round_trips::<Uneven>();
    round_trips::<Reserved>();
    round_trips::<OneSlot>();
}

fn keys_are_laid_out_as_documented<C: Config>() {
    for_each_place::<C>(|shard, page, generation, offset| {
        // As the crate's documents define it, not computed as in the code.
        let shared = generation * page.size() + offset;
        let number = (shard << Layout::<C>::PAGE_BITS) + page.get() as usize;
        let key = (number << Layout::<C>::SHARED_BITS) + shared;
        assert_eq!(Key::of_page(shard, page).with(lifted(page, generation), offset).raw(), key);
    });
}

#[test]
fn from_the_least_significant_bit_up_offset_generation_page_shard() {
    keys_are_laid_out_as_documented::<DefaultConfig>();
    keys_are_laid_out_as_documented::<Tiny>();
    keys_are_laid_out_as_documented::<Least>();
    keys_are_laid_out_as_documented::<Uneven>();
    keys_are_laid_out_as_documented::<Reserved>();
    keys_are_laid_out_as_documented::<OneSlot>();
}

fn alignment<C: Config>() {
    for_each_place::<C>(|shard, page, generation, offset| {
        let key = Key::of_page(shard, page).with(lifted(page, generation), offset);
        // One mask serves the key and the lifecycle word.
        assert_eq!(key.lifted() & page.generation_mask(), lifted(page, generation));
        assert_eq!(key.generation(), lifted(page, generation));
        // No bits of shard and page are left, and only the offset is below the generation.
        assert_eq!(key.lifted() ^ key.generation(), offset << Layout::<C>::LIFT);
        // The state's bits are clear, so that a comparison of words is one of states too.
        assert_eq!(key.lifted() & 0b11, 0);
    });
}

#[test]
fn a_lifted_key_has_its_generation_where_the_lifecycle_word_has_it() {
    alignment::<DefaultConfig>();
    alignment::<Tiny>();
    alignment::<Least>();
    alignment::<Uneven>();
    alignment::<Reserved>();
    alignment::<OneSlot>();
}

/// The number of all possible keys, by looking at each.
#[test]
fn every_small_number_is_one_key_or_none() {
    let mut keys = 0;
    for raw in 0..1 << 7 {
        let key = Key::<Tiny>::from_raw(raw);
        if key.index() >= Layout::<Tiny>::DIRECTORY_LENGTH {
            assert!(raw >= 3 << 5, "shards 0 to 2 exist");
            continue;
        }
        let (shard, page, offset) = (key.shard(), key.page(), key.offset());
        assert!(offset < page.size(), "an offset is within its page, whatever the key");
        assert_eq!(Key::of_page(shard, page).with(key.generation(), offset).raw(), raw);
        keys += 1;
    }
    // Three shards, two pages each, and 2^4 keys from every page, whatever its size.
    assert_eq!(keys, 3 * 2 * 16);
}

fn all_ones_is_no_key<C: Config>() {
    assert!(Key::<C>::from_raw(usize::MAX).index() >= Layout::<C>::DIRECTORY_LENGTH);
    // Nor is any other key of the shard whose number is all ones.
    let lowest = usize::MAX << (Layout::<C>::SHARED_BITS + Layout::<C>::PAGE_BITS);
    assert!(Key::<C>::from_raw(lowest).index() >= Layout::<C>::DIRECTORY_LENGTH);
}

#[test]
fn the_number_of_all_ones_is_never_a_key() {
    all_ones_is_no_key::<DefaultConfig>();
    all_ones_is_no_key::<Tiny>();
    all_ones_is_no_key::<Least>();
    all_ones_is_no_key::<Uneven>();
    all_ones_is_no_key::<Reserved>();
    all_ones_is_no_key::<OneSlot>();
}

/// Fault 11 of issue 13: callers tag keys with the bits that are reserved for them, and pass tagged keys back.
fn reserved_bits_are_ignored<C: Config>() {
    let reserved = usize::BITS - C::RESERVED_BITS as u32;
    for_each_place::<C>(|shard, page, generation, offset| {
        let key = Key::of_page(shard, page).with(lifted(page, generation), offset).raw();
        for bit in reserved..usize::BITS {
            assert_eq!(Key::<C>::from_raw(key | (1 << bit)).raw(), key, "bit {bit}");
        }
        for bit in Layout::<C>::USED_BITS..reserved {
            assert!(Key::<C>::from_raw(key | (1 << bit)).index() >= Layout::<C>::DIRECTORY_LENGTH, "bit {bit}");
        }
    });
}

#[test]
fn reserved_bits_of_a_key_are_ignored_and_bits_that_no_key_has_point_nowhere() {
    reserved_bits_are_ignored::<Tiny>();
    reserved_bits_are_ignored::<Least>();
    reserved_bits_are_ignored::<Reserved>();
    reserved_bits_are_ignored::<OneSlot>();
}

#[test]
fn all_pages_can_hand_out_as_many_keys() {
    for page in (0..DefaultConfig::MAX_PAGES as u32).map(PageNumber::<DefaultConfig>::new) {
        assert_eq!(page.size(), DefaultConfig::INITIAL_PAGE_SIZE << page.get());
        assert_eq!(page.size() << page.generation_bits(), 1 << Layout::<DefaultConfig>::SHARED_BITS);
        assert_eq!(page.generation_mask().leading_ones(), page.generation_bits());
        assert_eq!(page.generation_mask().count_ones(), page.generation_bits());
    }
}

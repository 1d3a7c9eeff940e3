//! Checks that the numbers in the documents are those of the configuration.

use super::{Config, DefaultConfig};
use crate::slab::Slab;
#[cfg(target_pointer_width = "64")]
use crate::stats::grouped;

/// The default configuration of 32 bits, in keys of 32 bits.
struct Default32;

impl Config for Default32 {
    const MAX_THREADS: usize = 128;
    const MAX_PAGES: usize = 13;
    const RESERVED_BITS: usize = usize::BITS as usize - 32;
    const WRAP_GENERATIONS: bool = true;
}

/// All numbers that the documents state of a configuration's keys.
#[cfg(target_pointer_width = "64")]
struct Numbers {
    keys_per_page: String,
    keys_per_shard: String,
    generations_of_first_page: String,
    generations_of_last_page: String,
    entries_per_shard: String,
    threads: String,
}

#[cfg(target_pointer_width = "64")]
impl Numbers {
    fn of<C: Config>() -> Self {
        Self {
            keys_per_page: grouped(Slab::<u8, C>::KEYS_PER_PAGE),
            keys_per_shard: grouped(Slab::<u8, C>::KEYS_PER_PAGE * C::MAX_PAGES),
            generations_of_first_page: grouped(Slab::<u8, C>::generations(0)),
            generations_of_last_page: grouped(Slab::<u8, C>::generations(C::MAX_PAGES - 1)),
            entries_per_shard: grouped(((1 << C::MAX_PAGES) - 1) * C::INITIAL_PAGE_SIZE),
            threads: grouped(C::MAX_THREADS),
        }
    }
}

#[track_caller]
#[cfg(target_pointer_width = "64")]
fn assert_states(document: &str, text: &str) {
    assert!(document.contains(text), "it should say: {text}");
}

#[test]
#[cfg(target_pointer_width = "32")]
fn the_default_on_32_bits_is_what_it_is_taken_for() {
    assert_eq!(DefaultConfig::MAX_THREADS, Default32::MAX_THREADS);
    assert_eq!(DefaultConfig::MAX_PAGES, Default32::MAX_PAGES);
    assert_eq!(DefaultConfig::RESERVED_BITS, Default32::RESERVED_BITS);
    assert_eq!(DefaultConfig::WRAP_GENERATIONS, Default32::WRAP_GENERATIONS);
    assert_eq!(Slab::<u8>::KEYS_PER_PAGE, Slab::<u8, Default32>::KEYS_PER_PAGE);
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_page_of_config_states_how_many_keys_there_are() {
    let page = include_str!("../config.rs");
    let (wide, narrow) = (Numbers::of::<DefaultConfig>(), Numbers::of::<Default32>());
    for (what, wide, narrow) in [
        ("keys that one page hands out", &wide.keys_per_page, &narrow.keys_per_page),
        ("keys that one thread's shard hands out", &wide.keys_per_shard, &narrow.keys_per_shard),
        (
            "keys that a slot of the first page hands out",
            &wide.generations_of_first_page,
            &narrow.generations_of_first_page,
        ),
        (
            "keys that a slot of the last page hands out",
            &wide.generations_of_last_page,
            &narrow.generations_of_last_page,
        ),
        ("entries of one thread's shard, at a time", &wide.entries_per_shard, &narrow.entries_per_shard),
    ] {
        assert_states(page, &format!("/// | {what} | {wide} | {narrow} |"));
    }
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_other_documents_state_the_same() {
    let numbers = Numbers::of::<DefaultConfig>();
    let readme = include_str!("../../README.md");
    assert_states(readme, &format!("{} threads with a shard of their own", numbers.threads));
    assert_states(readme, &format!("{} entries for each", numbers.entries_per_shard));
    let bits = |number: usize| number.ilog2();
    assert_states(readme, &format!("2<sup>{}</sup> keys from each page", bits(Slab::<u8>::KEYS_PER_PAGE)));
    let why = concat!(include_str!("../../implementation.md"), include_str!("../../docs/memory-ordering.md"));
    assert_states(
        why,
        &format!("2^{} = {} in page 0 by default", bits(Slab::<u8>::generations(0)), numbers.generations_of_first_page),
    );
    assert_states(why, &format!("| keys of a page | 2^B = {} by default, whatever its size |", numbers.keys_per_page));
    assert_states(why, &format!("2^{} in all", bits(Slab::<u8>::KEYS_PER_PAGE * DefaultConfig::MAX_PAGES)));
    let slab = include_str!("../slab/make.rs");
    assert_states(
        slab,
        &format!("2<sup>{}</sup>, that is {},", bits(Slab::<u8>::KEYS_PER_PAGE), numbers.keys_per_page),
    );
}

//! The configurations over which behaviour is tested.

use flagstone::{Config, Slab};

pub(crate) use flagstone::DefaultConfig as Default;

const BITS: usize = usize::BITS as usize;

/// One page of one slot.
pub(crate) struct OneSlot;

impl Config for OneSlot {
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
}

/// Three bits for the generation: after eight lives a slot of page 0 is retired. Four slots, then eight.
pub(crate) struct Retiring;

impl Config for Retiring {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 2;
    const INITIAL_PAGE_SIZE: usize = 4;
    const RESERVED_BITS: usize = BITS - 8; // 2 for the shard, 1 for the page, 2 for the offset, 3 for the generation
    const WRAP_GENERATIONS: bool = false;
}

/// Three bits for the generation: after eight lives the keys of a slot of page 0 repeat.
pub(crate) struct Wrapping;

impl Config for Wrapping {
    const MAX_THREADS: usize = Retiring::MAX_THREADS;
    const MAX_PAGES: usize = Retiring::MAX_PAGES;
    const INITIAL_PAGE_SIZE: usize = Retiring::INITIAL_PAGE_SIZE;
    const RESERVED_BITS: usize = Retiring::RESERVED_BITS;
    const WRAP_GENERATIONS: bool = true;
}

const _: () = assert!(Slab::<u8, Retiring>::generations(0) == 8);
const _: () = assert!(Slab::<u8, Wrapping>::generations(0) == 8);

/// Shards for two threads; all others share one.
pub(crate) struct TwoThreads;

impl Config for TwoThreads {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 13;
}

/// Keys of 32 bits.
pub(crate) struct Keys32;

impl Config for Keys32 {
    const MAX_THREADS: usize = 63;
    const MAX_PAGES: usize = 8;
    const RESERVED_BITS: usize = BITS - 32;
    const WRAP_GENERATIONS: bool = false;
}

const _: () = assert!(Slab::<u8, Keys32>::USED_BITS == 32);

/// A byte of each key for the caller.
pub(crate) struct ReservedByte;

impl Config for ReservedByte {
    const MAX_THREADS: usize = 64;
    const MAX_PAGES: usize = 8;
    const RESERVED_BITS: usize = 8;
}

/// A first page that is large at once.
pub(crate) struct LargePages;

impl Config for LargePages {
    const MAX_THREADS: usize = 64;
    const MAX_PAGES: usize = 3;
    const INITIAL_PAGE_SIZE: usize = 1 << 16;
}

/// Sizes that are no powers of two.
pub(crate) struct Odd;

impl Config for Odd {
    const MAX_THREADS: usize = 3;
    const MAX_PAGES: usize = 3;
    const INITIAL_PAGE_SIZE: usize = 5;
}

const _: () = assert!(Slab::<u8, Retiring>::KEYS_PER_PAGE == 4 * 8);

/// How many low bits of a key say which entry is meant. The others are the caller's.
pub(crate) const fn key_bits<C: Config>() -> u32 {
    usize::BITS - C::RESERVED_BITS as u32
}

/// The key without the bits that are the caller's.
pub(crate) const fn without_reserved_bits<C: Config>(key: usize) -> usize {
    key & (usize::MAX >> C::RESERVED_BITS)
}

/// The key with one bit flipped, of all those that say which entry is meant.
pub(crate) fn flipped<C: Config>(key: usize) -> impl Iterator<Item = usize> {
    (0..key_bits::<C>()).map(move |bit| key ^ (1 << bit))
}

/// How many slots a thread finds in an empty slab, but not more than `wanted`.
pub(crate) fn room<C: Config>(wanted: usize) -> usize {
    let mut slots: usize = 0;
    for page in 0..C::MAX_PAGES {
        slots = slots.saturating_add(C::INITIAL_PAGE_SIZE.next_power_of_two() << page);
        if slots >= wanted {
            return wanted;
        }
    }
    slots
}

/// Declares a test of each behaviour over each configuration. A behaviour is a function generic over the latter.
macro_rules! on_every_configuration {
    ($($behaviour:ident)*) => {$(
        mod $behaviour {
            $crate::configs::on_each! { $behaviour
                default Default, one_slot OneSlot, retiring Retiring, wrapping Wrapping, two_threads TwoThreads,
                keys_32 Keys32, reserved_byte ReservedByte, large_pages LargePages, odd Odd
            }
        }
    )*};
}
pub(crate) use on_every_configuration;

macro_rules! on_each {
    ($behaviour:ident $($name:ident $configuration:ident),*) => {$(
        #[test]
        fn $name() {
            super::$behaviour::<$crate::configs::$configuration>();
        }
    )*};
}
pub(crate) use on_each;

//! The configurations over which behaviour is tested.

use std::{panic::resume_unwind, thread};

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

/// Runs a behaviour on a thread that owns a shard. (As many threads as have none may be running, in the other tests of
/// this process; they end.)
pub(crate) fn on_an_owner<C: Config>(behaviour: fn()) {
    // What an owner frees, it uses next.
    fn owns_a_shard<C: Config>() -> bool {
        let slab = Slab::new_with_config::<C>();
        let address = |key| std::ptr::from_ref(&*slab.get(key).expect("it was just inserted"));
        let first = slab.insert(0_u8).expect("there is room");
        let freed = address(first);
        assert!(slab.remove(first));
        address(slab.insert(0).expect("there is room")) == freed
    }

    let attempt = || owns_a_shard::<C>() && (behaviour(), true).1;
    loop {
        match thread::scope(|scope| scope.spawn(attempt).join()) {
            Ok(true) => return,
            Ok(false) => thread::yield_now(),
            Err(panic) => resume_unwind(panic),
        }
    }
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

/// The same, of behaviours that count on the current thread's own shard: where a thread shares one with others, what it
/// frees is not what it uses next.
macro_rules! on_owners_of_every_configuration {
    ($($behaviour:ident)*) => {$(
        mod $behaviour {
            $crate::configs::on_each! { on_an_owner $behaviour
                default Default, one_slot OneSlot, retiring Retiring, wrapping Wrapping, two_threads TwoThreads,
                keys_32 Keys32, reserved_byte ReservedByte, large_pages LargePages, odd Odd
            }
        }
    )*};
}
pub(crate) use on_owners_of_every_configuration;

macro_rules! on_each {
    (on_an_owner $behaviour:ident $($name:ident $configuration:ident),*) => {$(
        #[test]
        fn $name() {
            use $crate::configs::{$configuration, on_an_owner};

            on_an_owner::<$configuration>(super::$behaviour::<$configuration>);
        }
    )*};
    ($behaviour:ident $($name:ident $configuration:ident),*) => {$(
        #[test]
        fn $name() {
            super::$behaviour::<$crate::configs::$configuration>();
        }
    )*};
}
pub(crate) use on_each;

//! The sizes that are tested, and what the tests themselves make of them.

pub(crate) use flagstone::DefaultConfig;
use flagstone::{Config, Slab};

const WORD: usize = usize::BITS as usize;

/// A configuration in one line.
macro_rules! config {
    ($(#[$attribute:meta])* $name:ident: $($constant:ident = $value:expr),*; wrap = $wrap:expr) => {
        $(#[$attribute])*
        #[derive(Debug)]
        pub(crate) struct $name;
        impl Config for $name {
            $(const $constant: usize = $value;)*
            const WRAP_GENERATIONS: bool = $wrap;
        }
    };
}

config! {
    /// One page of one slot, for one thread and all others together.
    OneSlot: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1; wrap = false
}
config! {
    /// Three bits of generation on the first page, two on the second; then slots are retired.
    Retiring: MAX_THREADS = 2, MAX_PAGES = 2, INITIAL_PAGE_SIZE = 2, RESERVED_BITS = WORD - 7; wrap = false
}
config! {
    /// As `Retiring`, but keys come back.
    Wrapping: MAX_THREADS = 2, MAX_PAGES = 2, INITIAL_PAGE_SIZE = 2, RESERVED_BITS = WORD - 7; wrap = true
}
config! {
    /// Two generations, so that every neighbour of a generation is both the last and the next.
    Flipping: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1, RESERVED_BITS = WORD - 3; wrap = true
}
config! {
    /// Fewer shards than threads, and page numbers that no page has.
    Crowded: MAX_THREADS = 2, MAX_PAGES = 3, INITIAL_PAGE_SIZE = 1; wrap = false
}
config! {
    /// The keys of a 32-bit machine.
    Narrow: MAX_THREADS = 128, MAX_PAGES = 13, INITIAL_PAGE_SIZE = 32, RESERVED_BITS = WORD - 32; wrap = true
}
config! {
    /// A byte of each key is the caller's, or, on 32 bits, as much as the generations can spare.
    Reserved: RESERVED_BITS = if WORD >= 64 { 8 } else { 5 }, INITIAL_PAGE_SIZE = 3; wrap = false
}

/// Calls a macro with all of them, by name. Where it is called there must be a module `configurations`.
macro_rules! every_configuration {
    ($of:ident) => {
        $of! {
            default: configurations::DefaultConfig;
            one_slot: configurations::OneSlot;
            retiring: configurations::Retiring;
            wrapping: configurations::Wrapping;
            flipping: configurations::Flipping;
            crowded: configurations::Crowded;
            narrow: configurations::Narrow;
            reserved: configurations::Reserved;
        }
    };
}
pub(crate) use every_configuration;

/// Where a key points, as the crate documents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) shard: usize,
    pub(crate) page: usize,
    pub(crate) offset: usize,
}

impl Place {
    /// The slot whose first key would be 0, which is no key: so its lives of generation 0 are skipped.
    pub(crate) const OF_ZERO: Self = Self { shard: 0, page: 0, offset: 0 };
}

/// How many bits it takes to write `value`.
const fn width_of(value: usize) -> usize {
    (usize::BITS - value.leading_zeros()) as usize
}

/// What the tests compute from a configuration, apart from the crate.
pub(crate) trait Shape: Config + 'static {
    const PAGE_BITS: usize = width_of(Self::MAX_PAGES - 1);
    const SHARD_BITS: usize = width_of(Self::MAX_THREADS + 1);
    const SHARED_BITS: usize = Slab::<(), Self>::USED_BITS - Self::PAGE_BITS - Self::SHARD_BITS;

    fn page_size(page: usize) -> usize {
        Self::INITIAL_PAGE_SIZE.next_power_of_two() << page
    }

    /// Slots of a shard's first `pages` pages.
    fn capacity(pages: usize) -> usize {
        (0..pages).map(Self::page_size).sum()
    }

    /// The key without the bits that are the caller's.
    fn without_reserved_bits(key: usize) -> usize {
        key & (usize::MAX >> Self::RESERVED_BITS)
    }

    /// Where the key points, and of which generation it is.
    fn unpack(key: usize) -> (Place, usize) {
        let shared = key & ((1 << Self::SHARED_BITS) - 1);
        let page = (key >> Self::SHARED_BITS) & ((1 << Self::PAGE_BITS) - 1);
        let shard = key >> (Self::SHARED_BITS + Self::PAGE_BITS);
        let size = Self::page_size(page);
        (Place { shard, page, offset: shared % size }, shared / size)
    }
}

impl<C: Config + 'static> Shape for C {}

#[test]
fn configurations_are_what_the_tests_need() {
    assert_eq!(Slab::<(), Retiring>::generations(0), 8);
    assert_eq!(Slab::<(), Retiring>::generations(1), 4);
    assert_eq!(Slab::<(), Wrapping>::generations(0), 8);
    assert_eq!(Slab::<(), Flipping>::generations(0), 2);
    assert_eq!((Retiring::SHARED_BITS, Retiring::PAGE_BITS, Retiring::SHARD_BITS), (4, 1, 2));
    assert_eq!(Slab::<(), Narrow>::USED_BITS, 32);
    assert_eq!(Slab::<(), Reserved>::USED_BITS, WORD - Reserved::RESERVED_BITS);
    assert_eq!(OneSlot::capacity(OneSlot::MAX_PAGES), 1);
    if WORD == 64 {
        assert_eq!((DefaultConfig::SHARED_BITS, DefaultConfig::PAGE_BITS, DefaultConfig::SHARD_BITS), (46, 5, 13));
    }
}

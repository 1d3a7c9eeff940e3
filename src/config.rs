//! The configuration of a slab, and the sizes that follow from it, computed at compile time.

use core::{fmt, marker::PhantomData};

use crate::bits::width_of;

/// The sizes of a slab, which determine the layout of its keys.
///
/// Every constant has a default. A configuration that cannot work does not compile, and the error message names the
/// rule.
///
/// | constant | default on 64 bits | on 32 bits |
/// | --- | --- | --- |
/// | [`MAX_THREADS`](Self::MAX_THREADS) | 4096 | 128 |
/// | [`MAX_PAGES`](Self::MAX_PAGES) | 32 | 13 |
/// | [`INITIAL_PAGE_SIZE`](Self::INITIAL_PAGE_SIZE) | 32 slots | 32 slots |
/// | [`RESERVED_BITS`](Self::RESERVED_BITS) | 0 | 0 |
/// | [`WRAP_GENERATIONS`](Self::WRAP_GENERATIONS) | `false`: a key is never handed out twice | `true`: keys repeat |
///
/// # How many keys there are
///
/// With the default configuration (for any other, see [`Slab::KEYS_PER_PAGE`](crate::Slab::KEYS_PER_PAGE) and
/// [`Slab::generations`](crate::Slab::generations)):
///
/// | how many | on 64 bits | on 32 bits |
/// | --- | --- | --- |
/// | keys that one page hands out | 70,368,744,177,664 | 1,048,576 |
/// | keys that one thread's shard hands out | 2,251,799,813,685,248 | 13,631,488 |
/// | keys that a slot of the first page hands out | 2,199,023,255,552 | 32,768 |
/// | keys that a slot of the last page hands out | 1,024 | 8 |
/// | entries of one thread's shard, at a time | 137,438,953,440 | 262,112 |
/// | after that | the slot is retired; a shard without slots is full | the slot's keys repeat, in the same order |
///
/// # Examples
///
/// ```
/// use flagstone::{Config, Slab};
///
/// struct Connections;
///
/// impl Config for Connections {
///     const MAX_THREADS: usize = 64;
///     const MAX_PAGES: usize = 8;
///     const RESERVED_BITS: usize = 8; // the caller keeps a tag in the key's top byte
/// }
///
/// static OPEN: Slab<String, Connections> = Slab::new_with_config();
/// let key = OPEN.insert("127.0.0.1:80".to_owned()).unwrap();
/// assert_eq!(key >> (usize::BITS - 8), 0);
/// ```
///
/// The compiler rejects a configuration that leaves no room for keys:
///
/// ```compile_fail
/// use flagstone::{Config, Slab};
///
/// struct Crowded;
///
/// impl Config for Crowded {
///     const RESERVED_BITS: usize = usize::BITS as usize - 8;
/// }
///
/// let slab: Slab<u8, Crowded> = Slab::new_with_config();
/// ```
pub trait Config: Sized {
    /// The maximum number of threads that have a shard of their own in one slab.
    ///
    /// A thread gets one with its first insertion into the slab or its first pin of it. Threads that only use other
    /// slabs take none. When a thread ends, its shard stays. The next thread that gets the same thread number (a new
    /// thread gets the lowest number that no thread has) takes the shard over, with all that is in it. Threads beyond
    /// this number share one more shard, the overflow shard, where insertion takes a lock. At least 1, at most
    /// 1,048,573 on 64 bits and 1,021 on 32.
    ///
    /// Thread numbers belong to one copy of this crate. Two copies in one process (a plugin that links its own copy)
    /// number threads independently, so a slab must not be used through both.
    const MAX_THREADS: usize = DefaultConfig::MAX_THREADS;

    /// The maximum number of pages of a shard. Each page is twice as large as the one before.
    ///
    /// At least 1. The largest page must leave one bit of the key for the generation. On 64 bits, with few threads,
    /// that allows about forty pages.
    const MAX_PAGES: usize = DefaultConfig::MAX_PAGES;

    /// The number of slots in the first page of a shard. Rounded up to a power of two. At least 1.
    const INITIAL_PAGE_SIZE: usize = DefaultConfig::INITIAL_PAGE_SIZE;

    /// The number of high bits of a key that are always zero, free for the caller's own use.
    ///
    /// They are zero in every key that is handed out, and ignored in every key that is passed in, as in `sharded-slab`:
    /// a program may tag keys with them and pass tagged keys back.
    const RESERVED_BITS: usize = 0;

    /// Whether the generations of a slot start over when they are used up.
    ///
    /// - `false`: the slot is retired and never reused, so that **no key is ever handed out twice** in the life of the
    ///   slab. A page can hand out [`Slab::KEYS_PER_PAGE`](crate::Slab::KEYS_PER_PAGE) keys, then it is used up.
    /// - `true`: the generations start over, and a slot of page `p` hands out a key again after
    ///   [`Slab::generations(p)`](crate::Slab::generations) insertions into it.
    ///
    /// All slots of a [trimmed](crate::Slab::trim) page continue with the generation of the slot that is furthest
    /// ahead. So the page hands out fewer keys in all, but no fewer than a single slot of it would without trimming.
    /// Where keys repeat, they do so after half as many insertions, into the page, at the earliest.
    const WRAP_GENERATIONS: bool = DefaultConfig::WRAP_GENERATIONS;

    /// Compiles if the configuration can work; otherwise the error names the rule. Not to be overridden.
    ///
    /// A configuration is checked where a store of it is made, and only when the program is built: `cargo check` does not
    /// see it. This line beside the configuration makes both see it, at that place:
    ///
    /// ```
    /// use flagstone::Config;
    ///
    /// struct Connections;
    /// impl Config for Connections {
    ///     const MAX_THREADS: usize = 64;
    /// }
    /// const _: () = Connections::VALID;
    /// ```
    ///
    /// ```compile_fail,E0080
    /// use flagstone::Config;
    ///
    /// struct Crowded;
    /// impl Config for Crowded {
    ///     const MAX_PAGES: usize = usize::MAX;
    /// }
    /// const _: () = Crowded::VALID;
    /// ```
    const VALID: () = Layout::<Self>::VALID;
}

/// The configuration that is used where none is named.
#[derive(Copy, Clone, Default)]
pub struct DefaultConfig {
    _private: (),
}

impl Config for DefaultConfig {
    const MAX_THREADS: usize = if usize::BITS >= 64 { 4096 } else { 128 };
    const MAX_PAGES: usize = if usize::BITS >= 64 { 32 } else { 13 };
    const INITIAL_PAGE_SIZE: usize = 32;
    const WRAP_GENERATIONS: bool = usize::BITS < 64;
}

impl fmt::Debug for DefaultConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DefaultConfig")
            .field("MAX_THREADS", &Self::MAX_THREADS)
            .field("MAX_PAGES", &Self::MAX_PAGES)
            .field("INITIAL_PAGE_SIZE", &Self::INITIAL_PAGE_SIZE)
            .field("RESERVED_BITS", &Self::RESERVED_BITS)
            .field("WRAP_GENERATIONS", &Self::WRAP_GENERATIONS)
            .finish()
    }
}

/// A slot must be able to hand out at least two different keys.
const MIN_GENERATION_BITS: u32 = 1;

/// An entry must be able to have many guards: 1,048,576 on 64 bits, 1,024 on 32. (The highest bit is set at the limit.)
const MIN_COUNT_BITS: u32 = if usize::BITS >= 64 { 21 } else { 11 };

/// Bits of the lifecycle word that say which state a slot is in.
pub(crate) const STATE_BITS: u32 = 2;

/// Bits of a free slot's lifecycle word that say whether it keeps a value.
pub(crate) const FILLED_BITS: u32 = 1;

/// How many thread numbers a lifecycle word can distinguish, beside the guards that it counts. It limits the number of
/// threads with shards, whose pins are counted beside the maximum number of guards. Two less than the difference
/// between the largest number of guards and the count of all ones.
pub(crate) const MOST_NUMBERS: usize = (1 << (MIN_COUNT_BITS - 1)) - 3;

/// Everything that is derived from a [`Config`].
///
/// The constants saturate where a configuration makes no sense, so that the error comes from [`VALID`](Self::VALID).
pub(crate) struct Layout<C>(PhantomData<C>);

impl<C: Config> Layout<C> {
    /// The number of slots in page 0.
    pub(crate) const INITIAL_PAGE_SIZE: usize = match C::INITIAL_PAGE_SIZE.checked_next_power_of_two() {
        Some(size) => size,
        None => 1 << (usize::BITS - 1), // which `VALID` rejects
    };

    const INITIAL_OFFSET_BITS: u32 = Self::INITIAL_PAGE_SIZE.trailing_zeros();

    /// The number of bits of an offset in the largest page.
    const LARGEST_OFFSET_BITS: u32 = Self::INITIAL_OFFSET_BITS + Self::PAGES.saturating_sub(1) as u32;

    /// The number of pages, but no more than `VALID` allows, so that the error names the rule.
    const PAGES: usize = if C::MAX_PAGES <= usize::BITS as usize { C::MAX_PAGES } else { usize::BITS as usize };

    pub(crate) const PAGE_BITS: u32 = width_of(Self::PAGES.saturating_sub(1));

    /// One shard for each thread, and the overflow shard.
    pub(crate) const SHARDS: usize = C::MAX_THREADS.saturating_add(1);

    /// Wide enough that no shard has the number of all ones: so `usize::MAX` is never a key. (Nor is 0: `raw::shards::insertion` skips it.)
    pub(crate) const SHARD_BITS: u32 = width_of(Self::SHARDS);

    /// Bits that generation and offset share in a key, `B` in `implementation.md`.
    ///
    /// The bits that shard, page and reserved bits leave, limited by what the lifecycle word needs for its count and
    /// its free-list link.
    pub(crate) const SHARED_BITS: u32 = {
        let left = (usize::BITS as usize).saturating_sub(C::RESERVED_BITS) as u32;
        let left = left.saturating_sub(Self::SHARD_BITS + Self::PAGE_BITS);
        let with_room_to_count = usize::BITS - STATE_BITS - MIN_COUNT_BITS + Self::INITIAL_OFFSET_BITS;
        let with_room_to_link = usize::BITS - STATE_BITS - FILLED_BITS - 1;
        min(left, min(with_room_to_count, with_room_to_link))
    };

    /// The number of bits of a key that can be set.
    pub(crate) const USED_BITS: u32 = Self::SHARED_BITS + Self::PAGE_BITS + Self::SHARD_BITS;

    /// The left shift that moves a key's generation to where the lifecycle word has it.
    pub(crate) const LIFT: u32 = usize::BITS - Self::SHARED_BITS;

    /// The number of entries of the largest directory, which maps a key's shard and page number to a page.
    pub(crate) const DIRECTORY_LENGTH: usize = Self::SHARDS.saturating_mul(1 << Self::PAGE_BITS);

    /// Rejects a configuration that cannot work. Each public constructor evaluates it.
    pub(crate) const VALID: () = {
        let bits = usize::BITS;
        assert!(C::MAX_THREADS >= 1, "Config: MAX_THREADS must be at least 1");
        assert!(
            C::MAX_THREADS <= MOST_NUMBERS,
            "Config: MAX_THREADS must be at most 1,048,573 on 64 bits, 1,021 on 32"
        );
        assert!(C::MAX_PAGES >= 1, "Config: MAX_PAGES must be at least 1");
        assert!(C::MAX_PAGES <= bits as usize, "Config: MAX_PAGES must be at most the number of bits in a usize");
        assert!(C::INITIAL_PAGE_SIZE >= 1, "Config: INITIAL_PAGE_SIZE must be at least 1");
        assert!(C::RESERVED_BITS < bits as usize, "Config: RESERVED_BITS must leave bits for the keys");
        assert!(
            C::RESERVED_BITS + ((Self::SHARD_BITS + Self::PAGE_BITS) as usize) < bits as usize,
            "Config: MAX_THREADS, MAX_PAGES and RESERVED_BITS leave no bits of a key for offset and generation"
        );
        assert!(
            Self::LARGEST_OFFSET_BITS + MIN_GENERATION_BITS <= Self::SHARED_BITS,
            "Config: the largest page (INITIAL_PAGE_SIZE << (MAX_PAGES - 1)) leaves no bit of a key for the generation"
        );
        assert!(
            Self::DIRECTORY_LENGTH <= (isize::MAX as usize - 4096) / size_of::<usize>() - Self::SHARDS,
            "Config: MAX_THREADS and MAX_PAGES make a directory that is larger than memory can be"
        );
    };
}

const fn min(left: u32, right: u32) -> u32 {
    if left < right { left } else { right }
}

#[cfg(all(test, not(flagstone_loom)))]
mod documented;
#[cfg(test)]
mod tests;

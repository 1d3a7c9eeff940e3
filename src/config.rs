//! What a user may choose about a slab, and all that follows from it, computed at compile time.

use core::{fmt, marker::PhantomData};

use crate::bits::width_of;

/// The sizes of a slab, and so the split of its keys.
///
/// Every constant has a default. A configuration that cannot work does not compile; the message names the rule.
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
/// Of the default configuration (of any, [`Slab::KEYS_PER_PAGE`](crate::Slab::KEYS_PER_PAGE) and
/// [`Slab::generations`](crate::Slab::generations) say it):
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
/// A configuration whose keys have no room is refused by the compiler:
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
    /// How many threads get a shard of their own in one slab, at most.
    ///
    /// A thread gets one with its first insertion into the slab or its first pin of it; threads that only use other slabs
    /// take none. When a thread ends its shard waits for the thread that gets its number next (the lowest number that no
    /// thread has), which takes the shard over with all that is in it. Threads beyond this number share one more shard, the
    /// overflow shard, where insertion takes a lock. At least 1, at most 1,048,573 on 64 bits and 1,021 on 32.
    ///
    /// Numbers are those of one copy of this crate: two copies in one process (a plugin that is linked with its own) count
    /// threads apart, so a slab must not be used through both.
    const MAX_THREADS: usize = DefaultConfig::MAX_THREADS;

    /// How many pages a shard has at most; each is twice as large as the one before.
    ///
    /// At least 1. The largest page must leave its slots one bit of the key for their generation, which on 64 bits, with
    /// few threads, allows some forty pages.
    const MAX_PAGES: usize = DefaultConfig::MAX_PAGES;

    /// How many slots the first page of a shard has. Rounded up to a power of two. At least 1.
    const INITIAL_PAGE_SIZE: usize = DefaultConfig::INITIAL_PAGE_SIZE;

    /// How many of a key's high bits are always zero, free for the caller's own use.
    ///
    /// They are zero in every key that is handed out, and ignored in every key that is passed in, as in `sharded-slab`: a
    /// program may mark keys with them and pass them back marked.
    const RESERVED_BITS: usize = 0;

    /// What becomes of a slot whose generations are used up.
    ///
    /// - `false`: it is retired, never to be used again, so that **no key is ever handed out twice** in the life of
    ///   the slab. [`Slab::KEYS_PER_PAGE`](crate::Slab::KEYS_PER_PAGE) keys can come from a page, then it is spent.
    /// - `true`: its generations begin anew: a slot of page `p` hands out a key again after
    ///   [`Slab::generations(p)`](crate::Slab::generations) insertions into it.
    ///
    /// A [trimmed](crate::Slab::trim) page goes on with the generations of the slot that is furthest ahead. So it hands out
    /// fewer keys in all, but no fewer than one slot of it would that is never trimmed; and where they repeat, it is after
    /// half as many insertions, into the page, at the earliest.
    const WRAP_GENERATIONS: bool = DefaultConfig::WRAP_GENERATIONS;
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

/// A slot must be able to hand out two different keys at least.
const MIN_GENERATION_BITS: u32 = 1;

/// An entry must be able to have many guards: 1,048,576 on 64 bits, 1,024 on 32. (The highest bit is set at the limit.)
const MIN_COUNT_BITS: u32 = if usize::BITS >= 64 { 21 } else { 11 };

/// Bits of the lifecycle word that say which state a slot is in.
pub(crate) const STATE_BITS: u32 = 2;

/// Bits of a free slot's lifecycle word that say whether it keeps a value.
pub(crate) const FILLED_BITS: u32 = 1;

/// How many numbers of threads a lifecycle word can tell apart beside the guards that it counts: so many threads have shards at
/// most, and pins of shards are counted beside all guards that there may be. Two less than what lies between the largest
/// number of guards and the count of all ones.
pub(crate) const MOST_NUMBERS: usize = (1 << (MIN_COUNT_BITS - 1)) - 3;

/// All that follows from a [`Config`].
///
/// The constants saturate where a configuration makes no sense, so that [`VALID`](Self::VALID) is what complains.
pub(crate) struct Layout<C>(PhantomData<C>);

impl<C: Config> Layout<C> {
    /// Slots of page 0.
    pub(crate) const INITIAL_PAGE_SIZE: usize = match C::INITIAL_PAGE_SIZE.checked_next_power_of_two() {
        Some(size) => size,
        None => 1 << (usize::BITS - 1), // which `VALID` refuses
    };

    const INITIAL_OFFSET_BITS: u32 = Self::INITIAL_PAGE_SIZE.trailing_zeros();

    /// Bits of an offset in the largest page.
    const LARGEST_OFFSET_BITS: u32 = Self::INITIAL_OFFSET_BITS + Self::PAGES.saturating_sub(1) as u32;

    /// As many pages as there are, but no more than `VALID` allows, so that it is the rule that complains.
    const PAGES: usize = if C::MAX_PAGES <= usize::BITS as usize { C::MAX_PAGES } else { usize::BITS as usize };

    pub(crate) const PAGE_BITS: u32 = width_of(Self::PAGES.saturating_sub(1));

    /// One shard for each thread, and the overflow shard.
    pub(crate) const SHARDS: usize = C::MAX_THREADS.saturating_add(1);

    /// Wide enough that the number of all ones is no shard's: so `usize::MAX` is never a key.
    pub(crate) const SHARD_BITS: u32 = width_of(Self::SHARDS);

    /// Bits that generation and offset share in a key, `B` in `implementation.md`.
    ///
    /// What is left of a word, less what the lifecycle word needs for its count and its free-list link.
    pub(crate) const SHARED_BITS: u32 = {
        let left = (usize::BITS as usize).saturating_sub(C::RESERVED_BITS) as u32;
        let left = left.saturating_sub(Self::SHARD_BITS + Self::PAGE_BITS);
        let with_room_to_count = usize::BITS - STATE_BITS - MIN_COUNT_BITS + Self::INITIAL_OFFSET_BITS;
        let with_room_to_link = usize::BITS - STATE_BITS - FILLED_BITS - 1;
        min(left, min(with_room_to_count, with_room_to_link))
    };

    /// Bits of a key that are ever set.
    pub(crate) const USED_BITS: u32 = Self::SHARED_BITS + Self::PAGE_BITS + Self::SHARD_BITS;

    /// How far a key is shifted up so that its generation stands where the lifecycle word has it.
    pub(crate) const LIFT: u32 = usize::BITS - Self::SHARED_BITS;

    /// Entries of the largest directory, which finds a page by a key's shard and page number.
    pub(crate) const DIRECTORY_LENGTH: usize = Self::SHARDS.saturating_mul(1 << Self::PAGE_BITS);

    /// Refuses what cannot work. Each user-visible constructor mentions it.
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

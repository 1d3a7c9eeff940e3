//! Slabs and pools so small that they are full, and their slots used again, after an entry or two.

use flagstone::Config;

macro_rules! sizes {
    ($($(#[$attribute:meta])* $name:ident { $($constant:ident: $type:ty = $value:expr),* $(,)? })*) => {$(
        $(#[$attribute])*
        pub(crate) struct $name;
        impl Config for $name {
            $(const $constant: $type = $value;)*
        }
    )*};
}

sizes! {
    /// One slot for each thread.
    OneSlot { MAX_THREADS: usize = 2, MAX_PAGES: usize = 1, INITIAL_PAGE_SIZE: usize = 1 }
    /// One slot for each of three threads.
    ThreeThreads { MAX_THREADS: usize = 3, MAX_PAGES: usize = 1, INITIAL_PAGE_SIZE: usize = 1 }
    /// One page of two slots for each thread.
    TwoSlots { MAX_THREADS: usize = 2, MAX_PAGES: usize = 1, INITIAL_PAGE_SIZE: usize = 2 }
    /// A page of one slot and one of two for each thread.
    TwoPages { MAX_THREADS: usize = 2, MAX_PAGES: usize = 2, INITIAL_PAGE_SIZE: usize = 1 }
    /// One slot for one thread, and one for all others.
    OneThread { MAX_THREADS: usize = 1, MAX_PAGES: usize = 1, INITIAL_PAGE_SIZE: usize = 1 }
    /// A page of one slot and one of two for one thread, and the same for all others.
    OneThreadTwoPages { MAX_THREADS: usize = 1, MAX_PAGES: usize = 2, INITIAL_PAGE_SIZE: usize = 1 }
    /// One slot with two generations, then it is retired.
    TwoLives {
        MAX_THREADS: usize = 1,
        MAX_PAGES: usize = 1,
        INITIAL_PAGE_SIZE: usize = 1,
        RESERVED_BITS: usize = usize::BITS as usize - 3,
        WRAP_GENERATIONS: bool = false,
    }
    /// One slot with two generations, then the first comes again.
    TwoLivesAgain {
        MAX_THREADS: usize = 1,
        MAX_PAGES: usize = 1,
        INITIAL_PAGE_SIZE: usize = 1,
        RESERVED_BITS: usize = usize::BITS as usize - 3,
        WRAP_GENERATIONS: bool = true,
    }
}

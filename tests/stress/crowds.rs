//! How crowded the threads of a scenario are that does everything at once.

use flagstone::Config;

/// A configuration in one line.
macro_rules! config {
    ($name:ident: $($constant:ident = $value:expr),*) => {
        pub(crate) struct $name;
        impl Config for $name {
            $(const $constant: usize = $value;)*
            const WRAP_GENERATIONS: bool = true;
        }
    };
}

config! { OneSlot: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 }
config! { Crowded: MAX_THREADS = 2, MAX_PAGES = 3, INITIAL_PAGE_SIZE = 2 }
// Keys come back after eight lives: no reader may mind.
config! { Wrapping: MAX_THREADS = 2, MAX_PAGES = 2, INITIAL_PAGE_SIZE = 2, RESERVED_BITS = usize::BITS as usize - 7 }

/// A test for each of them: `$run` takes a configuration, how many keys the threads share, and whether few slots are.
macro_rules! in_every_crowd {
    ($run:ident) => {
        #[test]
        fn everything_at_once_with_room() {
            $crate::alone(|| $run::<flagstone::DefaultConfig>(16, false));
        }

        #[test]
        fn everything_at_once_in_three_crowded_shards() {
            $crate::alone(|| $run::<$crate::crowds::Crowded>(16, true));
        }

        #[test]
        fn everything_at_once_with_keys_that_come_back() {
            $crate::alone(|| $run::<$crate::crowds::Wrapping>(8, true));
        }

        #[test]
        fn everything_at_once_in_two_slots() {
            $crate::alone(|| $run::<$crate::crowds::OneSlot>(4, true));
        }
    };
}
pub(crate) use in_every_crowd;

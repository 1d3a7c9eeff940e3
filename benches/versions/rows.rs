//! The hot operations, once for each version.

use crate::report::random::Random;
use crate::report::workload::Trial;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A row: its name, and the function that prepares it.
pub(crate) type Row = (&'static str, fn() -> Trial);

/// How many entries the rows of reads have, which each measurement visits at least once.
pub(crate) const PASS: u64 = 1_000;

/// Returns how long that many operations take. The numbers of the operations begin with 0.
#[inline(always)]
fn time(iterations: u64, mut operation: impl FnMut(u64)) -> Duration {
    let start = Instant::now();
    for number in 0..iterations {
        operation(number);
    }
    start.elapsed()
}

/// Makes the rows of a version.
macro_rules! rows {
    ($version:ident) => {
        pub(crate) mod $version {
            use super::{Duration, PASS, Random, Row, Trial, black_box, time};
            use ::$version::{Pool, Slab};

            /// Returns all rows. Both versions have the same ones in the same order.
            pub(crate) fn all() -> Vec<Row> {
                vec![
                    ("insert + remove, 10", insert_remove::<10>),
                    ("insert + remove, 1,000", insert_remove::<1_000>),
                    ("insert + remove, 100,000", insert_remove::<100_000>),
                    ("get", get),
                    ("get, one pin held", get_pinned),
                    ("get, a pin for each", get_pinning),
                    ("remove with a guard out", remove_guarded),
                    ("take", take),
                    ("get_exclusive", exclusive),
                    ("pool: create_with + clear", pool),
                    ("made, used once, dropped", short_lived),
                ]
            }

            /// Makes a slab with that many entries, and returns their keys in random order.
            fn filled(live: u64) -> (Slab<u64>, Vec<usize>) {
                let slab = Slab::new();
                let mut keys: Vec<_> = (0..live).map(|value| slab.insert(value).expect("there is room")).collect();
                Random::new(1).shuffle(&mut keys);
                (slab, keys)
            }

            fn insert_remove<const LIVE: u64>() -> Trial {
                let (slab, _) = filled(LIVE);
                Box::new(move |iterations| {
                    time(iterations, |value| {
                        let key = black_box(slab.insert(value).expect("there is room"));
                        black_box(slab.remove(key));
                    })
                })
            }

            /// Visits the keys in turns.
            #[inline(always)]
            fn visit(keys: &[usize], iterations: u64, mut read: impl FnMut(usize)) -> Duration {
                time(iterations.div_ceil(PASS), |_| keys.iter().for_each(|&key| read(black_box(key))))
            }

            fn get() -> Trial {
                let (slab, keys) = filled(PASS);
                Box::new(move |iterations| {
                    visit(&keys, iterations, |key| {
                        black_box(slab.get(key).map(|entry| *entry));
                    })
                })
            }

            fn get_pinned() -> Trial {
                let (slab, keys) = filled(PASS);
                Box::new(move |iterations| {
                    let pinned = slab.pin();
                    visit(&keys, iterations, |key| {
                        black_box(pinned.get(key).copied());
                    })
                })
            }

            fn get_pinning() -> Trial {
                let (slab, keys) = filled(PASS);
                Box::new(move |iterations| {
                    visit(&keys, iterations, |key| {
                        black_box(slab.pin().get(key).copied());
                    })
                })
            }

            fn remove_guarded() -> Trial {
                let (slab, _) = filled(PASS);
                Box::new(move |iterations| {
                    time(iterations, |value| {
                        let key = black_box(slab.insert(value).expect("there is room"));
                        let guard = slab.get(key);
                        black_box(slab.remove(key));
                        drop(black_box(guard));
                    })
                })
            }

            fn take() -> Trial {
                let (slab, _) = filled(PASS);
                Box::new(move |iterations| {
                    time(iterations, |value| {
                        let key = black_box(slab.insert(value).expect("there is room"));
                        black_box(slab.take(key));
                    })
                })
            }

            fn exclusive() -> Trial {
                let (slab, keys) = filled(PASS);
                Box::new(move |iterations| {
                    visit(&keys, iterations, |key| {
                        *slab.get_exclusive(key).expect("no other thread uses the entry") += 1;
                    })
                })
            }

            fn pool() -> Trial {
                let pool = Pool::<String>::new();
                Box::new(move |iterations| {
                    time(iterations, |_| {
                        let text = black_box("sixty-four bytes that are written, read, cleared, and made anew.");
                        let key = pool.create_with(|string| string.push_str(text)).expect("there is room");
                        black_box(pool.clear(black_box(key)));
                    })
                })
            }

            fn short_lived() -> Trial {
                Box::new(|iterations| {
                    time(iterations, |value| {
                        let slab = Slab::new();
                        black_box(slab.insert(value));
                        drop(black_box(slab));
                    })
                })
            }
        }
    };
}

rows! { old }
rows! { new }

//! Mostly reads, some writes.

use super::duet::{self, Stopwatch};
use super::{Duo, Handle, Shared, Trial, fill};
use crate::report::random::Random;
use std::collections::VecDeque;
use std::hint::black_box;

/// Two threads read random ones of [`STANDING`](Self::STANDING) entries; one operation in twenty
/// is an insert, and one in twenty removes what the thread inserted [`OWN`](Self::OWN) inserts ago.
#[derive(Clone, Copy)]
pub(super) struct Mixture;

impl Mixture {
    /// How many entries both threads read.
    const STANDING: usize = 10_000;

    /// How many entries each thread keeps of its own.
    const OWN: u64 = 64;
}

impl Duo for Mixture {
    fn prepare<S: Shared>(self) -> Trial {
        let mut subject = S::new();
        let keys = fill(&mut subject, Self::STANDING);
        Box::new(move |iterations| {
            let work = |seed: u64| {
                let (subject, keys) = (&subject, &keys);
                move |stopwatch: &Stopwatch| {
                    let mut handle = subject.share();
                    let mut random = Random::new(seed);
                    let mut own: VecDeque<_> = (0..Self::OWN).map(|v| handle.insert(v)).collect();
                    let span = stopwatch.time(|| {
                        for operation in 0..iterations {
                            match operation % 20 {
                                0 => own.push_back(handle.insert(operation)),
                                10 => {
                                    let oldest = own.pop_front().expect("it has been filled");
                                    black_box(handle.remove(oldest));
                                }
                                _ => {
                                    let key = keys[random.below(Self::STANDING)];
                                    black_box(handle.get(key).expect("a live key"));
                                }
                            }
                        }
                    });
                    for key in own {
                        handle.remove(key);
                    }
                    span
                }
            };
            duet::play(work(3), work(4))
        })
    }
}

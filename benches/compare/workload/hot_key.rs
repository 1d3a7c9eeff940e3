//! Reads of one entry, or of two that are neighbours, by two threads.

use super::duet::{self, Stopwatch};
use super::{Duo, Handle, Shared, Trial, fill};
use std::hint::black_box;

/// Two threads read the same entry all the time.
#[derive(Clone, Copy)]
pub(super) struct HotKey;

impl Duo for HotKey {
    fn prepare<S: Shared>(self) -> Trial {
        let mut subject = S::new();
        let keys = fill(&mut subject, 1);
        read(subject, keys.clone(), keys)
    }
}

/// Two threads each read an entry of their own all the time, but the two were inserted one after the other. Whether
/// they share a cache line depends on their addresses, so the threads read [`PAIRS`](Self::PAIRS) such pairs, and an
/// iteration is one read of each.
#[derive(Clone, Copy)]
pub(super) struct Neighbours;

impl Neighbours {
    /// How many pairs of neighbours are read, one after the other.
    pub(super) const PAIRS: usize = 8;
}

impl Duo for Neighbours {
    fn prepare<S: Shared>(self) -> Trial {
        let mut subject = S::new();
        let keys = fill(&mut subject, Self::PAIRS + 1);
        read(subject, keys[..Self::PAIRS].to_vec(), keys[1..].to_vec())
    }
}

/// Reads the one list's keys here and the other's there, each key as often as there are
/// iterations before the next.
fn read<S: Shared>(subject: S, here: Vec<S::Key>, there: Vec<S::Key>) -> Trial {
    Box::new(move |iterations| {
        let read = |keys: &[S::Key], stopwatch: &Stopwatch| {
            let mut handle = subject.share();
            stopwatch.time(|| {
                for &key in keys {
                    for _ in 0..iterations {
                        black_box(handle.get(black_box(key)).expect("a live key"));
                    }
                }
            })
        };
        duet::play(|stopwatch| read(&here, stopwatch), |stopwatch| read(&there, stopwatch))
    })
}

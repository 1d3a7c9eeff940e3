//! Threads that share a store but no entries.

use super::duet::{self, Stopwatch};
use super::{Duo, Handle, Shared, Trial};
use std::hint::black_box;

/// Two threads share a store, but each inserts, reads and removes its own entries. One operation
/// is all three.
#[derive(Clone, Copy)]
pub(super) struct OwnEntries;

impl Duo for OwnEntries {
    fn prepare<S: Shared>(self) -> Trial {
        let subject = S::new();
        Box::new(move |iterations| {
            let work = |stopwatch: &Stopwatch| {
                let mut handle = subject.share();
                stopwatch.time(|| {
                    for value in 0..iterations {
                        let key = black_box(handle.insert(value));
                        black_box(handle.get(key).expect("a live key"));
                        black_box(handle.remove(key));
                    }
                })
            };
            duet::play(work, work)
        })
    }
}

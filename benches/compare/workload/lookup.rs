//! Reads of random entries by one thread.

use super::{Handle, Solo, Subject, Trial, fill};
use crate::report::random::Random;
use std::hint::black_box;
use std::time::Instant;

/// Each operation reads one of `live` entries: guard taken, value copied, guard dropped. The keys
/// lie in an array in random order, so that choosing one costs next to nothing.
#[derive(Clone, Copy)]
pub(super) struct Lookup {
    /// How many entries there are.
    pub(super) live: usize,
}

impl Solo for Lookup {
    fn prepare<S: Subject>(self) -> Trial {
        let mut subject = S::new();
        let mut keys = fill(&mut subject, self.live);
        Random::new(2).shuffle(&mut keys);
        // Each run continues where the last one stopped. Otherwise short runs would only see cached entries.
        let mut next = 0;
        Box::new(move |iterations| {
            let mut handle = subject.handle();
            let mut remaining = iterations as usize;
            let start = Instant::now();
            while remaining > 0 {
                let end = keys.len().min(next + remaining);
                for &key in &keys[next..end] {
                    black_box(handle.get(key).expect("a live key"));
                }
                remaining -= end - next;
                next = if end == keys.len() { 0 } else { end };
            }
            start.elapsed()
        })
    }
}

//! Inserts and removes while a number of other entries stay live.

use super::{Handle, Solo, Subject, Trial, fill};
use crate::report::random::Random;
use std::hint::black_box;
use std::time::Instant;

/// Each operation inserts a value and removes it again, beside `live` standing entries: the cost
/// of the calls themselves, with the slot in the cache.
#[derive(Clone, Copy)]
pub(super) struct InsertRemove {
    /// How many entries stand.
    pub(super) live: usize,
}

impl Solo for InsertRemove {
    fn prepare<S: Subject>(self) -> Trial {
        let mut subject = S::new();
        fill(&mut subject, self.live);
        Box::new(move |iterations| {
            let mut handle = subject.handle();
            let start = Instant::now();
            for value in 0..iterations {
                let key = black_box(handle.insert(value));
                black_box(handle.remove(key));
            }
            start.elapsed()
        })
    }
}

/// Each operation removes a random one of `live` entries and inserts a new one.
#[derive(Clone, Copy)]
pub(super) struct Replace {
    /// How many entries there are between operations.
    pub(super) live: usize,
}

impl Solo for Replace {
    fn prepare<S: Subject>(self) -> Trial {
        let mut subject = S::new();
        let mut keys = fill(&mut subject, self.live);
        let mut random = Random::new(1);
        Box::new(move |iterations| {
            let mut handle = subject.handle();
            let start = Instant::now();
            for value in 0..iterations {
                let key = &mut keys[random.below(self.live)];
                black_box(handle.remove(*key));
                *key = handle.insert(value);
            }
            start.elapsed()
        })
    }
}

//! The first insertion into a store.

use super::{Handle, Solo, Subject, Trial};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Each operation is the first insertion into an empty store. Stores are made and dropped outside of what is timed,
/// [`BATCH`](Self::BATCH) at a time, so that the clock is read twice for each batch only.
#[derive(Clone, Copy)]
pub(super) struct FirstInsertion;

impl FirstInsertion {
    /// How many stores an iteration makes.
    pub(super) const BATCH: usize = 64;
}

impl Solo for FirstInsertion {
    fn prepare<S: Subject>(self) -> Trial {
        Box::new(|iterations| {
            let mut stores = Vec::with_capacity(Self::BATCH);
            let mut elapsed = Duration::ZERO;
            for _ in 0..iterations {
                stores.extend((0..Self::BATCH).map(|_| S::new()));
                let start = Instant::now();
                for store in &mut stores {
                    black_box(store.handle().insert(0));
                }
                elapsed += start.elapsed();
                stores.clear();
            }
            elapsed
        })
    }
}

//! Many stores that one thread uses in turns.

use super::{Handle, Solo, Subject, Trial};
use std::hint::black_box;
use std::time::Instant;

/// Each iteration inserts, reads and removes one entry in each of [`STORES`](Self::STORES) stores, one after the other.
#[derive(Clone, Copy)]
pub(super) struct InTurns;

impl InTurns {
    /// How many stores there are.
    pub(super) const STORES: usize = 1_000;
}

impl Solo for InTurns {
    fn prepare<S: Subject>(self) -> Trial {
        let mut stores: Vec<_> = (0..Self::STORES).map(|_| S::new()).collect();
        Box::new(move |iterations| {
            let start = Instant::now();
            for value in 0..iterations {
                for store in &mut stores {
                    let mut handle = store.handle();
                    let key = black_box(handle.insert(value));
                    black_box(handle.get(key).expect("a live key"));
                    black_box(handle.remove(key));
                }
            }
            start.elapsed()
        })
    }
}

//! A store that fills and empties.

use super::{Handle, Solo, Subject, Trial};
use std::hint::black_box;
use std::time::Instant;

/// Each iteration inserts [`SIZE`](Self::SIZE) values, then removes them in the same order.
#[derive(Clone, Copy)]
pub(super) struct Burst;

impl Burst {
    /// How many pairs of insert and remove make an iteration.
    pub(super) const SIZE: usize = 100_000;
}

impl Solo for Burst {
    fn prepare<S: Subject>(self) -> Trial {
        let mut subject = S::new();
        let mut keys = Vec::with_capacity(Self::SIZE);
        Box::new(move |iterations| {
            let mut handle = subject.handle();
            let start = Instant::now();
            for _ in 0..iterations {
                keys.extend((0..Self::SIZE as u64).map(|value| handle.insert(value)));
                for key in keys.drain(..) {
                    black_box(handle.remove(key));
                }
            }
            start.elapsed()
        })
    }
}

//! A walk over all entries by one thread.

use super::{Trial, fill};
use crate::compare::subject::Walk;
use std::hint::black_box;
use std::time::Instant;

/// How many entries there are. An iteration is a walk over all of them.
pub(super) const ENTRIES: usize = 1_000_000;

/// Makes a store of that many entries; each iteration adds all values up.
pub(super) fn prepare<S: Walk>() -> Trial {
    let mut subject = S::new();
    fill(&mut subject, ENTRIES);
    Box::new(move |iterations| {
        let start = Instant::now();
        for _ in 0..iterations {
            black_box(subject.sum());
        }
        start.elapsed()
    })
}

//! Stores that are made, used once and dropped.

use super::{Handle, Solo, Subject, Trial};
use crate::compare::subject::pool::{Lender, fill};
use crate::compare::workload::lending::Lending;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// Each operation makes a store, inserts one value, and drops the store.
#[derive(Clone, Copy)]
pub(super) struct ShortLived;

impl Solo for ShortLived {
    fn prepare<S: Subject>(self) -> Trial {
        Box::new(|iterations| {
            let start = Instant::now();
            for value in 0..iterations {
                let mut subject = S::new();
                black_box(subject.handle().insert(value));
                drop(black_box(subject));
            }
            start.elapsed()
        })
    }
}

/// Each operation makes a pool, lends and fills one string, gives it back, and drops the pool.
impl Lending for ShortLived {
    fn prepare<L: Lender>(self) -> Trial {
        Box::new(|iterations| {
            let start = Instant::now();
            for _ in 0..iterations {
                let pool = Arc::new(L::new());
                let mut string = pool.lend();
                fill(&mut string);
                drop(black_box(string));
                drop(black_box(pool));
            }
            start.elapsed()
        })
    }
}

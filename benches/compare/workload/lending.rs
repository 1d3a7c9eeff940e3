//! The same work for pools without keys: what is created is a guard, what is cleared is given back.

use super::Trial;
use super::duet::{self, Stopwatch};
use super::handover::Handover;
use crate::compare::subject::pool::{Lender, fill};
use crossbeam_channel::bounded;
use std::array;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// A workload of pools without keys.
pub(super) trait Lending: Copy + 'static {
    /// Makes a pool and brings it to where the measurement starts.
    fn prepare<L: Lender>(self) -> Trial;
}

/// Each operation lends a string, fills it and gives it back, while `live` others stay lent. As `InsertRemove`.
#[derive(Clone, Copy)]
pub(super) struct Lend {
    /// How many strings stay lent.
    pub(super) live: usize,
}

impl Lending for Lend {
    fn prepare<L: Lender>(self) -> Trial {
        let pool = Arc::new(L::new());
        let lent: Vec<_> = (0..self.live)
            .map(|_| {
                let mut string = pool.lend_owned();
                fill(&mut string);
                string
            })
            .collect();
        Box::new(move |iterations| {
            // Kept with the pool.
            let _lent = &lent;
            let start = Instant::now();
            for _ in 0..iterations {
                let mut string = pool.lend();
                fill(&mut string);
                black_box(&mut string);
            }
            start.elapsed()
        })
    }
}

/// A producer lends and fills strings, and sends the guards; a consumer gives them back. As [`Handover`].
#[derive(Clone, Copy)]
pub(super) struct LendingHandover;

impl Lending for LendingHandover {
    fn prepare<L: Lender>(self) -> Trial {
        let pool = L::new();
        Box::new(move |iterations| {
            let (sender, receiver) = bounded::<[L::Guard<'_>; Handover::BLOCK]>(Handover::CAPACITY);
            let lend = |_| {
                let mut string = pool.lend();
                fill(&mut string);
                black_box(&mut string);
                string
            };
            let produce = |stopwatch: &Stopwatch| {
                stopwatch.time(move || {
                    for _ in 0..iterations {
                        assert!(sender.send(array::from_fn(lend)).is_ok(), "the consumer listens");
                    }
                })
            };
            let consume = |stopwatch: &Stopwatch| {
                stopwatch.time(|| {
                    for string in receiver.iter().flatten() {
                        drop(string);
                    }
                })
            };
            duet::play(produce, consume)
        })
    }
}

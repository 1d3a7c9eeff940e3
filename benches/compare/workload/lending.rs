//! The same work for pools without keys: a guard instead of a key, and a guard that is dropped instead of `clear`.

use super::Trial;
use super::duet::{self, Stopwatch};
use super::ring::ring;
use crate::compare::subject::pool::{Lender, fill};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// A workload of pools without keys.
pub(super) trait Lending: Copy + 'static {
    /// Makes a pool and prepares it for the measurement.
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

/// A producer lends and fills strings, and sends the guards; a consumer drops them, which gives the strings back. As
/// [`Handover`](super::handover::Handover).
#[derive(Clone, Copy)]
pub(super) struct LendingHandover;

impl Lending for LendingHandover {
    fn prepare<L: Lender>(self) -> Trial {
        let pool = L::new();
        Box::new(move |iterations| {
            let (mut sender, mut receiver) = ring::<L::Guard<'_>>();
            let produce = |stopwatch: &Stopwatch| {
                stopwatch.time(|| {
                    for _ in 0..iterations {
                        let mut string = pool.lend();
                        fill(&mut string);
                        black_box(&mut string);
                        sender.send(string);
                    }
                })
            };
            let consume = |stopwatch: &Stopwatch| {
                stopwatch.time(|| {
                    for _ in 0..iterations {
                        drop(receiver.receive());
                    }
                })
            };
            duet::play(produce, consume)
        })
    }
}

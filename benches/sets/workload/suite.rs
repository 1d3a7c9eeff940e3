//! The workloads of slotpoller's published suite, reimplemented: 16,384 futures in a set that is made for them.

use super::{Obstacle, Subject, Trial, Work};
use crate::report::random::Random;
use crate::report::yielding::Yielding;
use crate::sets::outer::{Outer, Rest};
use crate::sets::subject::{Set, tokio};
use ::tokio::task::JoinSet;
use std::time::Instant;

/// How many futures there are.
pub(super) const FUTURES: usize = 16_384;

/// How often a future wakes itself at most, where the number is random.
const MOST_DRAWN: u64 = 20;

/// How often each future wakes itself before it is ready.
#[derive(Clone, Copy)]
pub(super) enum Yields {
    Each(u64),
    /// A random number of times, up to [`MOST_DRAWN`], the same for every subject.
    Drawn,
}

impl Yields {
    /// Returns how often each future is polled.
    fn polls(self) -> Vec<u64> {
        let mut random = Random::new(7);
        let mut draw = || match self {
            Self::Each(yields) => yields + 1,
            Self::Drawn => random.below(MOST_DRAWN as usize + 1) as u64 + 1,
        };
        (0..FUTURES).map(|_| draw()).collect()
    }

    /// How many polls there are in all.
    pub(super) fn all_polls(self) -> usize {
        self.polls().into_iter().sum::<u64>() as usize
    }
}

/// A set is made, filled and drained.
#[derive(Clone, Copy)]
pub(super) struct Suite {
    /// What its futures do.
    pub(super) yields: Yields,
}

impl Work for Suite {
    fn prepare<S: Subject>(self) -> Result<Trial, Obstacle> {
        let outer = Outer::new(Rest::Watch);
        let polls = self.yields.polls();
        Ok(Box::new(move |iterations| {
            let start = Instant::now();
            for _ in 0..iterations {
                let mut set = S::Set::<Yielding>::with_capacity(FUTURES);
                for &polls in &polls {
                    set.push(Yielding::new(polls));
                }
                outer.drain(&mut set, drop);
            }
            start.elapsed()
        }))
    }

    fn tokio(self) -> Result<Trial, Obstacle> {
        let runtime = tokio::runtime();
        let polls = self.yields.polls();
        Ok(Box::new(move |iterations| {
            runtime.block_on(async {
                let start = Instant::now();
                for _ in 0..iterations {
                    let mut set = JoinSet::new();
                    for &polls in &polls {
                        set.spawn(Yielding::new(polls));
                    }
                    while tokio::output(&mut set).await.is_some() {}
                }
                start.elapsed()
            })
        }))
    }
}

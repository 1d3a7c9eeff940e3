//! Futures that wake themselves.

use super::{Obstacle, Subject, Trial, Work};
use crate::report::yielding::Yielding;
use crate::sets::outer::{Outer, Rest};
use crate::sets::subject::{Set, tokio};
use ::tokio::task::JoinSet;
use std::time::Instant;

/// Each future is polled once an iteration. The time includes that of pushing and draining them.
#[derive(Clone, Copy)]
pub(super) struct SelfWakes {
    /// How many there are.
    pub(super) futures: usize,
}

impl Work for SelfWakes {
    fn prepare<S: Subject>(self) -> Result<Trial, Obstacle> {
        let outer = Outer::new(Rest::Watch);
        let mut set = S::Set::<Yielding>::with_capacity(self.futures);
        Ok(Box::new(move |iterations| {
            let start = Instant::now();
            for _ in 0..self.futures {
                set.push(Yielding::new(iterations));
            }
            outer.drain(&mut set, drop);
            start.elapsed()
        }))
    }

    fn tokio(self) -> Result<Trial, Obstacle> {
        let runtime = tokio::runtime();
        let mut set = JoinSet::new();
        Ok(Box::new(move |iterations| {
            runtime.block_on(async {
                let start = Instant::now();
                for _ in 0..self.futures {
                    set.spawn(Yielding::new(iterations));
                }
                while tokio::output(&mut set).await.is_some() {}
                start.elapsed()
            })
        }))
    }
}

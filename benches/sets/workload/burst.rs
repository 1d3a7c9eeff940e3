//! Many futures at once.

use super::{Obstacle, Subject, Trial, Work};
use crate::sets::outer::{Outer, Rest};
use crate::sets::subject::{Set, tokio};
use ::tokio::task::JoinSet;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::time::Instant;

/// How many futures are pushed before the first is polled.
pub(super) const FUTURES: usize = 1_000;

/// Pushes them all, then takes all outputs.
#[derive(Clone, Copy)]
pub(super) struct Burst;

impl Work for Burst {
    fn prepare<S: Subject>(self) -> Result<Trial, Obstacle> {
        let outer = Outer::new(Rest::Watch);
        let mut set = S::Set::<Ready<usize>>::with_capacity(FUTURES);
        Ok(Box::new(move |iterations| {
            let start = Instant::now();
            for _ in 0..iterations {
                for number in 0..FUTURES {
                    set.push(ready(number));
                }
                let mut outputs = 0;
                outer.drain(&mut set, |output| {
                    black_box(output);
                    outputs += 1;
                });
                assert_eq!(outputs, FUTURES);
            }
            start.elapsed()
        }))
    }

    fn tokio(self) -> Result<Trial, Obstacle> {
        let runtime = tokio::runtime();
        let mut set = JoinSet::new();
        Ok(Box::new(move |iterations| {
            runtime.block_on(async {
                let start = Instant::now();
                for _ in 0..iterations {
                    for number in 0..FUTURES {
                        set.spawn(ready(number));
                    }
                    let mut outputs = 0;
                    while let Some(output) = tokio::output(&mut set).await {
                        black_box(output);
                        outputs += 1;
                    }
                    assert_eq!(outputs, FUTURES);
                }
                start.elapsed()
            })
        }))
    }
}

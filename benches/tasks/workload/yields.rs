//! Tasks that wake themselves.

use super::{Obstacle, Runtime, Trial, Work};
use crate::report::yielding::Yielding;
use crate::tasks::subject::embassy::Embassy;
use crate::tasks::subject::{SPARE, Spawner};
use std::cell::Cell;
use std::time::Instant;

/// How many tasks yield to each other.
pub(super) const TASKS: u64 = 100;

/// Each task is polled once an iteration. The time includes that of spawning and awaiting them.
#[derive(Clone, Copy)]
pub(super) struct Yields;

impl Work for Yields {
    fn prepare<R: Runtime>(self) -> Result<Trial, Obstacle> {
        let mut runtime = R::with_capacity(TASKS as usize + SPARE);
        Ok(Box::new(move |iterations| {
            let spawner = runtime.spawner();
            runtime.block_on(async move {
                let start = Instant::now();
                let handles: Vec<_> = (0..TASKS).map(|_| spawner.spawn(Yielding::new(iterations))).collect();
                for handle in handles {
                    R::Spawner::output(handle.await);
                }
                start.elapsed()
            })
        }))
    }
}

/// The same, until all have reported that they are done.
pub(super) fn embassy() -> Trial {
    let executor = Embassy::new();
    let done: &'static Cell<u64> = Box::leak(Box::default());
    let task = move |polls| async move {
        Yielding::new(polls).await;
        done.set(done.get() + 1);
    };
    let storages = Embassy::storages(TASKS as usize, task);
    Box::new(move |iterations| {
        done.set(0);
        let start = Instant::now();
        for storage in storages {
            executor.spawn(storage, || task(iterations));
        }
        executor.run_until(|| done.get() == TASKS);
        start.elapsed()
    })
}

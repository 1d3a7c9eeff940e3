//! Many tasks at once.

use super::{Obstacle, Runtime, Trial, Work};
use crate::tasks::subject::embassy::Embassy;
use crate::tasks::subject::{SPARE, Spawner};
use std::cell::Cell;
use std::hint::black_box;
use std::time::Instant;

/// How many tasks are spawned before the first is awaited.
pub(super) const TASKS: u64 = 1_000;

/// The future that is given to `block_on` spawns them all, then awaits them in the same order.
#[derive(Clone, Copy)]
pub(super) struct Burst;

impl Work for Burst {
    fn prepare<R: Runtime>(self) -> Result<Trial, Obstacle> {
        let mut runtime = R::with_capacity(TASKS as usize + SPARE);
        Ok(Box::new(move |iterations| {
            let spawner = runtime.spawner();
            runtime.block_on(async move {
                let mut handles = Vec::with_capacity(TASKS as usize);
                let start = Instant::now();
                for _ in 0..iterations {
                    handles.extend((0..TASKS).map(|number| spawner.spawn(async move { number })));
                    for handle in handles.drain(..) {
                        black_box(R::Spawner::output(handle.await));
                    }
                }
                start.elapsed()
            })
        }))
    }
}

/// Spawns them all, then runs until all have reported that they are done.
pub(super) fn embassy() -> Trial {
    let executor = Embassy::new();
    let done: &'static Cell<u64> = Box::leak(Box::default());
    let task = move |number| async move {
        black_box(number);
        done.set(done.get() + 1);
    };
    let storages = Embassy::storages(TASKS as usize, task);
    Box::new(move |iterations| {
        let start = Instant::now();
        for _ in 0..iterations {
            done.set(0);
            for (storage, number) in storages.iter().zip(0..) {
                executor.spawn(storage, || task(number));
            }
            executor.run_until(|| done.get() == TASKS);
        }
        start.elapsed()
    })
}

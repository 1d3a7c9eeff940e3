//! One task after the other.

use super::{Obstacle, Runtime, Trial, Work};
use crate::tasks::subject::embassy::Embassy;
use crate::tasks::subject::{SPARE, Spawner};
use std::cell::Cell;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Spawns a task that is ready when it is first polled, awaits its output, and so on. Returns the
/// nanoseconds that this took.
pub(crate) async fn drive<S: Spawner>(spawner: S, iterations: u64) -> u64 {
    let start = Instant::now();
    for number in 0..iterations {
        let joined = spawner.spawn(async move { number }).await;
        black_box(S::output(joined));
    }
    start.elapsed().as_nanos() as u64
}

/// The future that is given to `block_on` does it.
#[derive(Clone, Copy)]
pub(super) struct FromOutside;

impl Work for FromOutside {
    fn prepare<R: Runtime>(self) -> Result<Trial, Obstacle> {
        let mut runtime = R::with_capacity(2 + SPARE);
        Ok(Box::new(move |iterations| {
            let future = drive(runtime.spawner(), iterations);
            Duration::from_nanos(runtime.block_on(future))
        }))
    }
}

/// A task does it.
#[derive(Clone, Copy)]
pub(super) struct FromInside;

impl Work for FromInside {
    fn prepare<R: Runtime>(self) -> Result<Trial, Obstacle> {
        let mut runtime = R::with_capacity(2 + SPARE);
        Ok(Box::new(move |iterations| {
            let spawner = runtime.spawner();
            let joined = runtime.block_on(async move { spawner.drive(iterations).await });
            Duration::from_nanos(R::Spawner::output(joined))
        }))
    }
}

/// There is no handle to await: spawns a task and runs until it has reported that it is done.
pub(super) fn embassy() -> Trial {
    let executor = Embassy::new();
    let done: &'static Cell<u64> = Box::leak(Box::default());
    let task = move |number| async move { done.set(black_box(number)) };
    let storage = &Embassy::storages(1, task)[0];
    Box::new(move |iterations| {
        let start = Instant::now();
        for number in 1..=iterations {
            executor.spawn(storage, || task(number));
            executor.run_until(|| done.get() == number);
        }
        start.elapsed()
    })
}

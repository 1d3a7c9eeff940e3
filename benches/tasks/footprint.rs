//! How many bytes a task needs in addition to its future.

use super::subject::{self, ROOM, Runtime, Spawner, Visitor, embassy};
use crate::report::allocations;
use crate::report::program::Footprint;
use embassy_executor::raw::TaskStorage;
use futures_lite::future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The name on the command line and in files.
pub(crate) const ID: &str = "memory-task";

/// What is weighed.
pub(crate) const FOOTPRINT: Footprint =
    Footprint { id: ID, title: "memory beside a future of 192 B, per task (requested)", weigh };

/// A future that fills its room to the last byte, and is never ready.
struct Large {
    _bytes: [u64; ROOM / size_of::<u64>()],
}

const _: () = assert!(size_of::<Large>() == ROOM);

impl Future for Large {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<u64> {
        Poll::Pending
    }
}

/// Measures each executor's tasks.
struct Weigh;

impl Visitor for Weigh {
    type Output = (&'static str, f64);

    fn visit<R: Runtime>(&self) -> Self::Output {
        let [few, many] = R::FILLED_BY;
        let bytes = (bytes_of::<R>(many) - bytes_of::<R>(few)) as f64 / (many - few) as f64;
        (R::NAME, bytes - ROOM as f64)
    }
}

/// Returns how many bytes an executor with `tasks` tasks needs, after each was polled once.
fn bytes_of<R: Runtime>(tasks: usize) -> isize {
    allocations::bytes_left_by(|bytes| {
        let mut runtime = R::with_capacity(tasks);
        let spawner = runtime.spawner();
        let handles = runtime.block_on(async move {
            let handles: Vec<_> =
                (0..tasks).map(|_| spawner.spawn(Large { _bytes: [0; ROOM / size_of::<u64>()] })).collect();
            // Until each task has been polled and its queues have grown.
            for _ in 0..tasks {
                future::yield_now().await;
            }
            handles
        });
        let held = size_of::<<R::Spawner as Spawner>::Handle>() * handles.capacity();
        let bytes = bytes() - held as isize;
        drop(handles);
        bytes
    })
}

/// Measures the tasks of all executors.
fn weigh() -> Vec<(&'static str, f64)> {
    let mut weights = subject::every(&Weigh);
    // Static memory, so the size of the type is all.
    weights.push((embassy::NAME, (size_of::<TaskStorage<Large>>() - size_of::<Large>()) as f64));
    weights
}

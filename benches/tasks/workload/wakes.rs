//! Tasks that another thread wakes.

use super::{Obstacle, Runtime, Trial, Work};
use crate::report::bell::{Belfry, LOST, Listener, Lost, rung};
use crate::tasks::subject::embassy::Embassy;
use crate::tasks::subject::{SPARE, Spawner};
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

/// How many tasks wait, and so how many wakes can be under way.
pub(super) const TASKS: u64 = 64;

/// How often each task is woken to see whether a runtime loses wakes.
const TRIAL: u64 = 1_000;

/// Another thread wakes the tasks in turn, each only after the poll of its previous wake. The time is from the first
/// wake to the last poll, without spawning and joining. An executor that has caught up sleeps, so parking and unparking
/// are part of it.
#[derive(Clone, Copy)]
pub(super) struct Wakes {
    /// How many groups the tasks are in. A group is woken at once, and wakes of the other groups happen while it waits
    /// to be polled. With as many groups as tasks, each wake also synchronizes with the other thread, which costs more
    /// than the wake itself.
    pub(super) bells: u64,
}

impl Work for Wakes {
    fn prepare<R: Runtime>(self) -> Result<Trial, Obstacle> {
        let mut runtime = R::with_capacity(TASKS as usize + SPARE);
        self.measure(&mut runtime, TRIAL).map_err(|Lost| LOST)?;
        Ok(Box::new(move |iterations| self.measure(&mut runtime, iterations).expect("no wake is lost now")))
    }
}

impl Wakes {
    /// Wakes each task `laps` times.
    fn measure<R: Runtime>(self, runtime: &mut R, laps: u64) -> Result<Duration, Lost> {
        let belfry = self.belfry(laps);
        let spawner = runtime.spawner();
        rung(&belfry, |belfry| {
            let belfry = Arc::clone(belfry);
            runtime.block_on(async move {
                let handles: Vec<_> = belfry.listeners().map(|listener| spawner.spawn(listener)).collect();
                belfry.silence().await;
                drop(handles);
            });
        })
    }

    /// Makes the bells. Each is going to be rung `laps` times.
    fn belfry(self, laps: u64) -> Arc<Belfry> {
        Belfry::new(self.bells, TASKS / self.bells, laps)
    }

    /// The same, until the ringing is over.
    pub(super) fn embassy(self) -> Trial {
        let executor = Embassy::new();
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let task = |listener: Listener| async move {
            listener.await;
        };
        let storages = Embassy::storages(TASKS as usize, task);
        Box::new(move |laps| {
            let run = |belfry: &Arc<Belfry>| {
                for (storage, listener) in storages.iter().zip(belfry.listeners()) {
                    executor.spawn(storage, || task(listener));
                }
                executor.run_until(|| belfry.is_silent(&waker));
            };
            rung(&self.belfry(laps), run).expect("no wake is lost")
        })
    }
}

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

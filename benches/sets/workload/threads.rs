//! Futures that another thread wakes.

use super::{Obstacle, Subject, Trial, Work};
use crate::report::bell::{Belfry, LOST, Listener, Lost, rung};
use crate::sets::outer::{Outer, Rest};
use crate::sets::subject::{Set, tokio};
use ::tokio::runtime::Runtime;
use ::tokio::task::JoinSet;
use std::sync::Arc;
use std::time::Duration;

/// How many futures wait, and so how many wakes can be under way.
pub(super) const FUTURES: usize = 64;

/// How often each future is woken to see whether a set loses wakes.
const TRIAL: u64 = 1_000;

/// Another thread wakes the futures in turn, each only after the poll of its previous wake. The time is from the first
/// wake to the last poll, without pushing and draining.
#[derive(Clone, Copy)]
pub(super) struct Threads {
    /// How many groups the futures are in. A group is woken at once, and wakes of the other groups happen while it
    /// waits to be polled. With as many groups as futures, each wake also synchronizes with the other thread.
    pub(super) bells: usize,
    /// What the owner does when it has caught up.
    pub(super) rest: Rest,
}

impl Work for Threads {
    fn prepare<S: Subject>(self) -> Result<Trial, Obstacle> {
        let mut set = S::Set::<Listener>::with_capacity(FUTURES);
        self.measure(&mut set, TRIAL).map_err(|Lost| LOST)?;
        Ok(Box::new(move |laps| self.measure(&mut set, laps).expect("no wake is lost now")))
    }

    fn tokio(self) -> Result<Trial, Obstacle> {
        if self.rest == Rest::Watch {
            return Err("sleeps: the owner of the set does not poll it".to_owned());
        }
        let runtime = tokio::runtime();
        self.measure_tokio(&runtime, TRIAL).map_err(|Lost| LOST)?;
        Ok(Box::new(move |laps| self.measure_tokio(&runtime, laps).expect("no wake is lost now")))
    }
}

impl Threads {
    /// Makes the bells. Each is going to be rung `laps` times.
    fn belfry(self, laps: u64) -> Arc<Belfry> {
        Belfry::new(self.bells as u64, (FUTURES / self.bells) as u64, laps)
    }

    /// Wakes each future `laps` times.
    fn measure<S: Set<Listener>>(self, set: &mut S, laps: u64) -> Result<Duration, Lost> {
        let outer = Outer::new(self.rest);
        rung(&self.belfry(laps), |belfry| {
            for listener in belfry.listeners() {
                set.push(listener);
            }
            outer.serve(set, self.rest, || belfry.is_silent(outer.waker()));
        })
    }

    /// Wakes each task `laps` times.
    fn measure_tokio(self, runtime: &Runtime, laps: u64) -> Result<Duration, Lost> {
        rung(&self.belfry(laps), |belfry| {
            runtime.block_on(async {
                let mut set = JoinSet::new();
                for listener in belfry.listeners() {
                    set.spawn(listener);
                }
                belfry.silence().await;
            });
        })
    }
}

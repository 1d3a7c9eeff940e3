//! The workloads, and their list.

pub(crate) mod spawn_and_await;

mod burst;
mod wakes;
mod yields;

use super::subject::embassy;
use super::subject::{self, Runtime, Visitor};
use crate::report::workload::{Contestant, Obstacle, Trial, Workload};

/// Enters each executor for a workload.
struct Enter<W>(W);

/// A workload of an executor that has join handles.
trait Work: Copy + 'static {
    /// Makes an executor and everything else that is needed.
    fn prepare<R: Runtime>(self) -> Result<Trial, Obstacle>;
}

impl<W: Work> Visitor for Enter<W> {
    type Output = Contestant;

    fn visit<R: Runtime>(&self) -> Contestant {
        let work = self.0;
        Contestant { subject: R::NAME, prepare: Box::new(move || work.prepare::<R>()) }
    }
}

/// Returns every workload, in the order of the report.
pub(crate) fn all() -> Vec<Workload> {
    let with_embassy = |mut contestants: Vec<Contestant>, prepare: Box<dyn Fn() -> Trial>| {
        contestants.push(Contestant::new(embassy::NAME, prepare));
        contestants
    };
    let wakes = |bells| {
        let wakes = wakes::Wakes { bells };
        with_embassy(subject::every(&Enter(wakes)), Box::new(move || wakes.embassy()))
    };
    vec![
        Workload::plain(
            "spawn-await",
            "spawn and await a trivial future, in block_on",
            with_embassy(subject::every(&Enter(spawn_and_await::FromOutside)), Box::new(spawn_and_await::embassy)),
        ),
        Workload::plain(
            "spawn-await-task",
            "spawn and await a trivial future, in a task",
            subject::every(&Enter(spawn_and_await::FromInside)),
        ),
        Workload {
            operations: burst::TASKS,
            ..Workload::plain(
                "spawn-1000",
                "spawn 1,000, then await them all, per task",
                with_embassy(subject::every(&Enter(burst::Burst)), Box::new(burst::embassy)),
            )
        },
        Workload {
            operations: yields::TASKS,
            ..Workload::plain(
                "yield-100",
                "100 tasks that yield, per poll",
                with_embassy(subject::every(&Enter(yields::Yields)), Box::new(yields::embassy)),
            )
        },
        Workload {
            operations: wakes::TASKS,
            ..Workload::plain("wake-64", "wakes from another thread, 64 tasks, per wake and poll", wakes(4))
        },
        Workload {
            operations: wakes::TASKS,
            ..Workload::plain("wake-64-each", "wakes that hand something over, 64 tasks, per wake", wakes(wakes::TASKS))
        },
    ]
}

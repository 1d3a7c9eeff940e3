//! The workloads, and their list.

mod burst;
mod neighbours;
mod self_wakes;
mod suite;
mod threads;
mod woken;

use super::outer::Rest;
use super::subject::{self, Subject, Visitor, tokio};
use crate::report::workload::{Contestant, Obstacle, Trial, Workload};

/// Enters each kind of set for a workload.
struct Enter<W>(W);

/// A workload of sets.
trait Work: Copy + 'static {
    /// Makes a set and everything else that is needed.
    fn prepare<S: Subject>(self) -> Result<Trial, Obstacle>;

    /// The same for tokio, which polls its tasks itself.
    fn tokio(self) -> Result<Trial, Obstacle>;
}

impl<W: Work> Visitor for Enter<W> {
    type Output = Contestant;

    fn visit<S: Subject>(&self) -> Contestant {
        let work = self.0;
        Contestant { subject: S::NAME, prepare: Box::new(move || work.prepare::<S>()) }
    }
}

/// Enters all kinds for a workload with `operations` operations per iteration.
fn entered(id: &'static str, title: &'static str, operations: usize, work: impl Work) -> Workload {
    let mut contestants = subject::every(&Enter(work));
    contestants.push(Contestant { subject: tokio::NAME, prepare: Box::new(move || work.tokio()) });
    Workload { operations: operations as u64, ..Workload::plain(id, title, contestants) }
}

/// Returns every workload, in the order of the report.
pub(crate) fn all() -> Vec<Workload> {
    let self_wakes = |id, title, futures| entered(id, title, futures, self_wakes::SelfWakes { futures });
    let woken = |id, title, futures, at_once| {
        let pass = (futures as u64).div_ceil(at_once as u64);
        Workload { pass, ..entered(id, title, at_once, woken::Woken { futures, at_once }) }
    };
    let rings = |id, title, kind, rings, size| {
        let work = neighbours::Neighbours { kind, rings, size };
        entered(id, title, work.futures(), work)
    };
    let neighbours = |id, title, kind| rings(id, title, kind, 1, 100);
    let suite = |id, title, yields: suite::Yields| entered(id, title, yields.all_polls(), suite::Suite { yields });
    let threads = |id, title, bells, rest| entered(id, title, threads::FUTURES, threads::Threads { bells, rest });
    vec![
        entered("push-drain", "push 1,000 ready futures and drain, per future", burst::FUTURES, burst::Burst),
        suite("16384-ready", "16,384 ready futures in a new set, per future", suite::Yields::Each(0)),
        suite("16384-yield-1", "16,384 in a new set that yield once, per poll", suite::Yields::Each(1)),
        suite("16384-yield-10", "16,384 in a new set that yield ten times, per poll", suite::Yields::Each(10)),
        suite("16384-yield-100", "16,384 in a new set that yield a hundred times, per poll", suite::Yields::Each(100)),
        suite("16384-yield-random", "16,384 in a new set that yield 0 to 20 times, per poll", suite::Yields::Drawn),
        rings("16384-rings", "16,400 in rings of 100, one after the other, per poll", neighbours::Kind::Next, 164, 100),
        rings(
            "16384-ring",
            "16,384 in one ring, one after the other, per poll",
            neighbours::Kind::Next,
            1,
            suite::FUTURES,
        ),
        self_wakes("self-wake-100", "100 futures that wake themselves, per poll", 100),
        self_wakes("self-wake-10", "10 futures that wake themselves, per poll", 10),
        woken("random-1000", "1,000 woken at random, 32 at once, per wake and poll", 1_000, 32),
        woken("random-10", "10 woken at random, 4 at once, per wake and poll", 10, 4),
        woken("random-10000", "10,000 woken at random, one at once, per wake and poll", 10_000, 1),
        neighbours("neighbours-100", "a ring of 100, each wakes both neighbours, per poll", neighbours::Kind::Both),
        neighbours("relay-100", "a ring of 100, one after the other, per wake and poll", neighbours::Kind::Next),
        neighbours(
            "relay-back-100",
            "a ring of 100, the other way around, per wake and poll",
            neighbours::Kind::Previous,
        ),
        threads("thread-64", "wakes from another thread, 64 futures, per wake and poll", 4, Rest::Sleep),
        threads(
            "thread-64-each",
            "wakes that hand something over, 64 futures, per wake",
            threads::FUTURES,
            Rest::Sleep,
        ),
        threads("thread-64-awake", "wakes from another thread, no sleep, per wake and poll", 4, Rest::Watch),
    ]
}

//! The workloads.

// Workloads.
mod access;
mod burst;
mod churn;
mod duet;
mod first_insertion;
mod handover;
mod hot_key;
mod in_turns;
mod lending;
mod lookup;
mod mixture;
mod own_entries;
mod published;
mod ring;
mod short_lived;
mod walk;

// The lists of them, each with its subjects.
mod graphs;
mod pools;
mod stores;

use self::lending::Lending;
use super::subject::pool::{Lender, LenderVisitor};
use super::subject::{Handle, Shared, SharedVisitor, Subject, Visitor, Walk, WalkVisitor};
use crate::report::workload::{Contestant, Trial, Workload};

/// A workload of one thread.
trait Solo: Copy + 'static {
    /// Makes a store and prepares it for the measurement.
    fn prepare<S: Subject>(self) -> Trial;
}

/// A workload of several threads. Its time is that from the first thread's start to the last one's
/// end; each thread does every iteration, so the quotient is per operation *and* thread.
trait Duo: Copy + 'static {
    /// Makes a store and prepares it for the measurement.
    fn prepare<S: Shared>(self) -> Trial;
}

/// Enters each subject for a workload of one thread.
struct EnterSolo<W>(W);

impl<W: Solo> Visitor for EnterSolo<W> {
    type Output = Contestant;

    fn visit<S: Subject>(&self) -> Contestant {
        let workload = self.0;
        Contestant::new(S::NAME, move || workload.prepare::<S>())
    }
}

/// Enters each subject for a workload of several threads.
struct EnterDuo<W>(W);

impl<W: Duo> SharedVisitor for EnterDuo<W> {
    type Output = Contestant;

    fn visit<S: Shared>(&self) -> Contestant {
        let workload = self.0;
        Contestant::new(S::NAME, move || workload.prepare::<S>())
    }
}

/// Enters each subject for a walk over its entries.
struct EnterWalk;

impl WalkVisitor for EnterWalk {
    type Output = Contestant;

    fn visit<S: Walk>(&self) -> Contestant {
        Contestant::new(S::NAME, walk::prepare::<S>)
    }
}

/// Enters each pool without keys.
struct EnterLender<W>(W);

impl<W: Lending> LenderVisitor for EnterLender<W> {
    type Output = Contestant;

    fn visit<L: Lender>(&self) -> Contestant {
        let workload = self.0;
        Contestant::new(L::NAME, move || workload.prepare::<L>())
    }
}

/// Inserts that many values, and returns their keys.
fn fill<S: Subject>(subject: &mut S, count: usize) -> Vec<S::Key> {
    let mut handle = subject.handle();
    (0..count as u64).map(|value| handle.insert(value)).collect()
}

/// Returns every workload, in the order of the report: first those of one store of numbers, then the published graphs,
/// then the pools, whose names begin with `pool-`.
pub(crate) fn all() -> Vec<Workload> {
    let mut workloads = stores::all();
    workloads.extend(graphs::all());
    workloads.extend(pools::all());
    workloads
}

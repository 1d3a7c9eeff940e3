//! What the subjects are made to do, and the list of it all.

mod burst;
mod churn;
mod duet;
mod handover;
mod hot_key;
mod lending;
mod lookup;
mod mixture;
mod own_entries;
mod walk;

use self::burst::Burst;
use self::churn::{InsertRemove, Replace};
use self::handover::Handover;
use self::hot_key::{HotKey, Neighbours};
use self::lending::{Lend, Lending, LendingHandover};
use self::lookup::Lookup;
use self::mixture::Mixture;
use self::own_entries::OwnEntries;
use super::subject::nothing::Nothing;
use super::subject::pool::{self, Lender, LenderVisitor};
use super::subject::{self, Handle, Shared, SharedVisitor, Subject, Visitor, Walk, WalkVisitor};
use crate::report::workload::{Contestant, Trial, Workload};

/// A workload of one thread.
trait Solo: Copy + 'static {
    /// Makes a store and brings it to where the measurement starts.
    fn prepare<S: Subject>(self) -> Trial;
}

/// A workload of two threads. Its time is that from the first thread's start to the last one's
/// end; each thread does every iteration, so the quotient is per operation *and* thread.
trait Duo: Copy + 'static {
    /// Makes a store and brings it to where the measurement starts.
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

/// Enters each subject for a workload of two threads.
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

/// Returns every workload, in the order of the report.
pub(crate) fn all() -> Vec<Workload> {
    let mut workloads = of_stores();
    workloads.extend(of_pools());
    workloads
}

/// Returns the workloads of the stores of numbers.
fn of_stores() -> Vec<Workload> {
    let churn = |live| subject::every(&EnterSolo(InsertRemove { live }));
    let replace = |live| subject::every(&EnterSolo(Replace { live }));
    let lookup = |live| subject::every_reader(&EnterSolo(Lookup { live }));
    let mut handover = subject::every_shared(&EnterDuo(Handover));
    handover.push(EnterDuo(Handover).visit::<Nothing>());
    let hot_key = subject::every_shared_reader(&EnterDuo(HotKey));
    let neighbours = subject::every_shared_reader(&EnterDuo(Neighbours));
    let own_entries = subject::every_shared(&EnterDuo(OwnEntries));
    let mixture = subject::every_shared(&EnterDuo(Mixture));
    vec![
        Workload::plain("insert-remove-10", "insert + remove, 10 live", churn(10)),
        Workload::plain("insert-remove-1000", "insert + remove, 1,000 live", churn(1_000)),
        Workload::plain("insert-remove-100000", "insert + remove, 100,000 live", churn(100_000)),
        Workload::plain("insert-remove-1000000", "insert + remove, 1,000,000 live", churn(1_000_000)),
        Workload {
            pass: 1_000,
            ..Workload::plain("replace-1000", "replace a random one of 1,000 live", replace(1_000))
        },
        Workload {
            pass: 100_000,
            ..Workload::plain("replace-100000", "replace a random one of 100,000 live", replace(100_000))
        },
        Workload {
            operations: Burst::SIZE as u64,
            ..Workload::plain(
                "burst-100000",
                "100,000 inserts, then their removes, per pair",
                subject::every(&EnterSolo(Burst)),
            )
        },
        Workload { pass: 1_000, ..Workload::plain("get-1000", "get, 1,000 live, random", lookup(1_000)) },
        Workload {
            pass: 1_000_000,
            ..Workload::plain("get-1000000", "get, 1,000,000 live, random", lookup(1_000_000))
        },
        Workload {
            operations: walk::ENTRIES as u64,
            ..Workload::plain("walk-1000000", "walk over 1,000,000, per entry", subject::every_walk(&EnterWalk))
        },
        Workload::plain("hot-key", "2 threads: get of one hot key", hot_key),
        Workload {
            operations: Neighbours::PAIRS as u64,
            ..Workload::plain("neighbours", "2 threads: get of two neighbouring keys", neighbours)
        },
        Workload::plain("own-entries", "2 threads: insert + get + remove of own entries", own_entries),
        Workload {
            operations: Handover::BLOCK as u64,
            ..Workload::plain("handover", "2 threads: produced here, removed there", handover)
        },
        Workload::plain("mixture", "2 threads: 90 % get, 5 % insert, 5 % remove", mixture),
    ]
}

/// Returns the workloads of the pools of strings, whose names begin with `pool-`.
fn of_pools() -> Vec<Workload> {
    /// Puts the pools without keys before the last one, which is the floor.
    fn with_lenders(mut contestants: Vec<Contestant>, lending: impl Lending) -> Vec<Contestant> {
        let floor = contestants.len() - 1;
        contestants.splice(floor..floor, pool::every_lender(&EnterLender(lending)));
        contestants
    }
    let churn = |live| with_lenders(pool::every(&EnterSolo(InsertRemove { live })), Lend { live });
    let guarded = pool::every_guarded(&EnterSolo(InsertRemove { live: 10 }));
    let replace = |live| pool::every(&EnterSolo(Replace { live }));
    let lookup = |live| pool::every(&EnterSolo(Lookup { live }));
    let mut handover = pool::every_shared(&EnterDuo(Handover));
    handover.extend(pool::every_lender(&EnterLender(LendingHandover)));
    handover.push(EnterDuo(Handover).visit::<Nothing>());
    vec![
        Workload::plain("pool-create-clear-10", "pool: create_with + clear, 10 live", churn(10)),
        Workload::plain("pool-create-clear-100000", "pool: create_with + clear, 100,000 live", churn(100_000)),
        Workload::plain("pool-create-guard", "pool: create + write + drop + clear, 10 live", guarded),
        Workload {
            pass: 100_000,
            ..Workload::plain("pool-replace-100000", "pool: renew a random one of 100,000 live", replace(100_000))
        },
        Workload { pass: 1_000, ..Workload::plain("pool-get-1000", "pool: get, 1,000 live, random", lookup(1_000)) },
        Workload {
            operations: Handover::BLOCK as u64,
            ..Workload::plain("pool-handover", "pool, 2 threads: created here, cleared there", handover)
        },
    ]
}

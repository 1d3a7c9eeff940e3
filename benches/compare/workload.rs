//! What the subjects are made to do, and the list of it all.
//!
//! A workload is prepared once for each subject (filled to its occupancy, say), and then run as
//! often as the harness likes: `compare` runs the subjects in turns, criterion one by one.

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
use std::time::Duration;

/// A prepared workload: runs the given number of iterations and returns the time they took.
pub(crate) type Trial = Box<dyn FnMut(u64) -> Duration>;

/// A workload and the subjects that can do it.
pub(crate) struct Workload {
    /// The name on the command line and in files.
    pub(crate) id: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    /// How many operations an iteration stands for.
    pub(crate) operations: u64,
    /// How many iterations touch everything there is. No measurement has fewer, and each follows
    /// as many that are not timed: otherwise a fast subject, which gets through its entries more
    /// than once, would find them in the cache and a slow one would not.
    pub(crate) pass: u64,
    /// Who takes part.
    pub(crate) contestants: Vec<Contestant>,
    /// The name and the title of the same without what [`Nothing`] needs, which takes part then.
    pub(crate) net: Option<(&'static str, &'static str)>,
}

/// A subject with a workload ahead of it.
pub(crate) struct Contestant {
    /// The subject's name.
    pub(crate) subject: &'static str,
    /// Makes the store and whatever the workload needs.
    pub(crate) prepare: Box<dyn Fn() -> Trial>,
}

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
        Contestant { subject: S::NAME, prepare: Box::new(move || workload.prepare::<S>()) }
    }
}

/// Enters each subject for a workload of two threads.
struct EnterDuo<W>(W);

impl<W: Duo> SharedVisitor for EnterDuo<W> {
    type Output = Contestant;

    fn visit<S: Shared>(&self) -> Contestant {
        let workload = self.0;
        Contestant { subject: S::NAME, prepare: Box::new(move || workload.prepare::<S>()) }
    }
}

/// Enters each subject for a walk over its entries.
struct EnterWalk;

impl WalkVisitor for EnterWalk {
    type Output = Contestant;

    fn visit<S: Walk>(&self) -> Contestant {
        Contestant { subject: S::NAME, prepare: Box::new(walk::prepare::<S>) }
    }
}

/// Enters each pool without keys.
struct EnterLender<W>(W);

impl<W: Lending> LenderVisitor for EnterLender<W> {
    type Output = Contestant;

    fn visit<L: Lender>(&self) -> Contestant {
        let workload = self.0;
        Contestant { subject: L::NAME, prepare: Box::new(move || workload.prepare::<L>()) }
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

/// A workload whose iterations are single operations, and touch everything there is.
fn plain(id: &'static str, title: &'static str, contestants: Vec<Contestant>) -> Workload {
    Workload { id, title, operations: 1, pass: 1, contestants, net: None }
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
        plain("insert-remove-10", "insert + remove, 10 live", churn(10)),
        plain("insert-remove-1000", "insert + remove, 1,000 live", churn(1_000)),
        plain("insert-remove-100000", "insert + remove, 100,000 live", churn(100_000)),
        plain("insert-remove-1000000", "insert + remove, 1,000,000 live", churn(1_000_000)),
        Workload { pass: 1_000, ..plain("replace-1000", "replace a random one of 1,000 live", replace(1_000)) },
        Workload { pass: 100_000, ..plain("replace-100000", "replace a random one of 100,000 live", replace(100_000)) },
        Workload {
            operations: Burst::SIZE as u64,
            ..plain("burst-100000", "100,000 inserts, then their removes, per pair", subject::every(&EnterSolo(Burst)))
        },
        Workload { pass: 1_000, ..plain("get-1000", "get, 1,000 live, random", lookup(1_000)) },
        Workload { pass: 1_000_000, ..plain("get-1000000", "get, 1,000,000 live, random", lookup(1_000_000)) },
        Workload {
            operations: walk::ENTRIES as u64,
            ..plain("walk-1000000", "walk over 1,000,000, per entry", subject::every_walk(&EnterWalk))
        },
        plain("hot-key", "2 threads: get of one hot key", hot_key),
        Workload {
            operations: Neighbours::PAIRS as u64,
            ..plain("neighbours", "2 threads: get of two neighbouring keys", neighbours)
        },
        plain("own-entries", "2 threads: insert + get + remove of own entries", own_entries),
        Workload {
            operations: Handover::BLOCK as u64,
            net: Some(("handover-net", "2 threads: produced here, removed there, less the channel")),
            ..plain("handover", "2 threads: produced here, removed there", handover)
        },
        plain("mixture", "2 threads: 90 % get, 5 % insert, 5 % remove", mixture),
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
        plain("pool-create-clear-10", "pool: create_with + clear, 10 live", churn(10)),
        plain("pool-create-clear-100000", "pool: create_with + clear, 100,000 live", churn(100_000)),
        plain("pool-create-guard", "pool: create + write + drop + clear, 10 live", guarded),
        Workload {
            pass: 100_000,
            ..plain("pool-replace-100000", "pool: renew a random one of 100,000 live", replace(100_000))
        },
        Workload { pass: 1_000, ..plain("pool-get-1000", "pool: get, 1,000 live, random", lookup(1_000)) },
        Workload {
            operations: Handover::BLOCK as u64,
            net: Some(("pool-handover-net", "pool, 2 threads: created here, cleared there, less the channel")),
            ..plain("pool-handover", "pool, 2 threads: created here, cleared there", handover)
        },
    ]
}

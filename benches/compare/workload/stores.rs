//! The workloads of the stores of numbers.

use super::access::{exclusive, remove_guarded, take};
use super::burst::Burst;
use super::churn::{InsertRemove, Replace};
use super::first_insertion::FirstInsertion;
use super::handover::Handover;
use super::hot_key::{HotKey, Neighbours};
use super::in_turns::InTurns;
use super::lookup::Lookup;
use super::mixture::Mixture;
use super::own_entries::OwnEntries;
use super::short_lived::ShortLived;
use super::{EnterDuo, EnterSolo, EnterWalk, walk};
use crate::compare::subject::atomic_slotmap::AtomicSlotmap;
use crate::compare::subject::flagstone::{Flagstone, NumberKey};
use crate::compare::subject::idr_ebr::IdrEbr;
use crate::compare::subject::locked::{Locked, ParkingLotMutex, StdMutex};
use crate::compare::subject::nothing::Nothing;
use crate::compare::subject::sharded_slab::ShardedSlab;
use crate::compare::subject::unlocked::Unlocked;
use crate::compare::subject::{self, Exclusive, GuardedRemoval, SharedVisitor, Take, Visitor};
use crate::report::workload::{Contestant, Workload};

/// Returns them in the order of the report.
pub(super) fn all() -> Vec<Workload> {
    let mut workloads = of_one_store();
    workloads.extend(of_some_stores());
    workloads.extend(of_two_threads());
    workloads.extend(of_many_stores());
    workloads
}

/// Adds the slab with typed keys, beside the one without.
fn with_typed_keys(mut contestants: Vec<Contestant>, enter: &impl Visitor<Output = Contestant>) -> Vec<Contestant> {
    contestants.insert(1, enter.visit::<Flagstone<NumberKey>>());
    contestants
}

/// One thread, one store, operations that all stores have.
fn of_one_store() -> Vec<Workload> {
    let churn = |live| subject::every(&EnterSolo(InsertRemove { live }));
    let churn_typed = |live| with_typed_keys(churn(live), &EnterSolo(InsertRemove { live }));
    let replace = |live| subject::every(&EnterSolo(Replace { live }));
    let lookup = |live| subject::every_reader(&EnterSolo(Lookup { live }));
    let lookup_typed = |live| with_typed_keys(lookup(live), &EnterSolo(Lookup { live }));
    vec![
        Workload::plain("insert-remove-10", "insert + remove, 10 live", churn_typed(10)),
        Workload::plain("insert-remove-1000", "insert + remove, 1,000 live", churn_typed(1_000)),
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
        Workload { pass: 1_000, ..Workload::plain("get-1000", "get, 1,000 live, random", lookup_typed(1_000)) },
        Workload {
            pass: 1_000_000,
            ..Workload::plain("get-1000000", "get, 1,000,000 live, random", lookup(1_000_000))
        },
        Workload {
            operations: walk::ENTRIES as u64,
            ..Workload::plain("walk-1000000", "walk over 1,000,000, per entry", subject::every_walk(&EnterWalk))
        },
    ]
}

/// One thread, one store, operations that some stores have.
fn of_some_stores() -> Vec<Workload> {
    fn guarded<S: GuardedRemoval>() -> Contestant {
        Contestant::new(S::NAME, remove_guarded::<S>)
    }
    fn taking<S: Take>() -> Contestant {
        Contestant::new(S::NAME, take::<S>)
    }
    fn excluding<S: Exclusive>() -> Contestant {
        Contestant::new(S::NAME, exclusive::<S>)
    }
    vec![
        Workload::plain(
            "remove-guarded",
            "insert, get, remove with the guard out, drop of the guard",
            vec![guarded::<Flagstone>(), guarded::<ShardedSlab>(), guarded::<IdrEbr>(), guarded::<AtomicSlotmap>()],
        ),
        Workload::plain(
            "take",
            "insert + take",
            vec![
                taking::<Flagstone>(),
                taking::<ShardedSlab>(),
                taking::<Locked<StdMutex>>(),
                taking::<Locked<ParkingLotMutex>>(),
                taking::<Unlocked>(),
            ],
        ),
        Workload {
            pass: 1_000,
            ..Workload::plain(
                "exclusive",
                "get_exclusive, write, drop of the access",
                vec![
                    excluding::<Flagstone>(),
                    excluding::<Locked<StdMutex>>(),
                    excluding::<Locked<ParkingLotMutex>>(),
                    excluding::<Unlocked>(),
                ],
            )
        },
    ]
}

/// Two threads, one store.
fn of_two_threads() -> Vec<Workload> {
    let mut handover = subject::every_shared(&EnterDuo(Handover));
    handover.push(EnterDuo(Handover).visit::<Nothing>());
    vec![
        Workload::plain("hot-key", "2 threads: get of one hot key", subject::every_shared_reader(&EnterDuo(HotKey))),
        Workload {
            operations: Neighbours::PAIRS as u64,
            ..Workload::plain(
                "neighbours",
                "2 threads: get of two neighbouring keys",
                subject::every_shared_reader(&EnterDuo(Neighbours)),
            )
        },
        Workload::plain(
            "own-entries",
            "2 threads: insert + get + remove of own entries",
            subject::every_shared(&EnterDuo(OwnEntries)),
        ),
        Workload::plain("handover", "2 threads: insert here, remove there, with the ring", handover),
        Workload::plain(
            "mixture",
            "2 threads: 90 % get, 5 % insert, 5 % remove",
            subject::every_shared(&EnterDuo(Mixture)),
        ),
    ]
}

/// One thread, many stores.
fn of_many_stores() -> Vec<Workload> {
    vec![
        Workload::plain("made-used-dropped", "made, used once, dropped", subject::every(&EnterSolo(ShortLived))),
        Workload {
            operations: FirstInsertion::BATCH as u64,
            ..Workload::plain("first-insertion", "first insertion", subject::every(&EnterSolo(FirstInsertion)))
        },
        Workload {
            operations: InTurns::STORES as u64,
            ..Workload::plain(
                "in-turns-1000",
                "1,000 slabs in turns: insert + get + remove",
                subject::every(&EnterSolo(InTurns)),
            )
        },
    ]
}

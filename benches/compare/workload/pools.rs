//! The workloads of the pools of strings, whose names begin with `pool-`.

use super::churn::{InsertRemove, Replace};
use super::handover::Handover;
use super::lending::{Lend, Lending, LendingHandover};
use super::lookup::Lookup;
use super::short_lived::ShortLived;
use super::{EnterDuo, EnterLender, EnterSolo};
use crate::compare::subject::SharedVisitor;
use crate::compare::subject::nothing::Nothing;
use crate::compare::subject::pool;
use crate::report::workload::{Contestant, Workload};

/// Returns them in the order of the report.
pub(super) fn all() -> Vec<Workload> {
    let churn = |live| with_lenders(pool::every(&EnterSolo(InsertRemove { live })), Lend { live });
    let guarded = pool::every_guarded(&EnterSolo(InsertRemove { live: 10 }));
    let replace = |live| pool::every(&EnterSolo(Replace { live }));
    let lookup = |live| pool::every(&EnterSolo(Lookup { live }));
    let short_lived = with_lenders(pool::every(&EnterSolo(ShortLived)), ShortLived);
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
        Workload::plain("pool-handover", "pool, 2 threads: create here, clear there, with the ring", handover),
        Workload::plain("pool-made-used-dropped", "pool: made, used once, dropped", short_lived),
    ]
}

/// Puts the pools without keys before the last one, which is the floor.
fn with_lenders(mut contestants: Vec<Contestant>, lending: impl Lending) -> Vec<Contestant> {
    let floor = contestants.len() - 1;
    contestants.splice(floor..floor, pool::every_lender(&EnterLender(lending)));
    contestants
}

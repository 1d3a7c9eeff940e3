//! Who is compared with whom, and what is to be reached.

use super::subject::Subject;
use super::subject::flagstone::Flagstone;
use super::subject::flagstone_pinned::{FlagstonePinned, FlagstonePinning};
use super::subject::idr_ebr::IdrEbr;
use super::subject::nothing::Nothing;
use super::subject::pool::FreeList;
use super::subject::sharded_slab::ShardedSlab;
use super::subject::slots::Slots;
use super::subject::unlocked::Unlocked;
use crate::report::bench::{Bench, Column, Picture};
use crate::report::comparison::{Comparison, Rival, Series};
use crate::report::targets::Goal::{AtMost, TimesLess, Within};
use crate::report::targets::Target;

/// Whom the targets are about.
const OURS: &str = Flagstone::NAME;

/// A reader that holds one pin.
const PINNED: &str = FlagstonePinned::NAME;

/// A reader that pins each time.
const PINNING: &str = FlagstonePinning::NAME;

/// Whom the others are compared with.
const PUBLISHED: Rival = Rival::One(ShardedSlab::NAME);

/// Counts nothing while it holds its guard, as ours with a pin.
const EPOCHS: Rival = Rival::One(IdrEbr::NAME);

/// What a walk, a store or a pool costs that does nothing for other threads.
const FLOORS: [&str; 3] = [Slots::NAME, Unlocked::NAME, FreeList::NAME];

/// The first of them that takes part.
const FLOOR: Rival = Rival::First("floor", &FLOORS);

/// What this bench is about.
pub(crate) const BENCH: Bench = Bench {
    name: "compare",
    explanation: EXPLANATION,
    ours: OURS,
    published: Some(ShardedSlab::NAME),
    floors: &FLOORS,
    columns: &[
        Column { head: "/ sharded", file: "sharded_slab", rival: PUBLISHED },
        Column { head: "/ floor", file: "floor", rival: FLOOR },
    ],
    targets: &TARGETS,
    pictures: &[
        Picture {
            file: "compare.svg",
            heading: "flagstone and its rivals: less is better",
            shows: |id| !is_about_pools(id),
        },
        Picture {
            file: "pool.svg",
            heading: "flagstone's pool and its rivals: less is better (a bar with a gap is cut off)",
            shows: is_about_pools,
        },
    ],
};

/// How to read the tables.
const EXPLANATION: &str = "\
Time is per operation; on 2 threads, which each do all operations, per operation and thread, so
that perfect scaling shows the figure of one thread. Columns: median over the rounds; spread, the
distance between the quartiles; how many times as much the subject needs as sharded-slab 0.1.7 and
as the floor, which does nothing for other threads (an unlocked slab; of pools, strings in a Vec),
the median of the ratios within each round. Less is better.";

/// The published crate's insert gets slower with every full page, so the goals grow with the occupancy.
const TARGETS: [Target; 22] = [
    ("insert-remove-10", OURS, Within(3.0, FLOOR)),
    ("insert-remove-1000", OURS, Within(3.0, FLOOR)),
    ("insert-remove-100000", OURS, Within(3.0, FLOOR)),
    ("insert-remove-1000000", OURS, Within(3.0, FLOOR)),
    ("insert-remove-10", OURS, TimesLess(2.4, PUBLISHED)),
    ("insert-remove-1000", OURS, TimesLess(3.4, PUBLISHED)),
    ("insert-remove-100000", OURS, TimesLess(4.8, PUBLISHED)),
    ("insert-remove-1000000", OURS, TimesLess(5.8, PUBLISHED)),
    ("get-1000", OURS, TimesLess(1.9, PUBLISHED)),
    ("get-1000000", OURS, TimesLess(1.9, PUBLISHED)),
    ("get-1000", PINNED, Within(2.2, FLOOR)),
    ("get-1000000", PINNED, Within(1.6, FLOOR)),
    ("walk-1000000", PINNING, Within(2.0, FLOOR)),
    ("hot-key", PINNED, TimesLess(20.0, PUBLISHED)),
    ("hot-key", PINNED, TimesLess(1.0, EPOCHS)),
    ("hot-key", PINNING, TimesLess(10.0, PUBLISHED)),
    ("hot-key", PINNING, Within(1.35, EPOCHS)),
    ("handover-net", OURS, TimesLess(2.0, PUBLISHED)),
    ("slowest-insert", OURS, TimesLess(20.0, PUBLISHED)),
    ("memory-entry", OURS, AtMost(16.0)),
    ("pool-create-clear-10", OURS, TimesLess(2.0, PUBLISHED)),
    ("pool-create-clear-100000", OURS, TimesLess(2.0, PUBLISHED)),
];

/// Returns whether the comparison of that name is one of pools.
pub(crate) fn is_about_pools(id: &str) -> bool {
    id.starts_with("pool-")
}

/// Returns the comparison without what [`Nothing`] needs, taken off within each round. `None` if it
/// is not one from which that is to be taken.
pub(crate) fn net(whole: &Comparison) -> Option<Comparison> {
    let (id, title) = match whole.id {
        "handover" => ("handover-net", "2 threads: produced here, removed there, less the channel"),
        "pool-handover" => ("pool-handover-net", "pool, 2 threads: created here, cleared there, less the channel"),
        _ => return None,
    };
    let base = whole.find(Nothing::NAME)?;
    let remainder = |series: &Series| Series {
        subject: series.subject,
        samples: (series.samples.iter().zip(&base.samples)).map(|(sample, cost)| sample - cost).collect(),
    };
    let others = whole.series.iter().filter(|series| series.subject != base.subject);
    Some(Comparison { id, title, unit: whole.unit, series: others.map(remainder).collect(), absent: Vec::new() })
}

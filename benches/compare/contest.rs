//! What is compared with what, and the targets.

use super::subject::Subject;
use super::subject::flagstone::Flagstone;
use super::subject::flagstone_pinned::{FlagstonePinned, FlagstonePinning};
use super::subject::idr_ebr::IdrEbr;
use super::subject::pool::FreeList;
use super::subject::sharded_slab::ShardedSlab;
use super::subject::slots::Slots;
use super::subject::unlocked::Unlocked;
use crate::report::bench::{Bench, Column, Picture};
use crate::report::comparison::Rival;
use crate::report::graph::{Graph, Panel};
use crate::report::targets::Goal::{AtMost, TimesLess, Within};
use crate::report::targets::Target;

/// The subject of the targets.
const OURS: &str = <Flagstone>::NAME;

/// A reader that holds one pin.
const PINNED: &str = FlagstonePinned::NAME;

/// A reader that pins each time.
const PINNING: &str = FlagstonePinning::NAME;

/// The subject that the others are compared with.
const PUBLISHED: Rival = Rival::One(ShardedSlab::NAME);

/// Its readers change no reference count while they hold an epoch guard, like flagstone's under a pin.
const EPOCHS: Rival = Rival::One(IdrEbr::NAME);

/// The cost of a walk, a store or a pool that does nothing for other threads.
const FLOORS: [&str; 3] = [Slots::NAME, Unlocked::NAME, FreeList::NAME];

/// The first of these that takes part.
const FLOOR: Rival = Rival::First("floor", &FLOORS);

/// The description of this bench.
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
    targets: TARGETS,
    pictures: &[
        Picture {
            file: "compare.svg",
            heading: "flagstone and its rivals: less is better",
            shows: |id| !is_about_pools(id) && !is_published(id),
        },
        Picture {
            file: "pool.svg",
            heading: "flagstone's pool and its rivals: less is better (a bar with a gap is cut off)",
            shows: is_about_pools,
        },
    ],
    graphs: &[Graph {
        file: "published.svg",
        heading: "sharded-slab's own two benches: N inserts, then N removes; time of all of it, less is better",
        across: "N",
        panels: &[
            Panel { title: "4 threads, a fresh slab for each sample", points: FOUR_THREADS },
            Panel { title: "1 thread, one slab", points: ONE_THREAD },
        ],
    }],
};

/// How to read the tables.
const EXPLANATION: &str = "\
Time is per operation. On 2 threads, each thread performs all operations, and time is per operation
and thread: with perfect scaling it equals the figure of one thread. In handover rows the time of
the ring is part of every subject's time; the ring alone is also shown. Rows of N inserts, then
removes, are the published crate's benches, and show the total time. Resident memory is counted in
child processes, each with one subject: 10,000,000 entries; 100,000 slabs (10,000 if quick);
1,000,000 slabs (20,000 if quick); fewer slabs if twice as many would need more than 4 GB. Columns:
median over the rounds; spread (distance between the quartiles); the ratio to sharded-slab 0.1.7 and
to the floor, which has no cost of sharing (an unlocked slab; for pools, strings in a Vec). A ratio
is the median of the ratios within each round. Less is better.";

/// The published crate's insert gets slower with every full page, so the goals grow with the occupancy.
const TARGETS: &[Target] = &[
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
    ("handover", OURS, TimesLess(1.5, PUBLISHED)),
    ("made-used-dropped", OURS, AtMost(300.0)),
    ("made-used-dropped", OURS, TimesLess(1.0, PUBLISHED)),
    ("first-insertion", OURS, TimesLess(1.0, PUBLISHED)),
    ("in-turns-1000", OURS, TimesLess(1.0, PUBLISHED)),
    ("four-threads-100", OURS, TimesLess(1.0, PUBLISHED)),
    ("four-threads-300", OURS, TimesLess(1.0, PUBLISHED)),
    ("four-threads-500", OURS, TimesLess(1.0, PUBLISHED)),
    ("four-threads-700", OURS, TimesLess(1.0, PUBLISHED)),
    ("four-threads-1000", OURS, TimesLess(1.0, PUBLISHED)),
    ("four-threads-3000", OURS, TimesLess(1.0, PUBLISHED)),
    ("four-threads-5000", OURS, TimesLess(1.0, PUBLISHED)),
    ("one-thread-100", OURS, TimesLess(1.0, PUBLISHED)),
    ("one-thread-300", OURS, TimesLess(1.0, PUBLISHED)),
    ("one-thread-500", OURS, TimesLess(1.0, PUBLISHED)),
    ("one-thread-700", OURS, TimesLess(1.0, PUBLISHED)),
    ("one-thread-1000", OURS, TimesLess(1.0, PUBLISHED)),
    ("one-thread-3000", OURS, TimesLess(1.0, PUBLISHED)),
    ("one-thread-5000", OURS, TimesLess(1.0, PUBLISHED)),
    ("slowest-insert", OURS, TimesLess(20.0, PUBLISHED)),
    ("slowest-insert", OURS, AtMost(1e6)),
    ("memory-entry", OURS, AtMost(16.0)),
    ("memory-one", OURS, AtMost(1_500.0)),
    ("slabs-1000000", OURS, AtMost(500.0)),
    ("memory-slabs-1000000", OURS, AtMost(2_000.0)),
    ("pool-create-clear-10", OURS, TimesLess(2.0, PUBLISHED)),
    ("pool-create-clear-100000", OURS, TimesLess(2.0, PUBLISHED)),
    ("pool-made-used-dropped", OURS, AtMost(300.0)),
];

/// How the names of the points of the published graphs begin.
const FOUR_THREADS: &str = "four-threads-";
const ONE_THREAD: &str = "one-thread-";

/// Returns whether the comparison of that name is a point of a published graph.
fn is_published(id: &str) -> bool {
    id.starts_with(FOUR_THREADS) || id.starts_with(ONE_THREAD)
}

/// Returns whether the comparison of that name is one of pools.
pub(crate) fn is_about_pools(id: &str) -> bool {
    id.starts_with("pool-")
}

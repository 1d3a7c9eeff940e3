//! What is compared with what, and the targets.

use crate::compare::subject::Subject;
use crate::compare::subject::flagstone::Flagstone;
use crate::compare::subject::idr_ebr::IdrEbr;
use crate::compare::subject::locked::{Locked, ParkingLotMutex, StdMutex};
use crate::compare::subject::sharded_slab::ShardedSlab;
use crate::report::bench::{Bench, Column, Picture};
use crate::report::comparison::Rival;
use crate::report::targets::Goal::{AtMost, TimesLess};
use crate::report::targets::Target;

/// The subject of the targets.
const OURS: &str = <Flagstone>::NAME;

/// The subject that the others are compared with.
const PUBLISHED: Rival = Rival::One(ShardedSlab::NAME);

/// The subjects that take part. Some of the pools have the same names.
const SUBJECTS: [&str; 5] =
    [OURS, ShardedSlab::NAME, IdrEbr::NAME, Locked::<StdMutex>::NAME, Locked::<ParkingLotMutex>::NAME];

/// Returns whether the subject takes part.
pub(crate) fn takes_part(subject: &str) -> bool {
    SUBJECTS.contains(&subject)
}

/// A figure that is measured under each allocator.
pub(crate) struct Figure {
    /// The name in `compare`, and on the command line.
    pub(crate) id: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    /// The name under each of the allocators, in the order of their names.
    pub(crate) names: [&'static str; 3],
    /// Whether a workload is timed. Otherwise it is a figure of an experiment.
    pub(crate) timed: bool,
}

/// Names a figure.
macro_rules! figure {
    ($id:literal, $title:literal, $timed:literal) => {
        Figure {
            id: $id,
            title: $title,
            names: [concat!($id, "-system"), concat!($id, "-bare"), concat!($id, "-mimalloc")],
            timed: $timed,
        }
    };
}

/// All of them, in the order of the report.
pub(crate) const FIGURES: [Figure; 5] = [
    figure!("made-used-dropped", "made, used once, dropped", true),
    figure!("pool-made-used-dropped", "pool: made, used once, dropped", true),
    figure!("first-insertion", "first insertion", true),
    figure!("memory-one", "memory of a slab with one entry (resident)", false),
    figure!("slowest-insert", "slowest insert on the way to 10,000,000", false),
];

/// The description of this bench.
pub(crate) const BENCH: Bench = Bench {
    name: "weight",
    explanation: EXPLANATION,
    ours: OURS,
    published: Some(ShardedSlab::NAME),
    floors: &[],
    columns: &[Column { head: "/ sharded", file: "sharded_slab", rival: PUBLISHED }],
    targets: TARGETS,
    pictures: &[Picture {
        file: "weight.svg",
        heading: "slabs that hold little, by allocator: less is better (a bar with a gap is cut off)",
        shows: |_| true,
    }],
    graphs: &[],
};

/// How to read the tables.
const EXPLANATION: &str = "\
Allocators: the system's; bare, which passes alloc and dealloc on to the system's, and has the
default alloc_zeroed, which writes all zeroes; mimalloc. Time is per operation. Resident memory is
that of 100,000 slabs (10,000 if quick; fewer if twice as many would need more than 4 GB), counted
by the operating system. Columns: median; spread (distance between the quartiles); the ratio to
sharded-slab 0.1.7. Less is better.";

/// The same under all allocators.
const TARGETS: &[Target] = &[
    ("made-used-dropped-system", OURS, AtMost(300.0)),
    ("made-used-dropped-bare", OURS, AtMost(300.0)),
    ("made-used-dropped-mimalloc", OURS, AtMost(300.0)),
    ("pool-made-used-dropped-system", OURS, AtMost(300.0)),
    ("pool-made-used-dropped-bare", OURS, AtMost(300.0)),
    ("pool-made-used-dropped-mimalloc", OURS, AtMost(300.0)),
    ("first-insertion-system", OURS, TimesLess(1.0, PUBLISHED)),
    ("first-insertion-bare", OURS, TimesLess(1.0, PUBLISHED)),
    ("first-insertion-mimalloc", OURS, TimesLess(1.0, PUBLISHED)),
    ("memory-one-system", OURS, AtMost(1_500.0)),
    ("memory-one-bare", OURS, AtMost(1_500.0)),
    ("memory-one-mimalloc", OURS, AtMost(1_500.0)),
    ("slowest-insert-system", OURS, AtMost(1e6)),
    ("slowest-insert-bare", OURS, AtMost(1e6)),
    ("slowest-insert-mimalloc", OURS, AtMost(1e6)),
];

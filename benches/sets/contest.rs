//! What is compared with what, and the targets.

use super::footprint;
use super::subject::flagstone::Flagstone;
use super::subject::{OTHERS, Subject};
use crate::report::bench::{Bench, Column, Picture};
use crate::report::comparison::Rival;
use crate::report::targets::Goal::{AtMost, Within};
use crate::report::targets::Target;

/// With its slots on the heap.
const OURS: &str = Flagstone::NAME;

const BEST: Rival = Rival::Best("best of the others", &OTHERS);

/// The description of this bench.
pub(crate) const BENCH: Bench = Bench {
    name: "sets",
    explanation: EXPLANATION,
    ours: OURS,
    published: None,
    floors: &[],
    columns: &[Column { head: "/ flagstone", file: "flagstone", rival: Rival::One(OURS) }],
    targets: &TARGETS,
    pictures: &[Picture {
        file: "sets.svg",
        heading: "flagstone's set of futures and its rivals: less is better",
        shows: |_| true,
    }],
    graphs: &[],
};

/// How to read the tables.
const EXPLANATION: &str = "\
Sets of futures. Columns: median over the rounds; spread (distance between the quartiles); the ratio
to flagstone's FutureSet (median of the ratios within each round). Less is better. All are polled by
the same loop with the same waker, except tokio's: its runtime polls the tasks, and its figures
include that cost. The sets of flagstone, futures-buffered and slotpoller are bounded, and all their
slots are allocated at the beginning. Those of futures-util and tokio allocate at each push. Bytes
are those requested from the allocator.";

/// Less than the best of the others needs.
const FASTER: f64 = 1.0;

/// The targets, each a ratio of two figures of one run.
const TARGETS: [Target; 21] = [
    ("push-drain", OURS, Within(0.90, BEST)),
    ("self-wake-100", OURS, Within(0.88, BEST)),
    ("self-wake-10", OURS, Within(FASTER, BEST)),
    ("random-1000", OURS, Within(0.88, BEST)),
    ("random-10", OURS, Within(FASTER, BEST)),
    ("random-10000", OURS, Within(FASTER, BEST)),
    ("neighbours-100", OURS, Within(FASTER, BEST)),
    ("relay-100", OURS, Within(FASTER, BEST)),
    ("relay-back-100", OURS, Within(FASTER, BEST)),
    ("16384-ready", OURS, Within(FASTER, BEST)),
    ("16384-yield-1", OURS, Within(FASTER, BEST)),
    ("16384-yield-10", OURS, Within(FASTER, BEST)),
    ("16384-yield-100", OURS, Within(FASTER, BEST)),
    ("16384-yield-random", OURS, Within(FASTER, BEST)),
    ("16384-rings", OURS, Within(FASTER, BEST)),
    ("16384-ring", OURS, Within(FASTER, BEST)),
    ("thread-64", OURS, Within(FASTER, BEST)),
    ("thread-64-each", OURS, Within(FASTER, BEST)),
    ("thread-64-awake", OURS, Within(FASTER, BEST)),
    (footprint::ID, OURS, AtMost(16.0)),
    (footprint::ID, OURS, Within(FASTER, BEST)),
];

//! What is compared with what, and the targets.

use super::footprint;
use super::subject::flagstone::{Flagstone, FlagstoneSlab};
use super::subject::nexus::Nexus;
use super::subject::{Runtime, WITH_JOIN_HANDLES, embassy};
use crate::report::bench::{Bench, Column, Picture};
use crate::report::comparison::Rival;
use crate::report::targets::Goal::{AtMost, Beside, Within};
use crate::report::targets::Target;

/// The default executor.
const OURS: &str = Flagstone::NAME;

/// With all slots allocated at the beginning, like the slab of nexus.
const SLOTS: &str = FlagstoneSlab::NAME;

const NEXUS: Rival = Rival::One(Nexus::NAME);
const EMBASSY: Rival = Rival::One(embassy::NAME);
const JOINABLE: Rival = Rival::Best("best with join handles", &WITH_JOIN_HANDLES);

/// The description of this bench.
pub(crate) const BENCH: Bench = Bench {
    name: "tasks",
    explanation: EXPLANATION,
    ours: OURS,
    published: None,
    floors: &[embassy::NAME],
    columns: &[Column { head: "/ flagstone", file: "flagstone", rival: Rival::One(OURS) }],
    targets: &TARGETS,
    pictures: &[Picture {
        file: "tasks.svg",
        heading: "flagstone's tasks and their rivals: less is better",
        shows: |_| true,
    }],
    graphs: &[],
};

/// How to read the tables.
const EXPLANATION: &str = "\
Single-threaded executors. Columns: median over the rounds; spread (distance between the quartiles);
the ratio to flagstone's LocalExecutor::new() (median of the ratios within each round). Less is
better. Flagstone with slots alone and nexus-async-rt have room for 192 bytes in each slot, and all
slots are allocated at the beginning. Embassy shows the cost of a smaller interface: its tasks are
static, cannot be joined or cancelled and return nothing, so they report when they are done. Bytes
are those requested from the allocator (for embassy, the size of its type).";

/// The targets, each a ratio of two figures of one run.
const TARGETS: [Target; 20] = [
    ("spawn-await", OURS, Within(45.0 / 91.0, JOINABLE)),
    ("spawn-await", SLOTS, Within(45.0 / 91.0, JOINABLE)),
    ("spawn-await", OURS, Beside(EMBASSY)),
    ("spawn-await-task", OURS, Within(45.0 / 91.0, JOINABLE)),
    ("spawn-await-task", SLOTS, Within(45.0 / 91.0, JOINABLE)),
    ("spawn-1000", OURS, Within(35.0 / 38.0, NEXUS)),
    ("spawn-1000", SLOTS, Within(35.0 / 38.0, NEXUS)),
    ("spawn-1000", OURS, Beside(EMBASSY)),
    ("yield-100", OURS, Within(8.0 / 10.0, NEXUS)),
    ("yield-100", SLOTS, Within(8.0 / 10.0, NEXUS)),
    ("yield-100", OURS, Beside(EMBASSY)),
    ("yield-100", SLOTS, Beside(EMBASSY)),
    ("wake-64", OURS, Within(1.3, EMBASSY)),
    ("wake-64", SLOTS, Within(1.3, EMBASSY)),
    ("wake-64-each", OURS, Within(1.3, EMBASSY)),
    ("wake-64-each", SLOTS, Within(1.3, EMBASSY)),
    ("wake-64", OURS, Beside(JOINABLE)),
    (footprint::ID, OURS, AtMost(64.0)),
    (footprint::ID, SLOTS, AtMost(64.0)),
    (footprint::ID, OURS, Beside(JOINABLE)),
];

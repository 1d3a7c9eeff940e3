//! What is compared with what, and the targets.

use super::footprint;
use super::subject::flagstone::{Flagstone, FlagstoneSlab};
use super::subject::nexus::Nexus;
use super::subject::{Runtime, WITH_JOIN_HANDLES, embassy};
use crate::report::bench::{Bench, Column, Picture};
use crate::report::comparison::Rival;
use crate::report::targets::Goal::{AtMost, Beside, Within};
use crate::report::targets::Target;

/// As it is made by default.
const OURS: &str = Flagstone::NAME;

/// With its slots made at the beginning, as the slab of nexus is.
const SLOTS: &str = FlagstoneSlab::NAME;

const NEXUS: Rival = Rival::One(Nexus::NAME);
const EMBASSY: Rival = Rival::One(embassy::NAME);
const JOINABLE: Rival = Rival::Best("best with join handles", &WITH_JOIN_HANDLES);

/// What this bench is about.
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
Executors of one thread. Columns: median over the rounds; spread, the distance between the quartiles;
how many times as much the subject needs as flagstone's LocalExecutor::new(), the median of the ratios
within each round. Less is better. Flagstone in slots alone and nexus-async-rt have 192 bytes of room
in each slot, all made at the beginning. Embassy shows what less costs: its tasks are static, cannot be
joined or cancelled and return nothing, so it is told when they are done. Bytes are those requested
from the allocator (of embassy, the size of its type).";

/// The aims, each a quotient of two figures of one run.
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

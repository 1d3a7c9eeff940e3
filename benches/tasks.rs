//! Compares flagstone's tasks with those of other executors.
//!
//! As in `compare`, all subjects run in one process, interleaved, and the figures are medians over the rounds.
//!
//! ```text
//! cargo bench -p benches --bench tasks                       # everything, about half a minute
//! cargo bench -p benches --bench tasks -- --quick            # everything, roughly
//! cargo bench -p benches --bench tasks -- yield --subject flagstone
//! ```
//!
//! `--instructions WORKLOAD SUBJECT ITERATIONS` runs one workload with one subject, for callgrind.
//!
//! `maitake` does not take part, because it is not published ("could not find `maitake` in registry").

/// The modules, in reading order.
mod tasks {
    // What is measured.
    pub(crate) mod subject;
    pub(crate) mod workload;

    // How.
    pub(crate) mod arguments;
    pub(crate) mod footprint;

    // The targets.
    pub(crate) mod contest;
}

/// The modules that the benches share, in reading order.
#[allow(dead_code, reason = "some of it is used only by the other benches")]
#[path = "report"] // rustfmt, which would look in tasks/, needs it
mod report {
    // What is measured.
    pub(crate) mod bell;
    pub(crate) mod unit;
    pub(crate) mod workload;
    pub(crate) mod yielding;

    // How.
    pub(crate) mod allocations;
    pub(crate) mod arguments;
    pub(crate) mod comparison;
    pub(crate) mod cores;
    pub(crate) mod effort;
    pub(crate) mod program;
    pub(crate) mod rounds;
    pub(crate) mod watchdog;

    // The report.
    pub(crate) mod bench;
    pub(crate) mod graph;
    pub(crate) mod machine;
    pub(crate) mod plot;
    pub(crate) mod profile;
    pub(crate) mod spreadsheet;
    pub(crate) mod table;
    pub(crate) mod targets;
}

use clap::Parser;
use report::program::Program;
use std::process::ExitCode;
use tasks::arguments::Arguments;
use tasks::contest::BENCH;
use tasks::{footprint, workload};

const PROGRAM: Program = Program { bench: &BENCH, workloads: workload::all, footprint: footprint::FOOTPRINT };

fn main() -> ExitCode {
    BENCH.end(PROGRAM.run(&Arguments::parse().choice))
}

//! Measures slabs with few entries, under three allocators: the system's, one that only has `alloc` and `dealloc`, and
//! mimalloc.
//!
//! A program has one global allocator, so all figures come from child processes, which choose theirs by an environment
//! variable. Within a child that measures time, all subjects are interleaved, as in `compare`. Bytes and the slowest
//! insertion are measured in a child for each subject.
//!
//! ```text
//! cargo bench -p benches --bench weight                           # everything, about four minutes cargo bench -p benches --bench weight --
//! --quick                # everything, with less precision: about half a minute cargo bench -p benches --bench weight --
//! --allocator mimalloc   # under one of system, bare, mimalloc cargo bench -p benches --bench weight -- memory-one --list      #
//! --list has the names that can be filtered by
//! ```

/// The modules of `compare`.
#[allow(dead_code, reason = "only some of it is measured here")]
#[path = "compare"] // rustfmt, which would look in weight/, needs it
mod compare {
    pub(crate) mod footprint;
    pub(crate) mod subject;
    pub(crate) mod workload;
}

/// The modules, in reading order.
mod weight {
    // What is measured.
    pub(crate) mod allocator;
    pub(crate) mod lap;

    // How.
    pub(crate) mod arguments;

    // The targets and the report.
    pub(crate) mod contest;
    pub(crate) mod grid;
}

/// The modules that the benches share, in reading order.
#[allow(dead_code, reason = "only some of it is used here")]
#[path = "report"] // rustfmt, which would look in weight/, needs it
mod report {
    // What is measured.
    pub(crate) mod random;
    pub(crate) mod unit;
    pub(crate) mod workload;

    // How.
    pub(crate) mod arguments;
    pub(crate) mod comparison;
    pub(crate) mod cores;
    pub(crate) mod effort;
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
use compare::footprint::{self, Experiment};
use report::workload as work;
use std::error::Error;
use std::process::ExitCode;
use weight::arguments::Arguments;
use weight::contest::{BENCH, FIGURES};
use weight::grid::Grid;
use weight::lap;

fn main() -> ExitCode {
    BENCH.end(run(&Arguments::parse()))
}

/// Runs what the arguments request.
fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let choice = &arguments.choice;
    if !arguments.footprint.is_empty() {
        print!("{}", Experiment::perform(&arguments.footprint)?);
    } else if let Some(workload) = &arguments.times {
        print!("{}", lap::perform(workload, choice)?);
    } else if !choice.instructions.is_empty() {
        work::run_once(&compare::workload::all(), &choice.instructions)?;
    } else if choice.list {
        for figure in FIGURES {
            println!("{:20}  {}", figure.id, figure.title);
        }
    } else {
        let mut grid = None;
        BENCH.report(choice, &footprint::note(choice.effort()), || {
            let comparisons = lap::measure(arguments)?;
            grid = Some(Grid::new(&comparisons).to_string());
            Ok(comparisons)
        })?;
        println!("\n{}", grid.unwrap_or_default());
    }
    Ok(())
}

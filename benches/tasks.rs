//! Compares flagstone's tasks with those of the executors that a program might use instead.
//!
//! As in `compare`, all subjects run in one process and in turns, and the figures are medians over
//! the rounds.
//!
//! ```text
//! cargo bench --features task --bench tasks                       # everything, about half a minute
//! cargo bench --features task --bench tasks -- --quick            # everything, roughly
//! cargo bench --features task --bench tasks -- yield --subject flagstone
//! ```
//!
//! `--instructions WORKLOAD SUBJECT ITERATIONS` does one workload with one subject, for callgrind.
//!
//! `maitake` takes no part: it is not published ("could not find `maitake` in registry").

/// The parts, in reading order.
mod tasks {
    // What is measured.
    pub(crate) mod subject;
    pub(crate) mod workload;

    // How.
    pub(crate) mod allocations;
    pub(crate) mod arguments;
    pub(crate) mod footprint;

    // What is to come of it.
    pub(crate) mod contest;
}

/// What the benches share, in reading order.
#[allow(dead_code, reason = "what only the other bench has a use for")]
#[path = "report"] // rustfmt, which would look in tasks/, needs it
mod report {
    // What is measured.
    pub(crate) mod unit;
    pub(crate) mod workload;

    // How.
    pub(crate) mod arguments;
    pub(crate) mod comparison;
    pub(crate) mod cores;
    pub(crate) mod effort;
    pub(crate) mod rounds;
    pub(crate) mod watchdog;

    // What comes of it.
    pub(crate) mod bench;
    pub(crate) mod machine;
    pub(crate) mod plot;
    pub(crate) mod spreadsheet;
    pub(crate) mod table;
    pub(crate) mod targets;
}

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use report::arguments::Choice;
use report::comparison::Comparison;
use report::{rounds, workload as work};
use std::error::Error;
use std::process::ExitCode;
use tasks::arguments::Arguments;
use tasks::contest::BENCH;
use tasks::{footprint, workload};

fn main() -> ExitCode {
    BENCH.end(run(&Arguments::parse().choice))
}

/// Does what the arguments ask for.
fn run(choice: &Choice) -> Result<(), Box<dyn Error>> {
    if !choice.instructions.is_empty() {
        return work::run_once(&workload::all(), &choice.instructions);
    }
    if choice.list {
        let timed = workload::all().into_iter().map(|workload| (workload.id, workload.title));
        for (id, title) in timed.chain([(footprint::ID, footprint::TITLE)]) {
            println!("{id:18}  {title}");
        }
        return Ok(());
    }
    BENCH.report(choice, "", || measure(choice))
}

/// Measures what was asked for.
fn measure(choice: &Choice) -> Result<Vec<Comparison>, Box<dyn Error>> {
    let workloads = choice.select(workload::all());
    let steps = workloads.len() * choice.effort().rounds();
    let progress = ProgressBar::new(steps as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {elapsed_precise}, {eta_precise} to go: {msg}")?);
    let mut comparisons = Vec::new();
    for workload in &workloads {
        progress.set_message(workload.title);
        comparisons.push(rounds::compare(workload, choice.effort(), || progress.inc(1)));
    }
    progress.finish_and_clear();
    comparisons.extend(footprint::compare(choice));
    Ok(comparisons)
}

//! Compares flagstone with the crates and locks that a program might use instead: its slab with
//! stores of numbers, its pool with pools of strings.
//!
//! All subjects run in one process, interleaved: a round measures each of them once, every round starts with a
//! different one, and the figures are medians over the rounds. So other load on the machine affects all of them alike.
//! Memory, and the slowest single insert, are measured in child processes, one for each subject, so that no allocator
//! has another subject's free memory. The bench `weight` has some of the rows under other allocators.
//!
//! ```text
//! cargo bench -p benches --bench compare                  # everything, about eight minutes
//! cargo bench -p benches --bench compare -- --quick       # everything, with less precision: about a minute
//! cargo bench -p benches --bench compare -- get memory    # some of it; --list has the names
//! cargo bench -p benches --profile lto --bench compare    # with fat LTO and one codegen unit
//! ```
//!
//! `benches/instructions` runs the same workloads under callgrind, and `benches/criterion.rs`
//! under criterion.

/// The modules, in reading order.
mod compare {
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
#[path = "report"] // rustfmt, which would look in compare/, needs it
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
use compare::arguments::Arguments;
use compare::contest::{BENCH, is_about_pools};
use compare::footprint::{Experiment, Survey, repetitions};
use compare::{footprint, workload};
use indicatif::{ProgressBar, ProgressStyle};
use report::arguments::Choice;
use report::comparison::Comparison;
use report::{rounds, workload as work};
use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    BENCH.end(run(&Arguments::parse()))
}

/// Runs what the arguments request.
fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let choice = &arguments.choice;
    if !arguments.footprint.is_empty() {
        print!("{}", Experiment::perform(&arguments.footprint)?);
    } else if !choice.instructions.is_empty() {
        work::run_once(&workload::all(), &choice.instructions)?;
    } else if choice.list {
        list();
    } else {
        BENCH.report(choice, &footprint::note(choice.effort()), || measure(choice))?;
    }
    Ok(())
}

/// Prints the names that can be filtered by, in the order of the report.
fn list() {
    let timed = workload::all().into_iter().map(|work| (work.id, work.title));
    let weighed = Experiment::ALL.iter().flat_map(|experiment| experiment.figures());
    let mut names: Vec<_> = timed.chain(weighed.map(|figure| (figure.id, figure.title))).collect();
    names.sort_by_key(|(id, _)| is_about_pools(id));
    for (id, title) in names {
        println!("{id:26}  {title}");
    }
}

/// Measures what was requested, the pools last.
fn measure(choice: &Choice) -> Result<Vec<Comparison>, Box<dyn Error>> {
    let effort = choice.effort();
    let workloads = choice.select(workload::all());
    let wants =
        |experiment: &Experiment| experiment.figures().iter().any(|figure| choice.wants(figure.id, figure.title));
    let mut surveys: Vec<_> = (Experiment::ALL.into_iter())
        .filter(wants)
        .map(|experiment| Survey::new(experiment, choice, &[], |_| true))
        .collect();

    let steps = workloads.len() * effort.rounds() + surveys.len() * repetitions(effort);
    let progress = ProgressBar::new(steps as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {elapsed_precise}, {eta_precise} to go: {msg}")?);

    let mut comparisons = Vec::new();
    for workload in &workloads {
        progress.set_message(workload.title);
        comparisons.push(rounds::compare(workload, effort, || progress.inc(1)));
    }
    progress.set_message("memory, in child processes");
    for repetition in 0..repetitions(effort) {
        for survey in &mut surveys {
            survey.repeat(repetition)?;
            progress.inc(1);
        }
    }
    let weighed = surveys.into_iter().flat_map(Survey::finish);
    comparisons.extend(weighed.filter(|comparison| choice.wants(comparison.id, comparison.title)));
    progress.finish_and_clear();
    comparisons.retain(|comparison| !comparison.series.is_empty());
    comparisons.sort_by_key(|comparison| is_about_pools(comparison.id));
    Ok(comparisons)
}

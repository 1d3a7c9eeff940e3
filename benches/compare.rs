//! Compares flagstone with the crates and locks that a program might use instead.
//!
//! All subjects run in one process and in turns: a round measures each of them once, every round
//! starts with another one, and the figures are medians over the rounds. So whatever else the
//! machine does meanwhile falls on all of them. Memory, and the slowest single insert, are
//! measured in child processes, one for each subject, so that no allocator inherits another's
//! leftovers.
//!
//! ```text
//! cargo bench --bench compare                          # everything, about three minutes
//! cargo bench --bench compare -- --quick               # everything, roughly: about 15 seconds
//! cargo bench --bench compare -- get memory            # some of it; --list has the names
//! ```
//!
//! `benches/instructions` runs the same workloads under callgrind, and `benches/criterion.rs`
//! under criterion.

/// The parts, in reading order.
mod compare {
    // What is measured.
    pub(crate) mod random;
    pub(crate) mod subject;
    pub(crate) mod workload;

    // How.
    pub(crate) mod arguments;
    pub(crate) mod comparison;
    pub(crate) mod effort;
    pub(crate) mod footprint;
    pub(crate) mod rounds;
    pub(crate) mod unit;

    // What comes of it.
    pub(crate) mod machine;
    pub(crate) mod plot;
    pub(crate) mod spreadsheet;
    pub(crate) mod table;
    pub(crate) mod targets;
}

use clap::Parser;
use compare::arguments::Arguments;
use compare::comparison::Comparison;
use compare::effort::Effort;
use compare::subject::Subject;
use compare::subject::nothing::Nothing;
use compare::{footprint, machine, plot, rounds, spreadsheet, table, targets, workload};
use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::fs;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does what the arguments ask for.
fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if let Some(subject) = &arguments.footprint {
        print!("{}", footprint::weigh(subject, arguments.entries)?);
    } else if let [workload, subject, iterations] = &arguments.instructions[..] {
        run_once(workload, subject, iterations.parse()?)?;
    } else if arguments.list {
        list();
    } else {
        report(arguments)?;
    }
    Ok(())
}

/// Prints the names that can be filtered by.
fn list() {
    let timed = workload::all().into_iter().map(|work| (work.id, work.title));
    for (id, title) in timed.chain(footprint::FIGURES.map(|figure| (figure.id, figure.title))) {
        println!("{id:22}  {title}");
    }
}

/// Does one workload with one subject for that many iterations: what callgrind looks at.
fn run_once(workload: &str, subject: &str, iterations: u64) -> Result<(), Box<dyn Error>> {
    let workload = workload::all()
        .into_iter()
        .find(|candidate| candidate.id == workload)
        .ok_or_else(|| format!("no workload is called '{workload}'; --list has the names"))?;
    let contestant = workload
        .contestants
        .iter()
        .find(|candidate| candidate.subject == subject)
        .ok_or_else(|| format!("no subject of '{}' is called '{subject}'", workload.id))?;
    (contestant.prepare)()(iterations);
    Ok(())
}

/// Measures what was asked for and reports it.
fn report(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let effort = arguments.effort();
    let comparisons = measure(arguments, &effort)?;
    if comparisons.is_empty() {
        return Err("nothing is called that; --list has the names".into());
    }
    let mut note = effort.note.to_owned();
    if !arguments.filters.is_empty() {
        note.push_str(&format!(" Only: {}.", arguments.filters.join(", ")));
    }
    println!("{}\n{note}", machine::describe());
    println!("\n{}", table::EXPLANATION);
    for comparison in &comparisons {
        println!("\n{}", table::Table(comparison));
    }
    if effort.counts {
        println!("\n{}", targets::Targets(&comparisons));
        fs::create_dir_all(&arguments.out)?;
        let (rows, picture) = (arguments.out.join("compare.csv"), arguments.out.join("compare.svg"));
        fs::write(&rows, spreadsheet::Spreadsheet(&comparisons).to_string())?;
        plot::draw(&comparisons, &note, &picture)?;
        println!("\nWritten: {}, {}", rows.display(), picture.display());
    }
    Ok(())
}

/// Measures what was asked for.
fn measure(arguments: &Arguments, effort: &Effort) -> Result<Vec<Comparison>, Box<dyn Error>> {
    let workloads: Vec<_> =
        workload::all().into_iter().filter(|workload| arguments.wants(workload.id, workload.title)).collect();
    let weighed = footprint::FIGURES.iter().any(|figure| arguments.wants(figure.id, figure.title));

    let steps = workloads.len() * effort.rounds + usize::from(weighed) * effort.repetitions;
    let progress = ProgressBar::new(steps as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {elapsed_precise}, {eta_precise} to go: {msg}")?);

    let mut comparisons = Vec::new();
    for workload in &workloads {
        progress.set_message(workload.title);
        let comparison = rounds::compare(workload, effort, || progress.inc(1));
        let net =
            comparison.less(Nothing::NAME, "handover-net", "2 threads: produced here, removed there, less the channel");
        comparisons.push(comparison);
        comparisons.extend(net);
    }
    if weighed {
        progress.set_message("memory, in child processes");
        let weights = footprint::compare(effort, || progress.inc(1))?;
        comparisons.extend(weights.into_iter().filter(|comparison| arguments.wants(comparison.id, comparison.title)));
    }
    progress.finish_and_clear();
    Ok(comparisons)
}

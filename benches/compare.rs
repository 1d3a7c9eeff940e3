//! Compares flagstone with the crates and locks that a program might use instead: its slab with
//! stores of numbers, its pool with pools of strings.
//!
//! All subjects run in one process and in turns: a round measures each of them once, every round
//! starts with another one, and the figures are medians over the rounds. So whatever else the
//! machine does meanwhile falls on all of them. Memory, and the slowest single insert, are
//! measured in child processes, one for each subject, so that no allocator inherits another's
//! leftovers.
//!
//! ```text
//! cargo bench --bench compare                          # everything, about four minutes
//! cargo bench --bench compare -- --quick               # everything, roughly: about 25 seconds
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
use compare::comparison::{Comparison, is_about_pools};
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

/// Prints the names that can be filtered by, in the order of the report.
fn list() {
    let timed = workload::all().into_iter().map(|work| (work.id, work.title));
    let mut names: Vec<_> = timed.chain(footprint::FIGURES.map(|figure| (figure.id, figure.title))).collect();
    names.sort_by_key(|(id, _)| is_about_pools(id));
    for (id, title) in names {
        println!("{id:26}  {title}");
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
    // First: workloads of two threads settle on cores, and after that one would be counted.
    let machine = machine::describe();
    let comparisons = measure(arguments, &effort)?;
    if comparisons.is_empty() {
        return Err("nothing is called that; --list has the names".into());
    }
    let mut note = effort.note.to_owned();
    if !arguments.filters.is_empty() {
        note.push_str(&format!(" Only: {}.", arguments.filters.join(", ")));
    }
    println!("{machine}\n{note}");
    println!("\n{}", table::EXPLANATION);
    for comparison in &comparisons {
        println!("\n{}", table::Table(comparison));
    }
    if effort.counts {
        println!("\n{}", targets::Targets(&comparisons));
        fs::create_dir_all(&arguments.out)?;
        let rows = arguments.out.join("compare.csv");
        fs::write(&rows, spreadsheet::Spreadsheet(&comparisons).to_string())?;
        println!("\nWritten: {}", rows.display());
        // `measure` puts the pools last.
        let (stores, pools) = comparisons.split_at(comparisons.partition_point(|row| !is_about_pools(row.id)));
        let stores = ("compare.svg", "flagstone and its rivals: less is better", stores);
        let pools =
            ("pool.svg", "flagstone's pool and its rivals: less is better (a bar with a gap is cut off)", pools);
        for (name, heading, rows) in [stores, pools] {
            if !rows.is_empty() {
                let picture = arguments.out.join(name);
                plot::draw(rows, heading, &note, &picture)?;
                println!("         {}", picture.display());
            }
        }
    }
    Ok(())
}

/// Measures what was asked for. Pools come last.
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
        let net = workload.net.and_then(|(id, title)| comparison.less(Nothing::NAME, id, title));
        comparisons.push(comparison);
        comparisons.extend(net);
    }
    if weighed {
        progress.set_message("memory, in child processes");
        let weights = footprint::compare(effort, || progress.inc(1))?;
        comparisons.extend(weights.into_iter().filter(|comparison| arguments.wants(comparison.id, comparison.title)));
    }
    progress.finish_and_clear();
    comparisons.sort_by_key(|comparison| is_about_pools(comparison.id));
    Ok(comparisons)
}

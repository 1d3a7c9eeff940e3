//! One figure under one allocator: the child processes that measure it.

use super::allocator;
use super::arguments::Arguments;
use super::contest::{FIGURES, Figure, takes_part};
use crate::compare::footprint::{Experiment, Survey, repetitions};
use crate::compare::workload;
use crate::report::arguments::Choice;
use crate::report::comparison::{Comparison, Series};
use crate::report::effort::Effort;
use crate::report::rounds;
use crate::report::unit::Unit;
use crate::report::workload::Workload;
use indicatif::{ProgressBar, ProgressStyle};
use std::env;
use std::error::Error;
use std::fmt::Write;
use std::process::Command;

/// Returns the workload of that name, with the subjects that take part.
fn workload(id: &str, choice: &Choice) -> Result<Workload, Box<dyn Error>> {
    let found = workload::all().into_iter().find(|workload| workload.id == id);
    let mut workload = found.ok_or_else(|| format!("no workload is called '{id}'"))?;
    workload
        .contestants
        .retain(|contestant| takes_part(contestant.subject) && choice.wants_subject(contestant.subject));
    Ok(workload)
}

/// In the child: measures all subjects in turns, and returns a line for each: the name, a tab, the samples.
pub(crate) fn perform(id: &str, choice: &Choice) -> Result<String, Box<dyn Error>> {
    let comparison = rounds::compare(&workload(id, choice)?, choice.effort(), || {});
    let mut lines = String::new();
    for series in comparison.series {
        let samples: Vec<_> = series.samples.iter().map(f64::to_string).collect();
        writeln!(lines, "{}\t{}", series.subject, samples.join(" "))?;
    }
    Ok(lines)
}

/// Measures what was requested, under each allocator.
pub(crate) fn measure(arguments: &Arguments) -> Result<Vec<Comparison>, Box<dyn Error>> {
    let choice = &arguments.choice;
    let figures: Vec<_> = FIGURES.iter().filter(|figure| choice.wants(figure.id, figure.title)).collect();
    let progress = ProgressBar::new((figures.len() * arguments.allocators().len()) as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {elapsed_precise}: {msg}")?);
    let mut comparisons = Vec::new();
    for figure in figures {
        for (place, allocator) in allocator::NAMES.into_iter().enumerate() {
            if !arguments.allocators().contains(&allocator) {
                continue;
            }
            progress.set_message(figure.names[place]);
            let mut comparison =
                if figure.timed { time(figure, allocator, choice)? } else { weigh(figure, allocator, choice)? };
            comparison.id = figure.names[place];
            // Leaked, because like the other titles it lives as long as the process.
            comparison.title = format!("{}: {allocator}", figure.title).leak();
            if !comparison.series.is_empty() {
                comparisons.push(comparison);
            }
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    Ok(comparisons)
}

/// Measures the times in one child process.
fn time(figure: &Figure, allocator: &str, choice: &Choice) -> Result<Comparison, Box<dyn Error>> {
    let mut child = Command::new(env::current_exe()?);
    child.env(allocator::VARIABLE, allocator).args(["--times", figure.id]);
    match choice.effort() {
        Effort::Full | Effort::Fine => child.arg("--bench"),
        Effort::Quick => child.args(["--bench", "--quick"]),
        Effort::Smoke => &mut child,
    };
    let output = child.output()?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the times of '{}' under {allocator} failed: {} {reason}", figure.id, output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let mut series = Vec::new();
    for contestant in workload(figure.id, choice)?.contestants {
        let line = text.lines().find_map(|line| line.strip_prefix(contestant.subject)?.strip_prefix('\t'));
        let line = line.ok_or_else(|| format!("no times of '{}'", contestant.subject))?;
        let samples = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        series.push(Series { subject: contestant.subject, samples });
    }
    Ok(Comparison { id: figure.id, title: figure.title, unit: Unit::Nanoseconds, series, absent: Vec::new() })
}

/// Measures each subject in its own child processes.
fn weigh(figure: &Figure, allocator: &'static str, choice: &Choice) -> Result<Comparison, Box<dyn Error>> {
    let experiment = (Experiment::ALL.into_iter())
        .find(|experiment| experiment.figures().iter().any(|candidate| candidate.id == figure.id))
        .ok_or_else(|| format!("no experiment has '{}'", figure.id))?;
    let mut survey = Survey::new(experiment, choice, &[(allocator::VARIABLE, allocator)], takes_part);
    for repetition in 0..repetitions(choice.effort()) {
        survey.repeat(repetition)?;
    }
    let found = survey.finish().into_iter().find(|comparison| comparison.id == figure.id);
    Ok(found.expect("the experiment has it"))
}

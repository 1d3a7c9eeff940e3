//! A bench that times workloads and also measures each subject's memory.

use super::arguments::Choice;
use super::bench::Bench;
use super::comparison::{Comparison, Series};
use super::rounds;
use super::unit::Unit;
use super::workload::{Workload, run_once};
use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;

/// What is measured.
pub(crate) struct Program {
    /// The description of the bench.
    pub(crate) bench: &'static Bench,
    /// Makes the timed workloads, in the order of the report.
    pub(crate) workloads: fn() -> Vec<Workload>,
    /// The measurement of memory.
    pub(crate) footprint: Footprint,
}

/// Bytes that each subject needs.
pub(crate) struct Footprint {
    /// The name on the command line and in files.
    pub(crate) id: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    /// Returns the subjects, and what each needs.
    pub(crate) weigh: fn() -> Vec<(&'static str, f64)>,
}

impl Program {
    /// Runs what the arguments request.
    pub(crate) fn run(&self, choice: &Choice) -> Result<(), Box<dyn Error>> {
        let workloads = (self.workloads)();
        if !choice.instructions.is_empty() {
            return run_once(&workloads, &choice.instructions);
        }
        if choice.list {
            let timed = workloads.into_iter().map(|workload| (workload.id, workload.title));
            for (id, title) in timed.chain([(self.footprint.id, self.footprint.title)]) {
                println!("{id:18}  {title}");
            }
            return Ok(());
        }
        self.bench.report(choice, "", || self.measure(choice, workloads))
    }

    /// Measures what was requested.
    fn measure(&self, choice: &Choice, workloads: Vec<Workload>) -> Result<Vec<Comparison>, Box<dyn Error>> {
        let workloads = choice.select(workloads);
        let steps = workloads.len() * choice.effort().rounds();
        let progress = ProgressBar::new(steps as u64)
            .with_style(ProgressStyle::with_template("{bar:40} {elapsed_precise}, {eta_precise} to go: {msg}")?);
        let mut comparisons = Vec::new();
        for workload in &workloads {
            progress.set_message(workload.title);
            comparisons.push(rounds::compare(workload, choice.effort(), || progress.inc(1)));
        }
        progress.finish_and_clear();
        comparisons.extend(self.footprint.compare(choice));
        Ok(comparisons)
    }
}

impl Footprint {
    /// Measures the subjects' memory, if requested.
    fn compare(&self, choice: &Choice) -> Option<Comparison> {
        if !choice.wants(self.id, self.title) {
            return None;
        }
        let series = ((self.weigh)().into_iter())
            .filter(|(subject, _)| choice.wants_subject(subject))
            .map(|(subject, bytes)| Series { subject, samples: vec![bytes] })
            .collect();
        Some(Comparison { id: self.id, title: self.title, unit: Unit::Bytes, series, absent: Vec::new() })
    }
}

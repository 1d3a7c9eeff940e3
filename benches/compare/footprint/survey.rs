//! Child processes, subject after subject.

use super::experiment::{Experiment, Weigh};
use crate::compare::subject;
use crate::report::arguments::Choice;
use crate::report::comparison::{Comparison, Series};
use crate::report::effort::Effort;
use std::env;
use std::error::Error;
use std::process::Command;

/// Returns how many child processes each subject gets for each experiment.
pub(crate) fn repetitions(effort: Effort) -> usize {
    match effort {
        Effort::Full | Effort::Fine => 7,
        Effort::Quick | Effort::Smoke => 1,
    }
}

/// Returns the same in words, for the note of a report.
pub(crate) fn note(effort: Effort) -> String {
    match repetitions(effort) {
        1 => ", and 1 child process".to_owned(),
        many => format!(", and of {many} child processes"),
    }
}

/// An experiment with each subject, repeated.
pub(crate) struct Survey {
    experiment: Experiment,
    effort: Effort,
    /// What the child's environment has besides.
    environment: Vec<(&'static str, &'static str)>,
    /// The subjects that take part.
    subjects: Vec<&'static str>,
    comparisons: Vec<Comparison>,
}

impl Survey {
    /// A survey with those of the subjects that the command line and `wants` let through.
    pub(crate) fn new(
        experiment: Experiment,
        choice: &Choice,
        environment: &[(&'static str, &'static str)],
        wants: impl Fn(&str) -> bool,
    ) -> Self {
        let subjects = subject::every(&Weigh(experiment)).into_iter().map(|(subject, _)| subject);
        let chosen = subjects.filter(|subject| choice.wants_subject(subject) && wants(subject));
        let mut absent = Vec::new();
        let subjects: Vec<_> = chosen
            .filter(|subject| match experiment.obstacle(subject) {
                None => true,
                Some(obstacle) => {
                    absent.push((*subject, obstacle));
                    false
                }
            })
            .collect();
        let comparisons = (experiment.figures().iter())
            .map(|figure| Comparison {
                id: figure.id,
                title: figure.title,
                unit: figure.unit,
                series: subjects.iter().map(|&subject| Series { subject, samples: Vec::new() }).collect(),
                absent: absent.clone(),
            })
            .collect();
        Self { experiment, effort: choice.effort(), environment: environment.to_vec(), subjects, comparisons }
    }

    /// Weighs each subject once, each in a new process. Each repetition starts with the next subject.
    pub(crate) fn repeat(&mut self, repetition: usize) -> Result<(), Box<dyn Error>> {
        for turn in 0..self.subjects.len() {
            let turn = (repetition + turn) % self.subjects.len();
            let output = self.child(self.subjects[turn])?;
            for (comparison, line) in self.comparisons.iter_mut().zip(output.lines()) {
                let quantity = line.strip_prefix(comparison.id).ok_or("figures out of order")?;
                comparison.series[turn].samples.push(quantity.trim().parse()?);
            }
        }
        Ok(())
    }

    /// Returns the figures.
    pub(crate) fn finish(self) -> Vec<Comparison> {
        self.comparisons
    }

    /// Runs this program as the child that weighs the subject.
    fn child(&self, subject: &str) -> Result<String, Box<dyn Error>> {
        let count = self.experiment.count(self.effort).to_string();
        let output = Command::new(env::current_exe()?)
            .envs(self.environment.iter().copied())
            .args(["--footprint", self.experiment.name(), subject, &count])
            .output()?;
        if !output.status.success() {
            let (name, reason) = (self.experiment.name(), String::from_utf8_lossy(&output.stderr));
            return Err(format!("the child process '{name}' of '{subject}' failed: {} {reason}", output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

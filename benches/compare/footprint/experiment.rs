//! What a child process measures.

use super::{filled, many, small};
use crate::compare::subject::concurrent_slotmap::ConcurrentSlotmap;
use crate::compare::subject::{self, Subject, Visitor};
use crate::report::effort::Effort;
use crate::report::unit::Unit;
use std::error::Error;
use std::fmt::Write;

/// One figure.
pub(crate) struct Figure {
    /// The name on the command line, in files, and between the processes.
    pub(crate) id: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    /// What it counts.
    pub(crate) unit: Unit,
}

/// What a child process does with one subject.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Experiment {
    /// Fills one store.
    Filled,
    /// Makes 100,000 empty stores, then inserts into each.
    Small,
    /// Makes 1,000,000 stores of one entry.
    Many,
}

impl Experiment {
    /// All of them, in the order of the report.
    pub(crate) const ALL: [Self; 3] = [Self::Filled, Self::Small, Self::Many];

    /// Returns the name between the processes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Filled => "filled",
            Self::Small => "small",
            Self::Many => "many",
        }
    }

    /// Returns the figures, in the order in which the child prints them.
    pub(crate) fn figures(self) -> &'static [Figure] {
        const NANOSECONDS: Unit = Unit::Nanoseconds;
        const BYTES: Unit = Unit::Bytes;
        const fn figure(id: &'static str, title: &'static str, unit: Unit) -> Figure {
            Figure { id, title, unit }
        }
        match self {
            Self::Filled => {
                const {
                    &[
                        figure("memory-entry", "memory of each live u64 (resident, 10,000,000 of them)", BYTES),
                        figure("slowest-insert", "slowest insert on the way to 10,000,000", NANOSECONDS),
                    ]
                }
            }
            Self::Small => {
                const {
                    &[
                        figure("memory-empty", "memory of an empty slab (resident)", BYTES),
                        figure("memory-empty-virtual", "address space of an empty slab", BYTES),
                        figure("memory-first", "memory that the first insert adds (resident)", BYTES),
                        figure("memory-first-virtual", "address space that the first insert adds", BYTES),
                        figure("memory-one", "memory of a slab with one entry (resident)", BYTES),
                    ]
                }
            }
            Self::Many => {
                const {
                    &[
                        figure("slabs-1000000", "1,000,000 slabs of one entry: made and dropped, each", NANOSECONDS),
                        figure("memory-slabs-1000000", "1,000,000 slabs of one entry: memory of each", BYTES),
                    ]
                }
            }
        }
    }

    /// Returns how many entries or stores there are.
    pub(super) fn count(self, effort: Effort) -> u64 {
        match (self, effort) {
            (_, Effort::Smoke) => 1_000,
            (Self::Filled, _) => 10_000_000,
            (Self::Small, Effort::Full | Effort::Fine) => 100_000,
            (Self::Small, Effort::Quick) => 10_000,
            (Self::Many, Effort::Full | Effort::Fine) => 1_000_000,
            (Self::Many, Effort::Quick) => 20_000,
        }
    }

    /// Returns why the subject cannot take part, if it cannot.
    pub(super) fn obstacle(self, subject: &str) -> Option<String> {
        let many = self != Self::Filled;
        (many && subject == ConcurrentSlotmap::NAME)
            .then(|| "each needs an address range of its own: the system has too few".to_owned())
    }

    /// In the child: runs the experiment with the subject, and returns the figures, one per line. The words are the
    /// arguments of the command line: the experiment, the subject and the number.
    pub(crate) fn perform(words: &[String]) -> Result<String, Box<dyn Error>> {
        let [experiment, subject, count] = words else { return Err("three arguments are needed".into()) };
        let experiment = (Self::ALL.into_iter())
            .find(|candidate| candidate.name() == experiment)
            .ok_or_else(|| format!("no experiment is called '{experiment}'"))?;
        let (_, weigh) = (subject::every(&Weigh(experiment)).into_iter())
            .find(|(name, _)| name == subject)
            .ok_or_else(|| format!("no subject is called '{subject}'"))?;
        let mut lines = String::new();
        for (figure, quantity) in experiment.figures().iter().zip(weigh(count.parse()?)?) {
            writeln!(lines, "{} {quantity}", figure.id)?;
        }
        Ok(lines)
    }
}

/// The child's work with one subject: maps the number of entries or stores to the figures.
type Weighing = fn(u64) -> Result<Vec<f64>, Box<dyn Error>>;

/// Finds the child's work for each subject.
pub(super) struct Weigh(pub(super) Experiment);

impl Visitor for Weigh {
    type Output = (&'static str, Weighing);

    fn visit<S: Subject>(&self) -> Self::Output {
        let weighing: Weighing = match self.0 {
            Experiment::Filled => filled::weigh::<S>,
            Experiment::Small => small::weigh::<S>,
            Experiment::Many => many::weigh::<S>,
        };
        (S::NAME, weighing)
    }
}

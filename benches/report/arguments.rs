//! The part of the command line that all benches have.

use super::effort::Effort;
use super::workload::Workload;
use clap::Args;
use std::path::PathBuf;

// No documentation comment: clap would print it in place of the bench's own.
#[derive(Args)]
#[allow(missing_docs, reason = "see above")]
pub(crate) struct Choice {
    /// Measure only workloads whose name or title contains one of these
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// Measure only subjects whose name contains one of these
    #[arg(long = "subject", value_name = "NAME")]
    subjects: Vec<String>,

    /// Take a tenth of the time, with shorter measurements and fewer rounds
    #[arg(long)]
    quick: bool,

    /// Print the names of everything that can be measured
    #[arg(long)]
    pub(crate) list: bool,

    /// Folder for the rows and pictures [default: target/ and the bench's name]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Passed by cargo bench; without it (cargo test) everything runs once, briefly
    #[arg(long, hide = true)]
    bench: bool,

    /// Run one workload with one subject, for callgrind
    #[arg(long, num_args = 3, value_names = ["WORKLOAD", "SUBJECT", "ITERATIONS"], hide = true)]
    pub(crate) instructions: Vec<String>,
}

impl Choice {
    /// Returns how much time the measurements may take.
    pub(crate) fn effort(&self) -> Effort {
        match (self.bench, self.quick) {
            (false, _) => Effort::Smoke,
            (true, true) => Effort::Quick,
            (true, false) => Effort::Full,
        }
    }

    /// Returns whether the filters select this one.
    pub(crate) fn wants(&self, id: &str, title: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|part| contains(id, part) || contains(title, part))
    }

    /// Returns whether the subject of that name takes part.
    pub(crate) fn wants_subject(&self, name: &str) -> bool {
        self.subjects.is_empty() || self.subjects.iter().any(|part| contains(name, part))
    }

    /// Returns the workloads, with their subjects, that the filters select.
    pub(crate) fn select(&self, mut workloads: Vec<Workload>) -> Vec<Workload> {
        workloads.retain(|workload| self.wants(workload.id, workload.title));
        for workload in &mut workloads {
            workload.contestants.retain(|contestant| self.wants_subject(contestant.subject));
        }
        workloads.retain(|workload| !workload.contestants.is_empty());
        workloads
    }

    /// Returns the note for the reader: the effort's note, and what was filtered out.
    pub(crate) fn note(&self, effort: String) -> String {
        let chosen: Vec<_> = self.filters.iter().chain(&self.subjects).map(String::as_str).collect();
        if chosen.is_empty() { effort } else { format!("{effort} Only: {}.", chosen.join(", ")) }
    }
}

/// Returns whether the text contains the part, ignoring case.
fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

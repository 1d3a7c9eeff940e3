//! The part of the command line that all benches have.

use super::effort::Effort;
use clap::Args;
use std::path::PathBuf;

// No documentation comment: clap would print it in place of the bench's own.
#[derive(Args)]
#[allow(missing_docs, reason = "see above")]
pub(crate) struct Choice {
    /// Measure only what has one of these in its name or title
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// Take a tenth of the time: shorter measurements, fewer rounds
    #[arg(long)]
    quick: bool,

    /// Print the names of everything that can be measured
    #[arg(long)]
    pub(crate) list: bool,

    /// Where the rows and the pictures go, instead of target/ and the bench's name
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Passed by cargo bench; without it (cargo test) everything runs once, briefly
    #[arg(long, hide = true)]
    bench: bool,

    /// Do one workload with one subject, for callgrind
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

    /// Returns whether the filters let this one through.
    pub(crate) fn wants(&self, id: &str, title: &str) -> bool {
        let passes = |filter: &String| {
            let filter = filter.to_lowercase();
            id.contains(&filter) || title.to_lowercase().contains(&filter)
        };
        self.filters.is_empty() || self.filters.iter().any(passes)
    }

    /// Returns what the reader should know: what the effort's note says, and what was left out.
    pub(crate) fn note(&self, effort: String) -> String {
        match &self.filters[..] {
            [] => effort,
            filters => format!("{effort} Only: {}.", filters.join(", ")),
        }
    }
}

//! The command line.

use super::effort::Effort;
use clap::Parser;
use std::path::PathBuf;

/// Compares flagstone with the crates and locks that a program might use instead.
#[derive(Parser)]
#[command(name = "compare", bin_name = "cargo bench --bench compare --")]
pub(crate) struct Arguments {
    /// Measure only what has one of these in its name or title
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,

    /// Take a tenth of the time: shorter measurements, fewer rounds
    #[arg(long)]
    quick: bool,

    /// Print the names of everything that can be measured
    #[arg(long)]
    pub(crate) list: bool,

    /// Where compare.csv, compare.svg and pool.svg go
    #[arg(long, value_name = "DIR", default_value = "target/compare")]
    pub(crate) out: PathBuf,

    /// Passed by cargo bench; without it (cargo test) everything runs once, briefly
    #[arg(long, hide = true)]
    bench: bool,

    /// Be the child process that weighs this subject
    #[arg(long, value_name = "SUBJECT", hide = true)]
    pub(crate) footprint: Option<String>,

    /// How many entries to weigh
    #[arg(long, hide = true, default_value_t = 0)]
    pub(crate) entries: u64,

    /// Do one workload with one subject, for `benches/instructions`
    #[arg(long, num_args = 3, value_names = ["WORKLOAD", "SUBJECT", "ITERATIONS"], hide = true)]
    pub(crate) instructions: Vec<String>,
}

impl Arguments {
    /// Returns how much time the measurements may take.
    pub(crate) fn effort(&self) -> Effort {
        match (self.bench, self.quick) {
            (false, _) => Effort::SMOKE,
            (true, true) => Effort::QUICK,
            (true, false) => Effort::FULL,
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
}

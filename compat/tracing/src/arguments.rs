//! The command line.

use clap::Parser;

use crate::{effort::Effort, workload::Workload};

/// A small traced program whose spans are kept in flagstone. Counts primes on four threads and prints its spans.
#[derive(Parser)]
#[command(name = "traced", bin_name = "cargo run --release --")]
pub(crate) struct Arguments {
    /// Measure spans per second, with and without the patch (builds both)
    #[arg(long)]
    pub(crate) bench: bool,

    /// With --bench: shorter measurements, fewer rounds
    #[arg(long, requires = "bench")]
    quick: bool,

    /// With --bench: measure only workloads whose name or title contains one of these
    #[arg(value_name = "FILTER", requires = "bench")]
    filters: Vec<String>,

    /// Print the names of everything that can be measured
    #[arg(long)]
    pub(crate) list: bool,

    /// Print the crate in which the registry keeps its spans, determined by its behaviour
    #[arg(long)]
    pub(crate) linked: bool,

    /// Run as the child process that runs this workload, once for each number of spans on standard input
    #[arg(long, value_name = "WORKLOAD", hide = true)]
    pub(crate) measure: Option<String>,
}

impl Arguments {
    /// Returns how much time the measurements may take.
    pub(crate) fn effort(&self) -> Effort {
        if self.quick { Effort::QUICK } else { Effort::FULL }
    }

    /// Returns whether the filters select this one.
    pub(crate) fn wants(&self, workload: &Workload) -> bool {
        let passes = |filter: &String| {
            let filter = filter.to_lowercase();
            workload.id.contains(&filter) || workload.title.to_lowercase().contains(&filter)
        };
        self.filters.is_empty() || self.filters.iter().any(passes)
    }
}

//! The command line.

use super::allocator;
use crate::report::arguments::Choice;
use clap::Parser;
use clap::builder::PossibleValuesParser;

/// Measures slabs with few entries, under several allocators.
#[derive(Parser)]
#[command(name = "weight", bin_name = "cargo bench -p benches --bench weight --")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Measure only under this allocator; may be given more than once
    #[arg(long = "allocator", value_name = "NAME", value_parser = PossibleValuesParser::new(allocator::NAMES))]
    allocators: Vec<String>,

    /// Run as the child process of an experiment, with one subject and a number of entries or stores
    #[arg(long, num_args = 3, value_names = ["EXPERIMENT", "SUBJECT", "COUNT"], hide = true)]
    pub(crate) footprint: Vec<String>,

    /// Run as the child process that times one workload
    #[arg(long, value_name = "WORKLOAD", hide = true)]
    pub(crate) times: Option<String>,
}

impl Arguments {
    /// Returns the allocators to measure under.
    pub(crate) fn allocators(&self) -> Vec<&'static str> {
        let chosen = |name: &&str| self.allocators.is_empty() || self.allocators.iter().any(|chosen| chosen == name);
        allocator::NAMES.into_iter().filter(chosen).collect()
    }
}

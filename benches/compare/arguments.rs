//! The command line.

use crate::report::arguments::Choice;
use clap::Parser;

/// Compares flagstone with the crates and locks that a program might use instead.
#[derive(Parser)]
#[command(name = "compare", bin_name = "cargo bench -p benches --bench compare --")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Run as the child process of an experiment, with one subject and a number of entries or stores
    #[arg(long, num_args = 3, value_names = ["EXPERIMENT", "SUBJECT", "COUNT"], hide = true)]
    pub(crate) footprint: Vec<String>,
}

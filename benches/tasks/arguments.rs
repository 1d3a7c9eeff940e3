//! The command line.

use crate::report::arguments::Choice;
use clap::Parser;

/// Compares flagstone's tasks with those of other executors.
#[derive(Parser)]
#[command(name = "tasks", bin_name = "cargo bench -p benches --bench tasks --")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) choice: Choice,
}

//! The command line.

use crate::report::arguments::Choice;
use clap::Parser;

/// Compares flagstone's set of futures with alternatives.
#[derive(Parser)]
#[command(name = "sets", bin_name = "cargo bench -p benches --bench sets --")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) choice: Choice,
}

//! The command line.

use crate::report::arguments::Choice;
use clap::Parser;

/// Compares flagstone with the crates and locks that a program might use instead.
#[derive(Parser)]
#[command(name = "compare", bin_name = "cargo bench --bench compare --")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Be the child process that weighs this subject
    #[arg(long, value_name = "SUBJECT", hide = true)]
    pub(crate) footprint: Option<String>,

    /// How many entries to weigh
    #[arg(long, hide = true, default_value_t = 0)]
    pub(crate) entries: u64,
}

//! The command-line arguments.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::command;

#[cfg(test)]
mod tests;

const EXAMPLES: &str = "\
Examples:
  registry                             shows a live table and a prompt, until all tasks have ended
  registry --tasks 1000 --workers 8    runs more tasks than fit in the window
  registry --once                      prints one table
  registry --json | head -3            prints five snapshots a second, one JSON object per task
  echo find primes | registry | cat    reads commands from a pipe
  registry --verify                    checks the registry with a fixed set of tasks

Output:
  On a terminal the table is redrawn in place and fits its width: in a narrow one, names are cut and
  columns are left out. States have colours, unless NO_COLOR is set. Elsewhere no escape codes are
  written: the answers to commands and, at the end, the results of the tasks are printed in full. With
  --json answers go to standard error, and an ended task is in one more snapshot, with its result.

End:
  It ends by itself when its tasks end. It ends earlier after `quit`, or if the output is closed.

Exit status:
  0  all tasks have ended, even if some were cancelled or failed (one of ten fails on purpose)
  1  the registry was not empty at the end, or --verify found an error
  2  the arguments are wrong, or a thread or standard output failed";

/// Runs tasks on a few threads and shows what they do. All tasks are registered in one lock-free slab.
///
/// The tasks count primes, sort, hash and follow chains of numbers. One of ten panics.
#[derive(Debug, Parser)]
#[command(
    name = "registry",
    display_name = "registry, an example of flagstone",
    version,
    after_help = after_help()
)]
pub(crate) struct Arguments {
    /// Worker threads [default: one per processor]
    #[arg(long, value_name = "N", value_parser = count(1024))]
    workers: Option<usize>,

    /// Total number of tasks
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = count(100_000))]
    pub(crate) tasks: usize,

    /// Amount of work per task: with 1, most tasks take less than a tenth of a second
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = RangedU64ValueParser::<u64>::new().range(1..=10_000))]
    pub(crate) effort: u64,

    /// Milliseconds between updates of the table
    #[arg(long, value_name = "MS", default_value_t = 200, value_parser = RangedU64ValueParser::<u64>::new().range(10..=60_000))]
    interval: u64,

    /// Show the tasks once, shortly after the start, then cancel them and exit; no commands are read
    #[arg(long)]
    pub(crate) once: bool,

    /// Print snapshots, one JSON object per task and line
    #[arg(long)]
    pub(crate) json: bool,

    /// Run a fixed set of tasks instead, cancel one by its key, and check everything that is shown
    #[arg(long, conflicts_with_all = ["tasks", "effort", "interval", "once", "json"])]
    pub(crate) verify: bool,
}

fn count(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}

fn after_help() -> String {
    let commands: String = command::HELP.lines().map(|line| format!("  {line}\n")).collect();
    format!("Commands, one per line, from standard input:\n{commands}\n{EXAMPLES}")
}

impl Arguments {
    /// The number of workers.
    pub(crate) fn workers(&self) -> usize {
        self.workers.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    /// The time between updates of the table.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_millis(self.interval)
    }
}

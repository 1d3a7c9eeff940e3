//! What the command line says.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::command;

const EXAMPLES: &str = "\
Examples:
  registry                             a live table, and a prompt for commands
  registry --tasks 1000 --workers 8    more than fits in the window
  registry --once                      one table
  registry --json | head -3            a snapshot five times a second, an object per task and line
  echo find primes | registry | cat    commands from a program
  registry --verify                    does the registry do what it should?

Output:
  On a terminal the table is drawn in place. Elsewhere there are no escape codes: answers to commands
  are printed, and at the end what came of the tasks. With --json answers go to standard error; a task
  that has ended is in one more snapshot, with its result. If nobody reads on, the program ends.

Exit status:
  0  all tasks have ended, also if some failed, as one of ten is meant to, or were cancelled
  1  the registry was not empty at the end, or --verify found a mistake
  2  the arguments are wrong, or a thread or standard output failed";

/// Runs tasks on a few threads and shows what they do, from one lock-free slab in which they are registered.
///
/// The tasks count primes, sort, hash and follow chains of numbers; one of ten panics.
#[derive(Debug, Parser)]
#[command(name = "registry", after_help = after_help())]
pub(crate) struct Arguments {
    /// Threads that work [default: one per processor]
    #[arg(long, value_name = "N", value_parser = count(1024))]
    workers: Option<usize>,

    /// Tasks, in all
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = count(100_000))]
    pub(crate) tasks: usize,

    /// How much work a task is: of 1, most take less than a tenth of a second
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = RangedU64ValueParser::<u64>::new().range(1..=10_000))]
    pub(crate) effort: u64,

    /// Milliseconds between two looks at the tasks
    #[arg(long, value_name = "MS", default_value_t = 200, value_parser = RangedU64ValueParser::<u64>::new().range(10..=60_000))]
    interval: u64,

    /// Show the tasks once, shortly after the start, cancel them and end; no commands are read
    #[arg(long)]
    pub(crate) once: bool,

    /// Show snapshots as lines, each with a JSON object for one task
    #[arg(long)]
    pub(crate) json: bool,

    /// Run a fixed lot of tasks instead, cancel one by its key, and check what is seen
    #[arg(long, conflicts_with_all = ["tasks", "effort", "interval", "once", "json"])]
    pub(crate) verify: bool,
}

fn count(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}

fn after_help() -> String {
    let commands: String = command::HELP.lines().map(|line| format!("  {line}\n")).collect();
    format!("Commands, a line each, from standard input:\n{commands}\n{EXAMPLES}")
}

impl Arguments {
    /// The number of workers.
    pub(crate) fn workers(&self) -> usize {
        self.workers.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    /// The time between two looks.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_millis(self.interval)
    }
}

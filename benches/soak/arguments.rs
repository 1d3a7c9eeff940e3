//! The command-line arguments.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::history::NOBODY;

const AFTER_HELP: &str = "\
Examples:
  soak --minutes 30                  runs half an hour: billions of operations
  soak --seconds 10                  a short run, to check that nothing is broken
  soak --minutes 600 --threads 16 2>&1 | tee log
  soak --seed 7 --minutes 5          repeats the same choices (but not the interleaving of threads)

Checked all the time: every value belongs to its key, is alive and intact; no key is handed out
twice; removed entries are not found, and all others are; walks visit all that stay, once. Every
few seconds all workers end and the totals are checked: values filled and ended, len, capacity and stats,
memory after trimming, and that every slot of the small stores can be used.

Output:
  soak.csv         one line per second: operations, live entries, resident memory
  soak.svg         the same as a plot, at the end of the run
  violation.txt    the report of a violation, if there is one (also on standard error)
  On a terminal the progress line is redrawn in place, elsewhere a line is printed at times.
  The run may be interrupted at any time: soak.csv is complete up to that second.

Exit status:
  0  nothing was violated
  1  a violation, with which the run ends; a worker without progress for a minute is one too
  2  the arguments are wrong, or a thread or file failed
  A crash by a signal or an abort is a violation too, but without a report";

/// Runs all operations of slabs and pools from several threads, for any length of time, and checks all results.
///
/// The slabs and pools have several configurations: the default, few slots and few shards, keys that repeat,
/// generations that run out, a single slot. Threads start and end all the time, some by panics.
#[derive(Clone, Debug, Parser)]
#[command(name = "soak", after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Length of the run in minutes
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = whole(1, 100_000))]
    minutes: u64,

    /// Length of the run in seconds
    #[arg(long, value_name = "N", conflicts_with = "minutes", value_parser = whole(1, 6_000_000))]
    seconds: Option<u64>,

    /// Worker threads [default: three per processor, at least six]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..NOBODY as u64))]
    threads: Option<usize>,

    /// Seed of the workers' random numbers [default: differs in each run]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Seconds between checks of the totals [default: 5, less in short runs]
    #[arg(long, value_name = "N", value_parser = whole(1, 3600))]
    round: Option<u64>,

    /// Folder for the files
    #[arg(long, value_name = "FOLDER", default_value = "target/soak")]
    pub(crate) out: PathBuf,
}

fn whole(least: u64, most: u64) -> RangedU64ValueParser<u64> {
    RangedU64ValueParser::new().range(least..=most)
}

impl Arguments {
    /// The length of the run.
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs(self.seconds.unwrap_or(60 * self.minutes))
    }

    /// How long workers work between two checks of the totals. Even a short run has three rounds.
    pub(crate) fn round(&self) -> Duration {
        self.round.map_or_else(|| (self.length() / 4).min(Duration::from_secs(5)), Duration::from_secs)
    }

    /// The number of workers: more than processors, so that they are descheduled at any point, and more than the small
    /// stores have shards.
    pub(crate) fn threads(&self) -> usize {
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.unwrap_or_else(|| (3 * processors).clamp(6, NOBODY - 1))
    }
}

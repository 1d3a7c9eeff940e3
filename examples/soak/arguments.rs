//! What the command line says.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::history::NOBODY;

const AFTER_HELP: &str = "\
Examples:
  soak --minutes 30                  half an hour, billions of operations
  soak --seconds 10                  a short one, to see that nothing is broken
  soak --minutes 600 --threads 16 2>&1 | tee log
  soak --seed 7 --minutes 5          the same choices again (but the threads' interleaving is not)

What is checked, all the time: every value is that of its key, alive and whole; no key is handed out
twice; what has ended is not found, and what nobody ended is; walks come by all that stays, once. Every
few seconds all workers end and the books are balanced: values filled and ended, len, capacity and stats,
memory after trimming, and every slot of the small stores can be used.

Output:
  soak.csv         a line each second: operations, live entries, resident memory
  soak.svg         the same as a picture, when the run is over
  violation.txt    the report, if there is one; it goes to standard error too
  On a terminal progress is a line that is drawn again and again, elsewhere a line now and then.
  The run may be interrupted at any time: soak.csv is complete up to that second.

Exit status:
  0  nothing was violated
  1  something was: the run ends with the first one; so it does if a worker gets no further for a minute
  2  the arguments are wrong, or a thread or file failed
  A crash by a signal, or an abort, is a violation too, of which nothing can be reported";

/// Does everything that can be done to slabs and pools, from several threads, for as long as one likes, and checks all of
/// it.
///
/// Slabs and pools of several configurations: the default one, ones with few slots and few shards, one whose keys
/// come back, ones whose generations run out, one of a single slot. The threads come and go, some by panics.
#[derive(Clone, Debug, Parser)]
#[command(name = "soak", after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// How long, in minutes
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = whole(1, 100_000))]
    minutes: u64,

    /// How long, in seconds
    #[arg(long, value_name = "N", conflicts_with = "minutes", value_parser = whole(1, 6_000_000))]
    seconds: Option<u64>,

    /// Threads that work [default: three per processor, at least six]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..NOBODY as u64))]
    threads: Option<usize>,

    /// Where the workers' random numbers begin [default: differs]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Seconds from one look at the books to the next [default: 5, in short runs less]
    #[arg(long, value_name = "N", value_parser = whole(1, 3600))]
    round: Option<u64>,

    /// Where the files go
    #[arg(long, value_name = "FOLDER", default_value = "target/soak")]
    pub(crate) out: PathBuf,
}

fn whole(least: u64, most: u64) -> RangedU64ValueParser<u64> {
    RangedU64ValueParser::new().range(least..=most)
}

impl Arguments {
    /// How long the run is.
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs(self.seconds.unwrap_or(60 * self.minutes))
    }

    /// How long workers work between two looks at the books. Even a short run has three of them.
    pub(crate) fn round(&self) -> Duration {
        self.round.map_or_else(|| (self.length() / 4).min(Duration::from_secs(5)), Duration::from_secs)
    }

    /// The number of workers: more than processors, so that they are interrupted anywhere, and more than the small stores
    /// have shards.
    pub(crate) fn threads(&self) -> usize {
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.unwrap_or_else(|| (3 * processors).clamp(6, NOBODY - 1))
    }
}

//! The command-line arguments.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

const EXAMPLES: &str = "\
Examples:
  crawl                          crawls the current directory
  crawl /usr --verify            compares the totals with a single-threaded walk
  crawl . --skip target          leaves out everything that is called `target`
  crawl /usr --threads 32        uses more walkers than processors
  crawl . --no-progress | cat    prints only the totals

Output:
  On a terminal, tables fit its width: in a narrow one remarks are cut. There are colours, unless
  NO_COLOR is set. If the output is closed, the crawl continues, and its exit status counts.

Exit status:
  0  everything was read
  1  something below the root could not be read (it is counted, the first few are named, and the rest
     was crawled), or --verify found a difference, or the slab was not empty at the end
  2  the root is missing or cannot be read, or the arguments are wrong";

/// Walks a directory tree with many threads that hand each other keys of one lock-free slab.
///
/// Symbolic links are counted and not followed; files are never opened.
#[derive(Debug, Parser)]
#[command(name = "crawl", display_name = "crawl, an example of flagstone", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The directory to walk; a file is a tree of one file
    #[arg(default_value = ".")]
    pub(crate) root: PathBuf,

    /// Threads that read directories [default: one per processor]
    #[arg(long, value_name = "N", value_parser = thread_count())]
    threads: Option<usize>,

    /// Threads that query the sizes of files [default: half as many]
    #[arg(long, value_name = "N", value_parser = thread_count())]
    sizers: Option<usize>,

    /// Leave out files and directories of this name below the root; can be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) skip: Vec<OsString>,

    /// Compare the totals and the time with those of a single-threaded walk
    ///
    /// The tree is walked three times: once to fill the file system's cache, then by the crawl, then in one thread.
    #[arg(long)]
    pub(crate) verify: bool,

    /// Milliseconds between updates of the progress line
    ///
    /// At least 3000 if standard error is not a terminal, because each update is then a new line.
    #[arg(long, value_name = "MS", default_value_t = 100, value_parser = interval())]
    interval: u64,

    /// Show no progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}

fn thread_count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1024)
}

fn interval() -> RangedU64ValueParser<u64> {
    RangedU64ValueParser::new().range(10..=60_000)
}

impl Arguments {
    /// The number of walkers.
    pub(crate) fn walkers(&self) -> usize {
        self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    /// The number of sizers.
    pub(crate) fn sizers(&self) -> usize {
        self.sizers.unwrap_or_else(|| self.walkers().div_ceil(2))
    }

    /// The time between two updates of the progress line.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_millis(self.interval)
    }
}

//! The command-line arguments.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::list::Source;

/// The number of reads in flight with `--in-place`. It is part of a type.
pub(crate) const SLOTS_IN_PLACE: usize = 8;

/// The largest default number of readers. More threads seldom read faster.
const READERS: usize = 8;

const EXAMPLES: &str = "\
Examples:
  fetch_all src                           prints bytes, lines, checksum and name of every file below src
  fetch_all src --at-once 1 --verify      reads one at a time and compares with reading in one thread
  find / -name '*.rs' | fetch_all -       takes names from standard input, one per line
  find / -print0 | fetch_all --null -     takes names that end with a NUL
  tail -f log | fetch_all --lines         reads each line itself, not a file of that name
  fetch_all . --json | jq .bytes          prints one JSON object per line, the last one a summary

Symbolic links in directories are not followed, and devices and pipes in them are not opened. A name or line longer than
1 MiB is treated as several. --verify keeps all results in memory and reads everything twice. Do not use it with endless
lists or with files that change.

On a terminal, lines fit its width: the beginning of a long name is cut, and a narrow terminal shows no checksums. There
are colours, unless NO_COLOR is set.

Exit status:
  0  everything was read, or standard output was closed
  1  something could not be read (each is reported, the others are read), or --verify found a difference
  2  the arguments are wrong, or the program could not continue";

/// Reads many files in a bounded set of futures, and prints the result of each as soon as it is ready.
#[derive(Debug, Parser)]
#[command(name = "fetch_all", display_name = "fetch_all, an example of flagstone", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Files, and directories to walk; `-` reads their names from standard input [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Read the lines of standard input themselves, instead of files
    #[arg(long, conflicts_with = "paths")]
    lines: bool,

    /// Names or lines on standard input end with a NUL
    #[arg(short = '0', long)]
    null: bool,

    /// Maximum number of reads in flight
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = at_once(), conflicts_with = "in_place")]
    at_once: usize,

    /// Keep the futures on the stack: 8 reads in flight
    #[arg(long)]
    pub(crate) in_place: bool,

    /// Reader threads [default: as many as reads in flight, at most 8]
    #[arg(long, value_name = "N", value_parser = readers())]
    readers: Option<usize>,

    /// Read everything a second time in one thread, and fail if anything differs
    #[arg(long)]
    pub(crate) verify: bool,

    /// Print one JSON object per line
    #[arg(long)]
    pub(crate) json: bool,

    /// Print only the summary and the errors
    #[arg(long)]
    pub(crate) quiet: bool,
}

fn at_once() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=65_536)
}

fn readers() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1024)
}

impl Arguments {
    /// How many reads may be in flight.
    pub(crate) fn at_once(&self) -> usize {
        if self.in_place { SLOTS_IN_PLACE } else { self.at_once }
    }

    /// The number of readers.
    pub(crate) fn readers(&self) -> usize {
        self.readers.unwrap_or_else(|| self.at_once().min(READERS))
    }

    /// Where the items come from.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let end = if self.null { 0 } else { b'\n' };
        if self.lines {
            return vec![Source::Lines { end }];
        }
        if self.paths.is_empty() {
            return vec![Source::Path(".".into())];
        }
        let source =
            |path: &PathBuf| if path.as_os_str() == "-" { Source::Names { end } } else { Source::Path(path.clone()) };
        self.paths.iter().map(source).collect()
    }
}

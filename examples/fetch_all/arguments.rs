//! What the command line says.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::list::Source;

/// The number of reads in flight with `--in-place`: it is part of a type.
pub(crate) const SLOTS_IN_PLACE: usize = 8;

/// More threads than these seldom read faster.
const READERS: usize = 8;

const EXAMPLES: &str = "\
Examples:
  fetch_all src                           every file below src, as it is read: bytes, lines, checksum, name
  fetch_all src --at-once 1 --verify      one at a time; the same as reading them in order?
  find / -name '*.rs' | fetch_all -       names from standard input, one a line
  find / -print0 | fetch_all --null -     names that end with a NUL
  tail -f log | fetch_all --lines         each line is read, not the file that it names
  fetch_all . --json | jq .bytes          a JSON object a line; the last one is a summary

Symbolic links in directories are not followed, nor are devices and pipes there opened. A name or line of more than
1 MiB is taken for several. --verify keeps all results in memory, and reads everything twice: not for lists without an
end, nor for files that change.

Exit status:
  0  everything was read, or nobody wanted to read the output on
  1  something could not be read (each is reported, the others are read), or --verify found a difference
  2  the arguments are wrong, or it could not go on";

/// Reads many files, so many at a time, in a bounded set of futures; prints what comes of each as it comes.
#[derive(Debug, Parser)]
#[command(name = "fetch_all", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Files, and directories to be walked; `-`: their names come from standard input [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Take the lines of standard input for what is to be read
    #[arg(long, conflicts_with = "paths")]
    lines: bool,

    /// On standard input, a NUL ends a name or line
    #[arg(short = '0', long)]
    null: bool,

    /// How many reads may be in flight
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = at_once(), conflicts_with = "in_place")]
    at_once: usize,

    /// Keep the futures on the stack: 8 reads in flight
    #[arg(long)]
    pub(crate) in_place: bool,

    /// Threads that read [default: as many as reads in flight, at most 8]
    #[arg(long, value_name = "N", value_parser = readers())]
    readers: Option<usize>,

    /// Read everything once more in one thread, and fail if anything differs
    #[arg(long)]
    pub(crate) verify: bool,

    /// Print JSON objects, one a line
    #[arg(long)]
    pub(crate) json: bool,

    /// Print the summary alone, and what could not be read
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

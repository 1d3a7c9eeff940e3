//! Reads many files, a bounded number at a time, and prints the result of each as soon as it is ready.
//!
//! ```text
//! cargo run --release --example fetch_all -- src --verify
//! ```
//!
//! It shows what a [`FutureSet`](flagstone::FutureSet) is for: a bounded number of futures, each waiting for
//! another thread. Only futures that were woken are polled.
//!
//! ```text
//!   list: arguments, directories, standard input          readers: open, read, count
//!     │ a bounded mailbox, and a wake                       ▲ │
//!   ══▼═════════════════════════════════════════════════════╪═╪═══ the thread of LocalExecutor::block_on ═══
//!   item ──▶ set.vacancy().await ──▶ insert ──▶ first poll ─┘ └─▶ a mailbox, and a wake ──▶ second poll
//!                 │                                                                            │
//!                 └──────────── an output, whichever is ready first ◀──────────────────────────┘──▶ a line
//! ```
//!
//! - **Backpressure** is one line: `set.vacancy().await` returns room for a future, and the output that had to be taken
//!   to make room, if any. Further items of the list wait in a bounded mailbox. When it is full the list itself waits,
//!   so an endless standard input is read in bounded memory.
//! - **A slow list** delays no output: while the program waits for the next item it also polls the set.
//! - **A read** hands its job to a reader at its first poll, and is woken once. So a read takes exactly two polls,
//!   however many others there are: `--verify` counts them.
//!
//! `--verify` also reads everything a second time in one thread and compares: nothing is missing, duplicated or
//! different, and never more reads are in flight than the limit. If a read is ready and is not polled for seconds, it
//! reports a lost wake. `--in-place` keeps the futures on the stack.
//!
//! Ctrl-C ends it at any time: no cleanup is needed, and each line is written by one call.
//!
//! In reading order: `digest` and `item`; `mailbox`, from a thread to a future; `readers`; `list`; `fetch`, the loop
//! around the set; `medium` and `report`, the output; `watch` and `verification`; `arguments`.

mod arguments;
mod digest;
mod fetch;
mod item;
mod list;
mod mailbox;
#[path = "../registry/medium.rs"]
mod medium;
#[path = "../registry/output.rs"]
mod output;
mod readers;
mod report;
mod verification;
mod watch;

use std::io::{self, ErrorKind};
use std::pin::pin;
use std::process::{self, ExitCode};
use std::time::Duration;

use clap::Parser;
use console::Style;
use flagstone::{
    future_set::{FutureSet, StackSlots},
    task::LocalExecutor,
};

use arguments::{Arguments, SLOTS_IN_PLACE};
use fetch::fetch;
use list::List;
use medium::Medium;
use output::{note, print};
use readers::{Finished, Readers};
use report::Report;
use watch::Watch;

const FAILED: u8 = 1;
const CANNOT_GO_ON: u8 = 2;

/// A read that is ready and has not been polled for this long counts as a lost wake.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS, // the reader has closed the pipe
        Err(error) => {
            note(error);
            ExitCode::from(CANNOT_GO_ON)
        }
    }
}

/// Reads everything, and returns whether it succeeded.
///
/// If standard output is closed the threads are not joined, because the list may be waiting for user input.
fn run(arguments: &Arguments) -> io::Result<bool> {
    let readers = Readers::start(arguments.readers())?;
    let (list, items) = List::start(arguments.sources(), arguments.verify)?;
    let medium = Medium::of_output();
    let mut report = Report::new(arguments.json, arguments.quiet, medium.columns);
    let watch = if arguments.verify { Some(Watch::start(&readers, PATIENCE, stalled)?) } else { None };
    let mut kept = Vec::new();
    let each = |finished: Finished| {
        report.finished(&finished)?;
        if let Some(watch) = &watch {
            watch.printed();
            kept.push(finished);
        }
        Ok(())
    };
    let executor = LocalExecutor::new();
    if arguments.in_place {
        let slots = pin!(StackSlots::<_, SLOTS_IN_PLACE>::new());
        executor.block_on(fetch(FutureSet::in_place(slots), items, &readers, each))?;
    } else {
        let set = FutureSet::with_capacity(arguments.at_once());
        executor.block_on(fetch(set, items, &readers, each))?;
    }
    let (given, counts) = (list.finish()?, readers.finish()?);
    let all_read = report.summary(&counts, arguments.at_once())?;
    if !arguments.verify {
        return Ok(all_read);
    }
    let problems = verification::problems(&given, &kept, &counts, arguments.at_once());
    if problems.is_empty() {
        let found = format!("one thread read the same {} items sequentially", given.len());
        if arguments.json {
            note(format_args!("verified: {found}")); // standard output is for the program that parses it
        } else {
            print(&format!("{}: {found}\n", medium.paint(Style::new().green(), "verified")))?;
        }
    } else {
        problems.iter().for_each(note);
        note("NOT verified");
    }
    Ok(all_read && problems.is_empty())
}

/// Reports a lost wake and exits: no thread can make progress.
fn stalled(reads: u64) {
    let seconds = PATIENCE.as_secs();
    note(format_args!("{reads} reads were woken {seconds} s ago and have not been polled: a wake was lost"));
    note("NOT verified");
    process::exit(FAILED.into());
}

//! Reads many files, so many at a time, and prints what comes of each as it comes.
//!
//! ```text
//! cargo run --release --features task --example fetch_all -- src --verify
//! ```
//!
//! It shows what a [`FutureSet`](flagstone::task::FutureSet) is for: a bounded number of futures, each waiting for some
//! other thread, of which those are polled that were woken.
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
//! - **Backpressure** is one line: `set.vacancy().await` gives room, and the output that had to come before there was
//!   any. What the list has found beyond that waits in a mailbox with a bound, and then the list itself waits: standard
//!   input may go on for ever, in the same memory.
//! - **A slow list** keeps nothing back: whoever waits for the next item polls the set too.
//! - **A read** hands its job to a reader at its first poll, and is woken once. So a read takes two polls, and not one
//!   more, however many others there are: `--verify` counts them.
//!
//! `--verify` also reads everything once more in one thread, and compares: nothing missing, nothing twice, nothing
//! different, never more in flight than was said; and if a read is ready and nobody looks, for seconds, it says that a
//! wake was lost. `--in-place` keeps the futures on the stack.
//!
//! Ctrl-C ends it at any time: there is nothing to be tidied up, and a line is written in one piece.
//!
//! In reading order: `digest` and `item`; `mailbox`, from a thread to a future; `readers`; `list`; `fetch`, which is the
//! loop about the set; `report`; `watch` and `verification`; `arguments`.

#[path = "fetch_all/arguments.rs"]
mod arguments;
#[path = "fetch_all/digest.rs"]
mod digest;
#[path = "fetch_all/fetch.rs"]
mod fetch;
#[path = "fetch_all/item.rs"]
mod item;
#[path = "fetch_all/list.rs"]
mod list;
#[path = "fetch_all/mailbox.rs"]
mod mailbox;
#[path = "registry/output.rs"]
mod output;
#[path = "fetch_all/readers.rs"]
mod readers;
#[path = "fetch_all/report.rs"]
mod report;
#[path = "fetch_all/verification.rs"]
mod verification;
#[path = "fetch_all/watch.rs"]
mod watch;

use std::io::{self, ErrorKind};
use std::pin::pin;
use std::process::{self, ExitCode};
use std::time::Duration;

use clap::Parser;
use flagstone::task::{FutureSet, LocalExecutor, StackSlots};

use arguments::{Arguments, SLOTS_IN_PLACE};
use fetch::fetch;
use list::List;
use output::{note, print};
use readers::{Finished, Readers};
use report::Report;
use watch::Watch;

const FAILED: u8 = 1;
const CANNOT_GO_ON: u8 = 2;

/// After so long, a read that is ready was forgotten.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS, // nobody wants to know more
        Err(error) => {
            note(error);
            ExitCode::from(CANNOT_GO_ON)
        }
    }
}

/// Reads everything, and returns whether that went well.
///
/// If nobody wants to read on, the threads are left to themselves: the list may be waiting for a person.
fn run(arguments: &Arguments) -> io::Result<bool> {
    let readers = Readers::start(arguments.readers())?;
    let (list, items) = List::start(arguments.sources(), arguments.verify)?;
    let mut report = Report::new(arguments.json, arguments.quiet);
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
        let verified = format!("verified: one thread read the same {} one after the other\n", given.len());
        // In JSON the lines are the program's that reads them.
        if arguments.json { note(verified.trim_end()) } else { print(&verified)? }
    } else {
        problems.iter().for_each(note);
        note("NOT verified");
    }
    Ok(all_read && problems.is_empty())
}

/// All wait for each other: there is nobody to go on.
fn stalled(reads: u64) {
    let seconds = PATIENCE.as_secs();
    note(format_args!("{reads} reads were woken {seconds} s ago and have not been polled: a wake was lost"));
    note("NOT verified");
    process::exit(FAILED.into());
}

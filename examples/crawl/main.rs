//! Walks a directory tree with many threads that hand each other plain `usize` keys.
//!
//! ```text
//! cargo run --release --example crawl -- . --verify
//! ```
//!
//! It shows what a [`Slab`](flagstone::Slab) is for: values that many threads find, pass on and use
//! up, each in its own time, and name by a number that fits in a channel or an atomic.
//!
//! ```text
//!   root ── insert ──▶ directories ── get, remove ──▶ walkers ── insert ──▶ files ── take ──▶ sizers
//!                           ▲                          │   │
//!                           └───────── insert ─────────┘   └── key being read ──▶ monitor: get
//! ```
//!
//! - A **walker** receives the key of a directory and holds the entry with `get` while it reads.
//!   It inserts an entry for each child, sends the child's key, and at last removes its own entry.
//! - A **sizer** receives the key of a file, `take`s the entry out of the slab and asks the file
//!   system about it. Files themselves are never opened.
//! - The **monitor** is told only numbers: it calls `get` with keys that may have been removed a
//!   moment ago. It then gets nothing, or a guard that keeps the value until it is dropped. Never
//!   does it see another entry that was given the same place, because keys do not come back.
//!
//! The crawl ends when the last directory has been read; `queue` says how the threads know. Every
//! entry has been removed by then, so the slab must be empty: a single one that is left makes the
//! program fail. `--verify` further compares the totals with those of a walk in one thread and
//! without a slab.
//!
//! Symbolic links are counted and not followed, so there are no loops. Only a link that is itself
//! the root is followed. Every name counts, also the second of a file with two hard links. What
//! cannot be read is counted as an error and the crawl goes on.
//!
//! In reading order: `item` and `tally`, which know nothing of threads; `register`, which is the
//! slab, and `queue`; `walker`, `sizer` and `monitor`, one per kind of thread, and `crawl`, which
//! starts them; `single`, the walk to compare with; `arguments` and `report`, the two ends of the
//! program.

mod arguments;
mod crawl;
mod item;
mod monitor;
mod queue;
mod register;
mod report;
mod single;
mod sizer;
mod tally;
mod walker;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use crawl::{Crawl, Summary};
use item::Item;
use report::{note, print};
use single::SingleWalk;

const FAILED: u8 = 1;
const CANNOT_START: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) => {
            note(error);
            ExitCode::from(CANNOT_START)
        }
    }
}

/// Crawls, reports and returns whether all was as it should be.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let root = Item::root(&arguments.root).map_err(|problem| format!("cannot read the root {problem}"))?;
    if arguments.verify {
        return verify(&root, arguments);
    }
    let summary = Crawl::run(&root, arguments)?;
    print(&report::summary(&root, arguments, &summary))?;
    Ok(accept(&summary))
}

/// Crawls and compares with a walk in one thread.
///
/// If they differ, both are tried once more, as the tree may have changed between them. A slab that
/// is not empty is no such case: it is reported at once.
fn verify(root: &Item, arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let (mut summary, mut single) = walk_both(root, arguments)?;
    let first = single.clone();
    let retry = summary.turnover.is_balanced() && !single.agrees_with(&summary.tally);
    if retry {
        note("the two walks differ, as they can if the tree changes: trying both once more");
        (summary, single) = walk_both(root, arguments)?;
    }
    print(&report::summary(root, arguments, &summary))?;
    print(&report::verification(&summary, &single))?;
    let (accepted, agreed) = (accept(&summary), single.agrees_with(&summary.tally));
    if retry && !agreed {
        note(report::suspicion(&first, &single));
    }
    Ok(accepted && agreed)
}

fn walk_both(root: &Item, arguments: &Arguments) -> io::Result<(Summary, SingleWalk)> {
    let summary = Crawl::run(root, arguments)?;
    Ok((summary, SingleWalk::run(root)))
}

/// Reports the problems of a crawl and returns whether the slab ended as it began: empty.
fn accept(summary: &Summary) -> bool {
    report::problems(&summary.tally);
    let balanced = summary.turnover.is_balanced();
    if !balanced {
        note("what was inserted was not all removed, or the slab says so: it has a bug");
    }
    balanced
}

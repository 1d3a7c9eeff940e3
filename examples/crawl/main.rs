//! Walks a directory tree with many threads that hand each other plain `usize` keys.
//!
//! ```text
//! cargo run --release --example crawl -- src --verify
//! ```
//!
//! It shows what a [`Slab`](flagstone::Slab) is for: many threads insert, pass on and remove values independently of
//! each other, and a value is named by a number that fits in a channel or an atomic.
//!
//! ```text
//!   root ── insert ──▶ directories ── get, remove ──▶ walkers ── insert ──▶ files ── take ──▶ sizers
//!                           ▲                          │   │
//!                           └───────── insert ─────────┘   └── key being read ──▶ monitor: get
//! ```
//!
//! - A **walker** receives the key of a directory and holds the entry with `get` while it reads. It inserts an entry
//!   for each child and sends the child's key. Finally it removes the directory's entry.
//! - A **sizer** receives the key of a file, `take`s the entry out of the slab and asks the file system for the file's
//!   metadata. Files are never opened.
//! - The **monitor** only receives keys, and calls `get` with them although their entries may just have been removed.
//!   It gets either nothing, or a guard that keeps the value alive. It never sees another entry that reuses the same
//!   slot, because keys are never reused.
//!
//! The crawl ends when the last directory has been read; `queue` explains how the threads detect this. By then every
//! entry has been removed, so the slab must be empty: a single remaining entry makes the program fail. `--verify` also
//! compares the totals with those of a single-threaded walk without a slab. A walk that is not timed precedes both, so
//! both find the tree in the file system's cache.
//!
//! Symbolic links are counted and not followed, so there are no loops. Only the root is followed if it is a link. Every
//! name counts: a file with two hard links counts twice. What cannot be read is counted as an error, and the crawl
//! continues; its exit status is then 1.
//!
//! In reading order: `item` and `tally`, which do not depend on threads; `register`, which is the slab, and `queue`;
//! `walker`, `sizer` and `monitor`, one per kind of thread, and `crawl`, which starts them; `single`, the walk to
//! compare with; `arguments` and `report`, the input and output of the program, with `medium` and `columns`, which fit
//! tables to a terminal.

mod arguments;
#[path = "../registry/columns.rs"]
mod columns;
mod crawl;
mod item;
#[path = "../registry/medium.rs"]
mod medium;
mod monitor;
mod queue;
mod register;
mod report;
mod single;
mod sizer;
mod tally;
#[cfg(test)]
mod tests;
mod walker;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use crawl::{Crawl, Summary};
use item::Item;
use medium::Medium;
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

/// Crawls, reports, and returns whether all checks passed.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let root = Item::root(&arguments.root).map_err(|problem| format!("cannot read the root {problem}"))?;
    if arguments.verify {
        return verify(&root, arguments);
    }
    let summary = Crawl::run(&root, arguments)?;
    print(&report::summary(&root, arguments, &summary, Medium::of_output()))?;
    Ok(accept(&summary))
}

/// Crawls and compares with a single-threaded walk.
///
/// Before both, the tree is walked once without measuring the time: the first walk of a tree waits for the disk, and
/// would make the comparison unfair.
///
/// If they differ, both are repeated once, because the tree may have changed between them. A slab that is not empty is
/// reported at once, without a retry.
fn verify(root: &Item, arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    SingleWalk::run(root, &arguments.skip);
    let (mut summary, mut single) = walk_both(root, arguments)?;
    let first = single.clone();
    let retry = summary.turnover.is_balanced() && !single.agrees_with(&summary.tally);
    if retry {
        note("the two walks differ, which can happen if the tree changes: repeating both once");
        (summary, single) = walk_both(root, arguments)?;
    }
    let medium = Medium::of_output();
    print(&report::summary(root, arguments, &summary, medium))?;
    print(&report::verification(&summary, &single, medium))?;
    let agreed = single.agrees_with(&summary.tally);
    if retry && !agreed {
        note(report::suspicion(&first, &single));
    }
    let accepted = accept(&summary);
    Ok(accepted && agreed)
}

fn walk_both(root: &Item, arguments: &Arguments) -> io::Result<(Summary, SingleWalk)> {
    let summary = Crawl::run(root, arguments)?;
    Ok((summary, SingleWalk::run(root, &arguments.skip)))
}

/// Reports the problems of a crawl. Returns whether there were none: everything was read, and the slab ended as it
/// began, empty.
fn accept(summary: &Summary) -> bool {
    let balanced = summary.turnover.is_balanced();
    if !balanced {
        note("not every inserted entry was removed, or the slab is not empty: this is a bug");
    }
    let complete = report::problems(&summary.tally);
    balanced && complete
}

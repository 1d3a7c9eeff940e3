//! A live registry of a program's tasks: watch them, find a task and cancel it by its key.
//!
//! ```text
//! cargo run --release --example registry
//! ```
//!
//! It shows what a [`Slab`](flagstone::Slab) and its pins are for: many threads update their own records in place,
//! other threads read the records concurrently, and a record is named by a key that a user can type.
//!
//! ```text
//!   register ──▶ insert ──▶ ticket ── queue ──▶ worker: state, progress ──▶ ticket dropped: remove
//!                             │                    ▲
//!                             └── entry ───────────┤
//!                                                  ├── pin, several times a second ◀── table, JSON lines
//!                                                  └── get ◀── `show 2a`, `cancel 2a`
//! ```
//!
//! - A **ticket** is a guard of an entry and the duty to end it. A worker writes its progress through the guard, into
//!   atomics. When the ticket is dropped, even by a panic, the entry is removed.
//! - The **table** iterates over the slab under a pin, several times a second. It blocks no worker, changes no
//!   reference count and copies no entry. A task that ends meanwhile stays readable until the pin is dropped. The pin
//!   is dropped before the table is written to a terminal or a pipe, which may be slow.
//! - A **command** names a key that the user read in the table a moment ago. Meanwhile the task may have ended and its
//!   slot may hold another task. But keys are never reused, so `cancel` then reports that the task has ended, and never
//!   cancels the wrong one.
//!
//! In reading order: `key`, `task` and `journal`, then `registry` and `ticket`, which another program could use
//! unchanged; `job` and `worker`, the tasks' work; `medium` and `columns`, tables that fit a terminal; `row` and
//! `table`, `command` and `operator`; `input`, `output`, `screen` and `view`, which handle terminals, and `session`,
//! which starts everything; `verification`, a run without a user; `arguments`.

mod arguments;
mod columns;
mod command;
mod input;
mod job;
mod journal;
mod key;
mod medium;
mod operator;
mod output;
mod registry;
mod row;
mod screen;
mod session;
mod table;
mod task;
mod ticket;
mod verification;
mod view;
mod worker;

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use output::{note, print};

const FAILED: u8 = 1;
const CANNOT_GO_ON: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = if arguments.verify { verify(&arguments) } else { run(&arguments) };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS, // the reader has closed the pipe
        Err(error) => {
            note(error);
            ExitCode::from(CANNOT_GO_ON)
        }
    }
}

/// Runs the tasks and returns whether the registry is empty at the end.
fn run(arguments: &Arguments) -> io::Result<bool> {
    let left = session::run(arguments)?;
    if left > 0 {
        note(format_args!("{left} tasks are left in the registry, although all have ended: this is a bug"));
    }
    Ok(left == 0)
}

/// Runs the fixed set of tasks and returns whether all checks passed.
fn verify(arguments: &Arguments) -> io::Result<bool> {
    match verification::run(arguments.workers())? {
        Ok(verified) => print(&format!("{verified}\n")).map(|()| true),
        Err(problems) => {
            problems.iter().for_each(note);
            note("NOT verified");
            Ok(false)
        }
    }
}

//! A registry of what a program is doing: see it live, find a task in it and cancel it by its key.
//!
//! ```text
//! cargo run --release --example registry
//! ```
//!
//! It shows what a [`Slab`](flagstone::Slab) and its pins are for: records of what many threads do, changed in place by
//! the threads themselves, looked at by others all the time, and named by a key that a person can type.
//!
//! ```text
//!   register ──▶ insert ──▶ ticket ── queue ──▶ worker: state, progress ──▶ ticket dropped: remove
//!                             │                    ▲
//!                             └── entry ───────────┤
//!                                                  ├── pin, several times a second ◀── table, JSON lines
//!                                                  └── get ◀── `show 2a`, `cancel 2a`
//! ```
//!
//! - A **ticket** is a guard of an entry and the duty to end it. A worker writes what it does through the guard, into
//!   atomics, and when the ticket goes, be it by a panic, the entry goes.
//! - The **table** walks the slab under a pin, several times a second. It stops no worker, counts nothing and copies
//!   nothing. A task that ends meanwhile stays readable until the pin is dropped; the pin is dropped before anything is
//!   written to a terminal or a pipe, which may be slow.
//! - A **command** is about a key that was read off the table a moment ago. By now the task may have ended and its place
//!   may belong to another, but keys do not come back: `cancel` then says so, and never hits the wrong one.
//!
//! In reading order: `key`, `task` and `journal`, then `registry` and `ticket`, which are what another program could
//! take over as they are; `job` and `worker`, which give them something to do; `row` and `table`, `command` and
//! `operator`; `input`, `output`, `screen` and `view`, which are about terminals, and `session`, which starts all of it;
//! `verification`, the same without a person; `arguments`.

mod arguments;
mod command;
mod input;
mod job;
mod journal;
mod key;
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
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS, // nobody wants to know more
        Err(error) => {
            note(error);
            ExitCode::from(CANNOT_GO_ON)
        }
    }
}

/// Runs the tasks and returns whether the registry ended as it began: empty.
fn run(arguments: &Arguments) -> io::Result<bool> {
    let left = session::run(arguments)?;
    if left > 0 {
        note(format_args!("{left} tasks are left in the registry, though all have ended: it has a bug"));
    }
    Ok(left == 0)
}

/// Runs the fixed lot and returns whether all was as it should be.
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

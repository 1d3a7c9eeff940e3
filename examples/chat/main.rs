//! A chat server: each connection is a task, in a slot of a slab, that can be listed and ended by its id.
//!
//! ```text
//! cargo run --release --example chat
//! ```
//!
//! It shows what tasks of a [`LocalExecutor`](flagstone::task::LocalExecutor) are for: many of them on one thread,
//! which share their state without a lock, are driven by another crate's reactor, and are managed from another thread.
//!
//! ```text
//!   listener ──▶ doorman: claim ──▶ connection: converse ──▶ room: a line to each outbox ──▶ connection: deliver
//!                  │ none left                                  ▲
//!                  └──▶ refused                                 │ say, who, quit
//!                                                  operator ────┘
//!   ════════════════ the executor's thread ═════════════════════▲═══════════════════════════════════════════════
//!                                                               │ orders, and a wake        registry: list, cancel
//!                                                            terminal ─────────────────────────────────▲
//! ```
//!
//! - A **connection** is one task, a future that is not `Send`. Its place in the room is a guard. So whatever ends the
//!   task, even a `cancel` from another thread, the others hear that a member has left.
//! - The **doorman** claims a slot before it makes anything. If all are taken, it can still tell the connection so.
//! - An **outbox** has a bound, and putting in never waits: a client that reads too slowly is dropped, and slows no
//!   other.
//! - The **terminal** has a thread of its own. It lists and cancels by the registry while tasks run. It sends to the
//!   server what only the server can do, and wakes the task that waits for it.
//!
//! In reading order: `limits`, `line`, `name`, `request` and `notice`, which are the protocol; `columns`, tables that
//! fit a width; `outbox`, `log`, `tally` and `room`, which know nothing of connections; `failure`, the messages of
//! errors; `reader`, `connection` and `doorman`; `orders` and `server`; `command`, `input`, `medium`, `output`, `table`
//! and `terminal`, which are about the operator; `selftest`, the same without a person; `arguments`.

mod arguments;
#[path = "../registry/columns.rs"]
mod columns;
mod command;
mod connection;
mod doorman;
mod failure;
#[path = "../registry/input.rs"]
mod input;
mod limits;
mod line;
mod log;
#[path = "../registry/medium.rs"]
mod medium;
mod name;
mod notice;
mod orders;
mod outbox;
#[path = "../registry/output.rs"]
mod output;
mod reader;
mod request;
mod room;
mod selftest;
mod server;
mod table;
mod tally;
mod terminal;

use std::io::{self, ErrorKind};
use std::process::ExitCode;
use std::thread::Builder;

use clap::Parser;

use arguments::Arguments;
use log::Log;
use medium::Medium;
use output::{note, print};
use server::Server;

const FAILED: u8 = 1;
const CANNOT_GO_ON: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = if arguments.selftest { selftest(&arguments) } else { serve(&arguments) };
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

/// Serves until it is told to end, and returns whether all tasks have ended.
fn serve(arguments: &Arguments) -> io::Result<bool> {
    let (log, told) = Log::new();
    let (server, desk) = Server::open(arguments.address(), arguments.limits(), log)?;
    let (registry, stay, lines) = (server.registry(), arguments.stay, input::lines()?);
    let terminal = move || terminal::run(lines, &told, &registry, desk, stay);
    let terminal = Builder::new().name("terminal".to_owned()).spawn(terminal).map_err(failure::cannot_start)?;
    let ending = server.run();
    terminal.join().unwrap_or_else(|_panic| Err(io::Error::other("the terminal's thread has panicked")))?;
    if ending.left > 0 {
        note(format_args!("{} tasks are left, though all have ended: there is a bug", ending.left));
    }
    Ok(ending.left == 0)
}

/// Runs the self-test and returns whether all was as it should be.
fn selftest(arguments: &Arguments) -> io::Result<bool> {
    match selftest::run(arguments.clients, arguments.patience(), Medium::of_output())? {
        Ok(report) => print(&report).map(|()| true),
        Err(violation) => {
            note(format_args!("the self-test FAILED: {violation}"));
            Ok(false)
        }
    }
}

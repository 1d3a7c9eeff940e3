//! The operator's terminal, or its replacement: commands in, answers and the log out.

use std::io;

use crossbeam_channel::{Receiver, never, select};
use flagstone::task::{Registry, TaskId, TaskState};

use crate::command::{Command, HELP};
use crate::medium::Medium;
use crate::orders::{Desk, Order};
use crate::output::print;
use crate::table;

/// The kind of an entry that is listed as a task and is none: the future that `run_until` was given.
const ROOT: &str = "root";

/// Obeys commands and shows the server's log, until the server has ended. It has a thread of its own: a terminal that
/// is stopped, or a pipe that is not read, stops nothing else.
///
/// The end of `lines` ends the server, unless it is to `stay`.
///
/// # Errors
///
/// Errors of writing. The server then ends.
pub(crate) fn run(
    mut lines: Receiver<String>,
    told: &Receiver<String>,
    registry: &Registry,
    desk: Desk,
    stay: bool,
) -> io::Result<()> {
    let mut desk = Some(desk);
    loop {
        select! {
            recv(told) -> text => match text {
                Ok(text) => print(&text)?,
                Err(_ended) => return Ok(()),
            },
            recv(lines) -> line => match (line, &desk) {
                (Ok(line), Some(desk)) => {
                    told.try_iter().try_for_each(|text| print(&text))?; // log texts from before the command come before its answer
                    print(&answer(&line, registry, desk, Medium::of_output()))?;
                }
                (Ok(_), None) => {}
                // A closed channel is always ready; one that is never ready lets the server go on undisturbed.
                (Err(_ended), _) => {
                    lines = never();
                    if !stay {
                        desk = None;
                    }
                }
            },
        }
    }
}

/// Obeys one line and returns the answer. It is empty if the server answers, in the log. Tables suit the `medium`.
pub(crate) fn answer(line: &str, registry: &Registry, desk: &Desk, medium: Medium) -> String {
    match Command::parse(line) {
        Ok(Command::Tasks) => table::render(registry, medium),
        Ok(Command::Cancel(id)) => cancel(registry, id),
        Ok(Command::Help) => HELP.to_owned(),
        Ok(Command::Who) => order(desk, Order::Who { columns: medium.columns }),
        Ok(Command::Say(text)) => order(desk, Order::Say(text)),
        Ok(Command::Quit) => order(desk, Order::Quit),
        Err(misunderstood) => format!("{misunderstood}\n"),
    }
}

fn order(desk: &Desk, order: Order) -> String {
    desk.order(order);
    String::new()
}

fn cancel(registry: &Registry, id: TaskId) -> String {
    let before = registry.info(id);
    if registry.cancel(id) {
        return format!("cancelled {id}\n");
    }
    match before {
        Some(task) if task.state != TaskState::Finished && task.kind == ROOT => {
            format!("{id} drives all others: type `quit` to end them all\n")
        }
        _ => format!("there is no task {id}: it has ended, or never was; type `tasks` for those that live\n"),
    }
}

//! The operator carries out commands.

use console::truncate_str;

use crate::command::{Command, HELP};
use crate::journal::Outcome;
use crate::key::Key;
use crate::registry::Registry;
use crate::row::Row;
use crate::table::{self, Space};
use crate::task::State;

#[cfg(test)]
mod tests;

const BY_IMPORTANCE: [State; 6] =
    [State::Running, State::Queued, State::Failed, State::Finished, State::Cancelling, State::Cancelled];

/// The result of a command.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// Complete lines.
    Text(String),
    Quit,
}

/// Executes one line. Tables fit in `space`.
pub(crate) fn answer(registry: &Registry, line: &str, space: Space) -> Answer {
    Answer::Text(match Command::parse(line) {
        Ok(Command::List) => list(registry, space),
        Ok(Command::Find(text)) => find(registry, &text, space),
        Ok(Command::Show(key)) => show(registry, key, space),
        Ok(Command::Cancel(key)) => cancel(registry, key),
        Ok(Command::Help) => HELP.to_owned(),
        Ok(Command::Quit) => return Answer::Quit,
        Err(misunderstood) => format!("{misunderstood}\n"),
    })
}

/// Counts the tasks: those in `rows`, and those that have ended. If the counts do not fit in `columns`, zeros are left
/// out and the most important counts come first.
pub(crate) fn totals(registry: &Registry, rows: &[Row<'_>], columns: usize) -> String {
    let count = |state: State| {
        if state.is_end() {
            registry.journal().count(state)
        } else {
            rows.iter().filter(|row| row.state == state).count()
        }
    };
    let list = |states: &[State]| {
        let counts: Vec<String> = states.iter().map(|state| format!("{} {state}", count(*state))).collect();
        counts.join(", ")
    };
    let live = list(&[State::Queued, State::Running, State::Cancelling]);
    let ended = list(&[State::Finished, State::Cancelled, State::Failed]);
    let all = format!("{live}; {ended}");
    if all.len() <= columns {
        return all + "\n";
    }
    let mut states = BY_IMPORTANCE.to_vec();
    states.retain(|state| count(*state) > 0);
    format!("{}\n", truncate_str(&list(&states), columns, "…"))
}

fn list(registry: &Registry, space: Space) -> String {
    let pinned = registry.pin();
    let rows = Row::all(&pinned);
    if rows.is_empty() {
        return "all tasks have ended\n".to_owned();
    }
    table::render(&rows, space)
}

fn find(registry: &Registry, text: &str, space: Space) -> String {
    let pinned = registry.pin();
    let mut rows = Row::all(&pinned);
    let text = text.to_lowercase();
    rows.retain(|row| row.name.to_lowercase().contains(&text));
    if rows.is_empty() {
        return format!("no task that waits or runs has {text:?} in its name: type `list` for all\n");
    }
    table::render(&rows, space)
}

fn show(registry: &Registry, key: Key, space: Space) -> String {
    if let Some(task) = registry.get(key) {
        return table::render(&[Row::of_task(key, &task)], space);
    }
    match registry.journal().find(key) {
        Some(outcome) => table::render(&[Row::from(&outcome)], space),
        None => unknown(key),
    }
}

fn cancel(registry: &Registry, key: Key) -> String {
    let Some(task) = registry.get(key) else {
        return registry.journal().find(key).map_or_else(|| unknown(key), |outcome| stale(&outcome));
    };
    if task.cancel() {
        format!("cancelling {key} ({}): it stops when its worker next checks\n", task.name)
    } else if task.state() == State::Cancelling {
        format!("{key} ({}) is being cancelled already\n", task.name)
    } else {
        format!("{key} ({}) has just ended by itself\n", task.name)
    }
}

fn stale(outcome: &Outcome) -> String {
    let Outcome { key, name, state, .. } = outcome;
    format!("{key} ({name}) has ended: {state}. No other task gets its key; type `list` for the tasks that run\n")
}

fn unknown(key: Key) -> String {
    format!("no task has or had the key {key}: type `list` for the tasks that exist\n")
}

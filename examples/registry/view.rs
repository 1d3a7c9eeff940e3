//! The output while the tasks run, and its form.

use std::env;
use std::io::{self, IsTerminal};

use crate::journal::Outcome;
use crate::operator;
use crate::output::{note, print};
use crate::registry::Registry;
use crate::row::Row;
use crate::screen::{ENDING, Screen};
use crate::table::{self, Space};

/// How many outcomes are listed at the end.
const OUTCOMES_SHOWN: usize = 30;

/// The three forms.
#[derive(Debug)]
pub(crate) enum View {
    /// A window with a live table.
    Screen(Screen),
    /// Text that can go to a file: answers and, at the end, the results of the tasks.
    Plain,
    /// One JSON object per line.
    Json(JsonLines),
}

/// What has been written so far.
#[derive(Debug, Default)]
pub(crate) struct JsonLines {
    snapshots: usize,
    /// How many outcomes have been written.
    outcomes: usize,
}

impl View {
    /// Chooses a form: JSON if requested, else what standard output can show. Tells the user when the program ends.
    pub(crate) fn open(json: bool) -> io::Result<Self> {
        let dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        if !json && !dumb && io::stdout().is_terminal() {
            return Ok(Self::Screen(Screen::open(io::stdin().is_terminal())?)); // its first line tells it
        }
        note(ENDING);
        Ok(if json { Self::Json(JsonLines::default()) } else { Self::Plain })
    }

    /// Returns the room for an answer.
    pub(crate) fn space(&self) -> Space {
        match self {
            Self::Screen(screen) => screen.space(),
            Self::Plain => Space::of_output(),
            Self::Json(_) => Space::UNLIMITED,
        }
    }

    /// Shows the answer to a command.
    pub(crate) fn answer(&mut self, registry: &Registry, text: String) -> io::Result<()> {
        match self {
            Self::Screen(screen) => {
                screen.answer(text);
                screen.draw(registry)
            }
            Self::Plain => print(&text),
            Self::Json(_) => {
                text.lines().for_each(note); // standard output is for the program that parses it
                Ok(())
            }
        }
    }

    /// Tells the user that no more commands are read, if there was a prompt.
    pub(crate) fn end_of_input(&mut self, registry: &Registry) -> io::Result<()> {
        let Self::Screen(screen) = self else { return Ok(()) };
        screen.end_of_input();
        screen.draw(registry)
    }

    /// Shows the current state.
    pub(crate) fn show(&mut self, registry: &Registry) -> io::Result<()> {
        match self {
            Self::Screen(screen) => screen.draw(registry),
            Self::Plain => Ok(()),
            Self::Json(lines) => lines.snapshot(registry),
        }
    }

    /// Shows the results of the tasks after all have ended.
    pub(crate) fn close(&mut self, registry: &Registry) -> io::Result<()> {
        match self {
            Self::Screen(screen) => screen.close()?,
            Self::Plain => {}
            Self::Json(lines) => return lines.snapshot(registry),
        }
        let outcomes = registry.journal().since(0);
        let rows: Vec<_> = outcomes.iter().map(Row::from).collect();
        let space = Space { lines: OUTCOMES_SHOWN, ..Space::of_output() };
        let totals = operator::totals(registry, &[], space.medium.columns);
        print(&format!("{}{totals}", table::render(&rows, space)))
    }
}

impl JsonLines {
    /// Writes a line for each task that has not ended, and for each that ended since the last snapshot.
    pub(crate) fn snapshot(&mut self, registry: &Registry) -> io::Result<()> {
        self.snapshots += 1;
        let mut text = String::new();
        // The journal is read first: a task that ends between the two reads is in the next snapshot, once.
        let outcomes: Vec<Outcome> = registry.journal().since(self.outcomes);
        let pinned = registry.pin();
        let ended = outcomes.iter().map(Row::from);
        for row in ended.chain(Row::all(&pinned)) {
            text += &format!("{}\n", row.json(self.snapshots));
        }
        drop(pinned);
        self.outcomes += outcomes.len();
        print(&text)
    }
}

//! A terminal: the table, which is redrawn periodically, and below it the user's input.
//!
//! ```text
//!   1      when the program ends
//!   2 …    the table and the totals
//!   … - 2  the answer to the last command
//!   - 1    the prompt, where the cursor stays
//!   last   empty: after "enter" the cursor is here, so the window does not scroll
//! ```
//!
//! The terminal echoes and edits the input; this module only writes. If the program is interrupted nothing must be
//! restored: it changes no terminal mode and does not use the alternate screen.

use std::fmt::Write;
use std::io;

use console::{Term, truncate_str};

use crate::medium::Medium;
use crate::operator;
use crate::output::print;
use crate::registry::Registry;
use crate::row::Row;
use crate::table::{self, Space};

const SAVE_CURSOR: &str = "\x1b7";
const RESTORE_CURSOR: &str = "\x1b8";
const CLEAR_TO_RIGHT: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

/// What the user should know first. As the first line of the screen it fits in 40 columns.
pub(crate) const ENDING: &str = "ends by itself when its tasks end";

/// The assumed height of a window that does not report one.
const USUAL_LINES: usize = 24;

/// The smallest size that can show a table. A smaller window is treated as if it had this size.
const FEWEST_LINES: usize = 8;
const FEWEST_COLUMNS: usize = 20;

/// The window.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: Term,
    prompt: &'static str,
    space: Space,
    answer: String,
    /// Whether the window changed or a line was typed, so that its content is unknown.
    stale: bool,
}

impl Screen {
    /// Takes over the window and scrolls its content away. The prompt is shown if `commands` is set.
    pub(crate) fn open(commands: bool) -> io::Result<Self> {
        let terminal = Term::stdout();
        let (prompt, answer) = if commands { ("> ", "Type `help` for the commands.\n") } else { ("", "") };
        let space = size(&terminal);
        print(&"\n".repeat(space.lines))?;
        Ok(Self { terminal, prompt, space, answer: answer.to_owned(), stale: true })
    }

    /// Returns the room for an answer: half of the window, because the table stays above it.
    pub(crate) fn space(&self) -> Space {
        Space { lines: (self.space.lines - 1) / 2 - 1, ..self.space }
    }

    /// Shows an answer from now on.
    pub(crate) fn answer(&mut self, text: String) {
        self.answer = text;
        self.stale = true;
    }

    /// Removes the prompt.
    pub(crate) fn end_of_input(&mut self) {
        if !self.prompt.is_empty() {
            self.prompt = "";
            self.answer("The input has ended: no more commands are read. The tasks continue.\n".to_owned());
        }
    }

    /// Draws the current state.
    pub(crate) fn draw(&mut self, registry: &Registry) -> io::Result<()> {
        let space = size(&self.terminal);
        self.stale |= space != self.space;
        self.space = space;
        let frame = self.frame(registry);
        self.stale = false;
        print(&frame) // after the pin is dropped: a terminal may be slow
    }

    /// Clears the window for ordinary output.
    pub(crate) fn close(&self) -> io::Result<()> {
        print(&format!("{}{CLEAR_BELOW}", line_start(1)))
    }

    fn frame(&self, registry: &Registry) -> String {
        let Space { lines, medium } = self.space;
        let answer: Vec<&str> = self.answer.lines().take(self.space().lines).collect();
        let above = lines - 4 - answer.len(); // without the first line, the totals, the prompt and the last line
        let pinned = registry.pin();
        let rows = Row::all(&pinned);
        let mut text = format!("It {ENDING}.\n");
        text += &table::render(&rows, Space { lines: above, medium });
        text += &operator::totals(registry, &rows, medium.columns);
        drop(pinned);
        let mut text_lines: Vec<&str> = text.lines().collect();
        text_lines.resize(above + 2, "");
        text_lines.extend(answer);

        let mut frame = String::from(if self.stale { "" } else { SAVE_CURSOR });
        for (number, line) in (1..).zip(text_lines) {
            let line = truncate_str(line, medium.columns, "…");
            let _ = write!(frame, "{}{line}{CLEAR_TO_RIGHT}", line_start(number)); // writing to a string never fails
        }
        if self.stale {
            let _ = write!(frame, "{}{CLEAR_BELOW}{}", line_start(lines - 1), self.prompt);
        } else {
            frame += RESTORE_CURSOR;
        }
        frame
    }
}

fn line_start(line: usize) -> String {
    format!("\x1b[{line};1H")
}

fn size(terminal: &Term) -> Space {
    let lines = terminal.size_checked().map_or(USUAL_LINES, |(lines, _columns)| usize::from(lines));
    let medium = Medium::of_output();
    let columns = medium.columns.max(FEWEST_COLUMNS);
    Space { lines: lines.max(FEWEST_LINES), medium: Medium { columns, ..medium } }
}

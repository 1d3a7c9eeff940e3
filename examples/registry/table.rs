//! Rows as text.

use console::Alignment::{self, Left, Right};
use console::{Style, truncate_str};

use crate::columns::{self, Step};
use crate::medium::Medium;
use crate::row::Row;
use crate::task::{PER_MILLE, State};

#[cfg(test)]
mod tests;

/// From this width on the progress bar is longer.
const WIDE: usize = 100;

/// The room for a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Space {
    pub(crate) lines: usize,
    pub(crate) medium: Medium,
}

impl Space {
    pub(crate) const UNLIMITED: Self = Self { lines: usize::MAX, medium: Medium::FILE };

    /// Returns the room on standard output, where any number of lines may scroll away.
    pub(crate) fn of_output() -> Self {
        Self { lines: usize::MAX, medium: Medium::of_output() }
    }
}

const COLUMNS: usize = 7;
const HEADING: [&str; COLUMNS] = ["KEY", "TASK", "STATE", "PROGRESS", "DONE", "TIME", "RESULT"];
const ALIGNMENTS: [Alignment; COLUMNS] = [Left, Left, Left, Left, Right, Right, Left];
const TASK: usize = 1;
const BAR: usize = 3;
const TIME: usize = 5;
const RESULT: usize = 6;

/// What gives way in a narrow window. The key, the state and the percentage stay.
const STEPS: [Step; 8] = [
    Step::Shorten(RESULT, 24),
    Step::Shorten(TASK, 20),
    Step::Drop(BAR),
    Step::Drop(TIME),
    Step::Shorten(RESULT, 12),
    Step::Shorten(TASK, 8),
    Step::Drop(RESULT),
    Step::Drop(TASK),
];

/// Draws rows under a heading. Rows that do not fit are counted in the last line.
pub(crate) fn render(rows: &[Row<'_>], space: Space) -> String {
    let Space { lines: most, medium } = space;
    let room = most.saturating_sub(1);
    let shown = if rows.len() <= room { rows.len() } else { room.saturating_sub(1) };
    let mut heading = HEADING.map(str::to_owned);
    if rows[..shown].iter().all(|row| row.remark.is_empty()) {
        heading[RESULT].clear(); // a column without text is not shown
    }
    let bar_width = if medium.columns < WIDE { 10 } else { 20 };
    let mut table = vec![heading];
    table.extend(rows[..shown].iter().map(|row| cells(row, bar_width, medium)));
    let mut lines = columns::lines(&table, &ALIGNMENTS, &STEPS, medium.columns);
    if shown < rows.len() {
        lines.push(truncate_str(&format!("… and {} more", rows.len() - shown), medium.columns, "…").into_owned());
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn cells(row: &Row<'_>, bar_width: usize, medium: Medium) -> [String; COLUMNS] {
    let done = row.progress.min(PER_MILLE) as usize;
    let elapsed = row.elapsed.map_or("-".to_owned(), |elapsed| format!("{:.1} s", elapsed.as_secs_f64()));
    [
        row.key.to_string(),
        row.name.to_owned(),
        medium.paint(style(row.state), row.state.name()),
        bar(done, bar_width),
        format!("{:3} %", done * 100 / PER_MILLE as usize),
        elapsed,
        row.remark.to_owned(),
    ]
}

fn bar(done: usize, width: usize) -> String {
    let full = done * width / PER_MILLE as usize;
    format!("[{}{}]", "#".repeat(full), "-".repeat(width - full))
}

fn style(state: State) -> Style {
    let style = Style::new();
    match state {
        State::Queued => style.dim(),
        State::Running => style.cyan(),
        State::Finished => style.green(),
        State::Cancelling | State::Cancelled => style.yellow(),
        State::Failed => style.red(),
    }
}

//! Rows as text.

use console::truncate_str;

use crate::row::Row;
use crate::task::PER_MILLE;

#[cfg(test)]
mod tests;

/// From this width on the progress bar is longer.
const WIDE: usize = 100;

/// The room for a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Space {
    pub(crate) lines: usize,
    pub(crate) columns: usize,
}

impl Space {
    pub(crate) const UNLIMITED: Self = Self { lines: usize::MAX, columns: usize::MAX };
}

/// Draws rows under a heading. Rows that do not fit are counted in the last line. Lines are cut at the right.
pub(crate) fn render(rows: &[Row<'_>], space: Space) -> String {
    let room = space.lines.saturating_sub(1);
    let shown = if rows.len() <= room { rows.len() } else { room.saturating_sub(1) };
    let bar_width = if space.columns < WIDE { 10 } else { 20 };
    let cells: Vec<_> = rows[..shown].iter().map(|row| cells(row, bar_width)).collect();
    let mut text = String::new();
    for line in lines(&cells) {
        text += &truncate_str(&line, space.columns, "…");
        text.push('\n');
    }
    if shown < rows.len() {
        text += &truncate_str(&format!("… and {} more", rows.len() - shown), space.columns, "…");
        text.push('\n');
    }
    text
}

const HEADING: [&str; 6] = ["KEY", "TASK", "STATE", "PROGRESS", "TIME", "RESULT"];
const TIME: usize = 4;

fn cells(row: &Row<'_>, bar_width: usize) -> [String; 6] {
    let elapsed = row.elapsed.map_or("-".to_owned(), |elapsed| format!("{:.1} s", elapsed.as_secs_f64()));
    let state = row.state.to_string();
    [row.key.to_string(), row.name.to_owned(), state, bar(row.progress, bar_width), elapsed, row.remark.to_owned()]
}

fn bar(progress: u32, width: usize) -> String {
    let (done, all) = (progress.min(PER_MILLE) as usize, PER_MILLE as usize);
    let full = done * width / all;
    format!("[{}{}] {:3} %", "#".repeat(full), "-".repeat(width - full), done * 100 / all)
}

fn lines(rows: &[[String; 6]]) -> Vec<String> {
    let heading = HEADING.map(str::to_owned);
    let remarks = rows.iter().any(|row| !row[5].is_empty());
    let columns = if remarks { 6 } else { 5 };
    let all = || [&heading].into_iter().chain(rows);
    let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let pad = |column: usize, cell: &str| match column {
        TIME => format!("{cell:>width$}", width = widths[column]),
        _ => format!("{cell:width$}", width = widths[column]),
    };
    let line = |row: &[String; 6]| {
        let cells: Vec<_> = (0..columns).map(|column| pad(column, &row[column])).collect();
        cells.join("  ").trim_end().to_owned()
    };
    all().map(line).collect()
}

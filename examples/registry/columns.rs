//! Tables that fit a width.

use std::array;

use console::{Alignment, measure_text_width, pad_str, truncate_str};

// The path is given because other examples include this file by its path too.
#[cfg(test)]
#[path = "columns/tests.rs"]
mod tests;

const GAP: &str = "  ";

/// A step that makes a table narrower. It names a column by its number, from 0 on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Shortens a column as much as necessary, but not below this width.
    Shorten(usize, usize),
    Drop(usize),
}

/// Aligns the cells of all rows. Takes the steps in order until the lines have at most `columns` columns. If they are
/// still too long, cuts them at the right.
///
/// A column without any text is not shown.
pub(crate) fn lines<const N: usize>(
    rows: &[[String; N]],
    alignments: &[Alignment; N],
    steps: &[Step],
    columns: usize,
) -> Vec<String> {
    let natural = |column: usize| rows.iter().map(|row| measure_text_width(&row[column])).max().unwrap_or(0);
    let widths: [_; N] = fit(array::from_fn(natural), steps, columns);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).zip(alignments);
        let shown = cells.filter_map(|((cell, width), alignment)| Some(fill(cell, (*width)?, *alignment)));
        let shown: Vec<String> = shown.collect();
        truncate_str(shown.join(GAP).trim_end(), columns, "…").into_owned()
    };
    rows.iter().map(line).collect()
}

/// Cuts or pads a cell to a width.
fn fill(cell: &str, width: usize, alignment: Alignment) -> String {
    pad_str(&truncate_str(cell, width, "…"), width, alignment, None).into_owned()
}

/// Returns the width of each column, or `None` for a column that is not shown.
fn fit<const N: usize>(natural: [usize; N], steps: &[Step], columns: usize) -> [Option<usize>; N] {
    let mut widths = natural.map(|width| (width > 0).then_some(width));
    for step in steps {
        let excess = total(&widths).saturating_sub(columns);
        if excess == 0 {
            break;
        }
        match *step {
            Step::Shorten(column, least) => {
                widths[column] = widths[column].map(|width| width.saturating_sub(excess).max(least.min(width)));
            }
            Step::Drop(column) => widths[column] = None,
        }
    }
    // A dropped column may leave more room than was needed. The columns that gave way last get it back first.
    for step in steps.iter().rev() {
        let room = columns.saturating_sub(total(&widths));
        if let Step::Shorten(column, _least) = *step {
            widths[column] = widths[column].map(|width| width.saturating_add(room).min(natural[column]));
        }
    }
    widths
}

fn total(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten();
    shown.clone().sum::<usize>() + shown.count().saturating_sub(1) * GAP.len()
}

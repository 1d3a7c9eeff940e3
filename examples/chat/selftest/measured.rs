//! A table of measurements.

use std::time::Duration;

use console::Alignment::{Left, Right};
use indicatif::HumanCount;

use crate::columns::{self, Step};

/// Rows in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Measured(Vec<(&'static str, String)>);

impl Measured {
    pub(crate) fn number(&mut self, what: &'static str, number: usize) {
        self.0.push((what, HumanCount(number as u64).to_string()));
    }

    pub(crate) fn duration(&mut self, what: &'static str, duration: Duration) {
        let text = match duration.as_micros() {
            0..10_000 => format!("{} µs", duration.as_micros()),
            10_000..10_000_000 => format!("{} ms", duration.as_millis()),
            _ => format!("{} s", duration.as_secs()),
        };
        self.0.push((what, text));
    }

    /// Returns a heading and a line of at most `columns` columns for each row: first the number, then what it is.
    pub(crate) fn table(&self, columns: usize) -> String {
        let rows: Vec<_> = self.0.iter().map(|(what, number)| [number.clone(), (*what).to_owned()]).collect();
        let steps = [Step::Shorten(1, 8), Step::Drop(1)];
        let lines = columns::lines(&rows, &[Right, Left], &steps, columns.saturating_sub(2));
        let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("measured:\n{lines}")
    }
}

//! A table of measurements.

use std::fmt;
use std::time::Duration;

use indicatif::HumanCount;

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
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.0.iter().map(|(what, _number)| what.chars().count()).max().unwrap_or(0);
        let number = self.0.iter().map(|(_what, number)| number.chars().count()).max().unwrap_or(0);
        self.0.iter().try_for_each(|row| writeln!(f, "{:what$}  {:>number$}", row.0, row.1))
    }
}

//! The report on the terminal.

use super::bench::Column;
use super::comparison::Comparison;
use std::fmt;

/// Writes a comparison as a table.
pub(crate) struct Table<'a> {
    /// What was measured.
    pub(crate) comparison: &'a Comparison,
    /// The ratios beside the figures.
    pub(crate) columns: &'a [Column],
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { comparison, columns } = self;
        write!(f, "{:60}{:>10}{:>10}", comparison.title, "median", "spread")?;
        for column in *columns {
            write!(f, "{:>13}", column.head)?;
        }
        for series in &comparison.series {
            let unit = comparison.unit;
            let (lower, upper) = series.quartiles();
            let (median, spread) = (unit.show(series.median()), unit.show(upper - lower));
            write!(f, "\n  {:58}{median:>10}{spread:>10}", series.subject)?;
            for column in *columns {
                write!(f, "{:>13}", times(comparison.ratio(series.subject, column.rival)))?;
            }
        }
        for (subject, obstacle) in &comparison.absent {
            write!(f, "\n  {subject:58}  {obstacle}")?;
        }
        Ok(())
    }
}

/// Writes a ratio, or that there is none.
fn times(ratio: Option<f64>) -> String {
    ratio.map_or("-".to_owned(), |ratio| match ratio.abs() {
        10.0.. => format!("{ratio:.0}x"),
        0.1.. => format!("{ratio:.2}x"),
        0.0 => "0x".to_owned(),
        _ => format!("{ratio:.4}x"),
    })
}

//! The report on the terminal.

use std::fmt;

use crate::comparison::{Comparison, Series};

/// Writes all comparisons as a table.
pub(crate) struct Table<'a>(pub(crate) &'a [Comparison]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.first() else { return Ok(()) };
        let (patched, published) = (first.patched.name, first.published.name);
        write!(
            formatter,
            "Million spans per second, created, entered, recorded to, left and closed: the median, the distance between\n\
             the quartiles, and the median of the ratios within each round. More is better.\n\n\
             {:36}{patched:>18}{published:>18}{:>18}",
            "", "ratio"
        )?;
        for comparison in self.0 {
            write!(
                formatter,
                "\n{:36}{}{}{}",
                comparison.workload.title,
                millions(&comparison.patched),
                millions(&comparison.published),
                cell(comparison.ratio(), comparison.ratio_spread()),
            )?;
        }
        Ok(())
    }
}

fn millions(series: &Series) -> String {
    cell(series.median() / 1e6, series.spread() / 1e6)
}

fn cell(median: f64, spread: f64) -> String {
    format!("{median:>10.2} ({spread:.2})  ")
}

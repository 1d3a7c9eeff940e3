//! The report on the terminal.

use super::comparison::{Comparison, PUBLISHED};
use std::fmt;

/// How to read the tables.
pub(crate) const EXPLANATION: &str = "\
Time is per operation; on 2 threads, which each do all operations, per operation and thread, so
that perfect scaling shows the figure of one thread. Columns: median over the rounds; spread, the
distance between the quartiles; how many times as much the subject needs as sharded-slab 0.1.7 and
as the floor, which does nothing for other threads (an unlocked slab; of pools, strings in a Vec),
the median of the ratios within each round. Less is better.";

/// Writes a comparison as a table.
pub(crate) struct Table<'a>(pub(crate) &'a Comparison);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(comparison) = self;
        let heads = ["median", "spread", "/ sharded", "/ floor"];
        let [median, spread, published, floor] = heads;
        write!(f, "{:60}{median:>10}{spread:>10}{published:>11}{floor:>9}", comparison.title)?;
        for series in &comparison.series {
            let unit = comparison.unit;
            let (lower, upper) = series.quartiles();
            write!(
                f,
                "\n  {:58}{:>10}{:>10}{:>11}{:>9}",
                series.subject,
                unit.show(series.median()),
                unit.show(upper - lower),
                times(comparison.ratio(series.subject, PUBLISHED)),
                times(comparison.ratio_to_floor(series.subject)),
            )?;
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

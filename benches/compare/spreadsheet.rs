//! The report for other programs.

use super::comparison::{Comparison, PUBLISHED};
use std::fmt;

/// Writes comparisons as comma-separated values, one row for each subject.
pub(crate) struct Spreadsheet<'a>(pub(crate) &'a [Comparison]);

impl fmt::Display for Spreadsheet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "workload,subject,unit,median,lower_quartile,upper_quartile,samples,\
             ratio_to_sharded_slab,ratio_to_floor"
        )?;
        for comparison in self.0 {
            for series in &comparison.series {
                let (lower, upper) = series.quartiles();
                let show = |ratio: Option<f64>| ratio.map_or(String::new(), |ratio| format!("{ratio:.5}"));
                writeln!(
                    f,
                    "{},\"{}\",{},{:.4},{lower:.4},{upper:.4},{},{},{}",
                    comparison.id,
                    series.subject,
                    comparison.unit.name(),
                    series.median(),
                    series.samples.len(),
                    show(comparison.ratio(series.subject, PUBLISHED)),
                    show(comparison.ratio_to_floor(series.subject)),
                )?;
            }
        }
        Ok(())
    }
}

//! The report as comma-separated values.

use super::bench::Column;
use super::comparison::Comparison;
use std::fmt;

/// Writes comparisons as comma-separated values, one row for each subject.
pub(crate) struct Spreadsheet<'a> {
    /// What was measured.
    pub(crate) comparisons: &'a [Comparison],
    /// The ratios beside the figures.
    pub(crate) columns: &'a [Column],
}

impl fmt::Display for Spreadsheet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workload,subject,unit,median,lower_quartile,upper_quartile,samples")?;
        for column in self.columns {
            write!(f, ",ratio_to_{}", column.file)?;
        }
        for comparison in self.comparisons {
            let (id, unit) = (comparison.id, comparison.unit.name());
            for series in &comparison.series {
                let (lower, upper) = series.quartiles();
                let (subject, median, samples) = (series.subject, series.median(), series.samples.len());
                write!(f, "\n{id},\"{subject}\",{unit},{median:.4},{lower:.4},{upper:.4},{samples}")?;
                for column in self.columns {
                    let ratio = comparison.ratio(series.subject, column.rival);
                    write!(f, ",{}", ratio.map_or(String::new(), |ratio| format!("{ratio:.5}")))?;
                }
            }
            for (subject, _) in &comparison.absent {
                write!(f, "\n{id},\"{subject}\",{unit},,,,0{}", ",".repeat(self.columns.len()))?;
            }
        }
        writeln!(f)
    }
}

//! All medians on one page: a row for each subject and allocator, a column for each figure.

use super::allocator;
use super::contest::FIGURES;
use crate::report::comparison::{Comparison, Series};
use std::fmt;

/// Writes the comparisons as one table.
pub(crate) struct Grid<'a>(&'a [Comparison]);

impl<'a> Grid<'a> {
    /// A table of the comparisons.
    pub(crate) fn new(comparisons: &'a [Comparison]) -> Self {
        Self(comparisons)
    }

    /// Returns the median of the subject's figure of that name.
    fn cell(&self, subject: &str, name: &str) -> Option<String> {
        let comparison = self.0.iter().find(|comparison| comparison.id == name)?;
        Some(comparison.unit.show(comparison.find(subject)?.median()))
    }
}

impl fmt::Display for Grid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:38}", "medians")?;
        for figure in &FIGURES {
            write!(f, "{:>24}", figure.id)?;
        }
        let mut subjects: Vec<&str> = Vec::new();
        for series in self.0.iter().flat_map(|comparison| &comparison.series) {
            let Series { subject, .. } = series;
            if !subjects.contains(subject) {
                subjects.push(subject);
            }
        }
        for subject in subjects {
            for (place, allocator) in allocator::NAMES.into_iter().enumerate() {
                let cells = FIGURES.iter().map(|figure| self.cell(subject, figure.names[place]));
                let cells: Vec<_> = cells.collect();
                if cells.iter().all(Option::is_none) {
                    continue;
                }
                write!(f, "\n  {:36}", format!("{subject}, {allocator}"))?;
                for cell in cells {
                    write!(f, "{:>24}", cell.unwrap_or_default())?;
                }
            }
        }
        Ok(())
    }
}

//! The targets of the patch. A missed target is no failure, because other machines have other figures.

use std::fmt;

use crate::comparison::Comparison;

/// Writes the targets for which there are figures, and whether they are met.
pub(crate) struct Targets<'a>(pub(crate) &'a [Comparison]);

impl fmt::Display for Targets<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:36}{:>12}{:>12}", "targets", "aim", "measured")?;
        for comparison in self.0 {
            let (goal, ratio) = (comparison.workload.goal, comparison.ratio());
            // Rounded to the digits that are shown, which are more than two runs agree in.
            let verdict = if (ratio * 100.0).round() >= (goal * 100.0).round() { "met" } else { "NOT met" };
            let aim = format!(">= {goal:.2}x");
            write!(formatter, "\n{:36}{aim:>12}{:>12}  {verdict}", comparison.workload.title, format!("{ratio:.2}x"))?;
        }
        Ok(())
    }
}

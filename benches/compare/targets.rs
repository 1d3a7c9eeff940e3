//! What flagstone set out to reach. Nothing fails here: other machines have other figures.

use super::comparison::{Comparison, OURS, PUBLISHED};
use std::fmt;

/// A figure to be reached.
enum Goal {
    /// At most that many times the floor's.
    WithinFloor(f64),
    /// At most `sharded-slab`'s divided by that.
    TimesLess(f64),
    /// At most that many, rounded to a whole number.
    AtMost(f64),
}

use Goal::{AtMost, TimesLess, WithinFloor};

/// The workload's name, and what is to be reached there. The published crate's insert gets slower
/// with every full page, so the goals grow with the occupancy.
const TARGETS: [(&str, Goal); 15] = [
    ("insert-remove-10", WithinFloor(3.0)),
    ("insert-remove-1000", WithinFloor(3.0)),
    ("insert-remove-100000", WithinFloor(3.0)),
    ("insert-remove-1000000", WithinFloor(3.0)),
    ("insert-remove-10", TimesLess(2.4)),
    ("insert-remove-1000", TimesLess(3.4)),
    ("insert-remove-100000", TimesLess(4.8)),
    ("insert-remove-1000000", TimesLess(5.8)),
    ("get-1000", TimesLess(1.9)),
    ("get-1000000", TimesLess(1.9)),
    ("handover-net", TimesLess(2.0)),
    ("slowest-insert", TimesLess(20.0)),
    ("memory-entry", AtMost(16.0)),
    ("pool-create-clear-10", TimesLess(2.0)),
    ("pool-create-clear-100000", TimesLess(2.0)),
];

/// Writes the targets of which there are figures, and whether they are met.
pub(crate) struct Targets<'a>(pub(crate) &'a [Comparison]);

impl fmt::Display for Targets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:60}{:>22}{:>10}", "targets", "aim", "measured")?;
        let mut judged = false;
        for (id, goal) in &TARGETS {
            let Some(comparison) = self.0.iter().find(|comparison| comparison.id == *id) else { continue };
            let Some((aim, measured, met)) = goal.judge(comparison) else { continue };
            let verdict = if met { "met" } else { "NOT met" };
            write!(f, "\n  {:58}{aim:>22}{measured:>10}  {verdict}", comparison.title)?;
            judged = true;
        }
        if !judged {
            write!(f, "\n  none are set for what was measured")?;
        }
        Ok(())
    }
}

impl Goal {
    /// Returns the aim, what was measured, and whether that will do.
    fn judge(&self, comparison: &Comparison) -> Option<(String, String, bool)> {
        match *self {
            WithinFloor(limit) => {
                let ratio = comparison.ratio_to_floor(OURS)?;
                let aim = format!("<= {limit:.1}x floor");
                Some((aim, format!("{ratio:.2}x"), ratio <= limit))
            }
            TimesLess(least) => {
                let factor = comparison.ratio(PUBLISHED, OURS)?;
                let aim = format!("{PUBLISHED} >= {least:.1}x");
                Some((aim, format!("{factor:.2}x"), factor >= least))
            }
            AtMost(limit) => {
                let quantity = comparison.find(OURS)?.median();
                let aim = format!("<= {}", comparison.unit.show(limit));
                Some((aim, comparison.unit.show(quantity), quantity.round() <= limit))
            }
        }
    }
}

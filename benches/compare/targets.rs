//! What flagstone set out to reach. Nothing fails here: other machines have other figures.

use super::comparison::{Comparison, OURS, PUBLISHED};
use super::subject::Subject;
use super::subject::flagstone_pinned::{FlagstonePinned, FlagstonePinning};
use super::subject::idr_ebr::IdrEbr;
use std::fmt;

/// A figure to be reached.
enum Goal {
    /// At most that many times the floor's.
    WithinFloor(f64),
    /// At most that many times another subject's.
    Within(f64, &'static str),
    /// At most another subject's divided by that.
    TimesLess(f64, &'static str),
    /// At most that many, rounded to a whole number.
    AtMost(f64),
}

use Goal::{AtMost, TimesLess, Within, WithinFloor};

/// A reader that holds one pin.
const PINNED: &str = FlagstonePinned::NAME;

/// A reader that pins each time.
const PINNING: &str = FlagstonePinning::NAME;

/// The workload's name, who is to reach it, and what is to be reached there. The published crate's insert gets slower
/// with every full page, so the goals grow with the occupancy.
const TARGETS: [(&str, &str, Goal); 22] = [
    ("insert-remove-10", OURS, WithinFloor(3.0)),
    ("insert-remove-1000", OURS, WithinFloor(3.0)),
    ("insert-remove-100000", OURS, WithinFloor(3.0)),
    ("insert-remove-1000000", OURS, WithinFloor(3.0)),
    ("insert-remove-10", OURS, TimesLess(2.4, PUBLISHED)),
    ("insert-remove-1000", OURS, TimesLess(3.4, PUBLISHED)),
    ("insert-remove-100000", OURS, TimesLess(4.8, PUBLISHED)),
    ("insert-remove-1000000", OURS, TimesLess(5.8, PUBLISHED)),
    ("get-1000", OURS, TimesLess(1.9, PUBLISHED)),
    ("get-1000000", OURS, TimesLess(1.9, PUBLISHED)),
    ("get-1000", PINNED, WithinFloor(2.2)),
    ("get-1000000", PINNED, WithinFloor(1.6)),
    ("walk-1000000", PINNING, WithinFloor(2.0)),
    ("hot-key", PINNED, TimesLess(20.0, PUBLISHED)),
    ("hot-key", PINNED, TimesLess(1.0, IdrEbr::NAME)),
    ("hot-key", PINNING, TimesLess(10.0, PUBLISHED)),
    ("hot-key", PINNING, Within(1.35, IdrEbr::NAME)),
    ("handover-net", OURS, TimesLess(2.0, PUBLISHED)),
    ("slowest-insert", OURS, TimesLess(20.0, PUBLISHED)),
    ("memory-entry", OURS, AtMost(16.0)),
    ("pool-create-clear-10", OURS, TimesLess(2.0, PUBLISHED)),
    ("pool-create-clear-100000", OURS, TimesLess(2.0, PUBLISHED)),
];

/// Writes the targets of which there are figures, and whether they are met.
pub(crate) struct Targets<'a>(pub(crate) &'a [Comparison]);

impl fmt::Display for Targets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:66}{:>22}{:>10}", "targets", "aim", "measured")?;
        let mut judged = false;
        for (id, subject, goal) in &TARGETS {
            let Some(comparison) = self.0.iter().find(|comparison| comparison.id == *id) else { continue };
            let Some((aim, measured, met)) = goal.judge(comparison, subject) else { continue };
            let verdict = if met { "met" } else { "NOT met" };
            let title = match *subject {
                OURS => comparison.title.to_owned(),
                other => format!("{}: {other}", comparison.title),
            };
            write!(f, "\n  {title:64}{aim:>22}{measured:>10}  {verdict}")?;
            judged = true;
        }
        if !judged {
            write!(f, "\n  none are set for what was measured")?;
        }
        Ok(())
    }
}

impl Goal {
    /// Returns the aim, what was measured of the subject, and whether that will do.
    fn judge(&self, comparison: &Comparison, subject: &str) -> Option<(String, String, bool)> {
        match *self {
            WithinFloor(limit) => {
                let ratio = comparison.ratio_to_floor(subject)?;
                let aim = format!("<= {limit:.1}x floor");
                Some((aim, format!("{ratio:.2}x"), ratio <= limit))
            }
            Within(limit, other) => {
                let ratio = comparison.ratio(subject, other)?;
                let aim = format!("<= {limit:.2}x {other}");
                Some((aim, format!("{ratio:.2}x"), ratio <= limit))
            }
            TimesLess(least, other) => {
                let factor = comparison.ratio(other, subject)?;
                let aim = format!("{other} >= {least:.1}x");
                Some((aim, format!("{factor:.2}x"), factor >= least))
            }
            AtMost(limit) => {
                let quantity = comparison.find(subject)?.median();
                let aim = format!("<= {}", comparison.unit.show(limit));
                Some((aim, comparison.unit.show(quantity), quantity.round() <= limit))
            }
        }
    }
}

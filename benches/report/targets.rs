//! The targets of flagstone. A missed target is no failure, because other machines have other figures.

use super::comparison::{Comparison, Rival};
use std::fmt;

/// A target figure.
pub(crate) enum Goal {
    /// At most that many times the rival's.
    Within(f64, Rival),
    /// At most the rival's divided by that.
    TimesLess(f64, Rival),
    /// At most that many, rounded to a whole number.
    AtMost(f64),
    /// No target: only shows the comparison with the rival.
    Beside(Rival),
}

/// The workload's name, the subject that should reach the goal, and the goal.
pub(crate) type Target = (&'static str, &'static str, Goal);

/// Writes the targets for which there are figures, and whether they are met.
pub(crate) struct Targets<'a> {
    /// What was measured.
    pub(crate) comparisons: &'a [Comparison],
    /// The targets.
    pub(crate) targets: &'a [Target],
    /// The subject whose name is omitted.
    pub(crate) ours: &'a str,
}

impl fmt::Display for Targets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:66}{:>32}{:>10}", "targets", "aim", "measured")?;
        let mut judged = false;
        for (id, subject, goal) in self.targets {
            let Some(comparison) = self.comparisons.iter().find(|comparison| comparison.id == *id) else { continue };
            let Some((aim, measured, met)) = goal.judge(comparison, subject) else { continue };
            let verdict = met.map_or("", |met| if met { "met" } else { "NOT met" });
            let title = match *subject {
                ours if ours == self.ours => comparison.title.to_owned(),
                other => format!("{}: {other}", comparison.title),
            };
            write!(f, "\n  {title:64}{aim:>32}{measured:>10}  {verdict}")?;
            judged = true;
        }
        if !judged {
            write!(f, "\n  none are set for what was measured")?;
        }
        Ok(())
    }
}

impl Goal {
    /// Returns the aim, the subject's figure, and whether the target is met, if there is one.
    fn judge(&self, comparison: &Comparison, subject: &str) -> Option<(String, String, Option<bool>)> {
        match *self {
            Self::Within(limit, rival) => {
                let ratio = comparison.ratio(subject, rival)?;
                let aim = format!("<= {limit:.2}x {}", rival.name());
                Some((aim, format!("{ratio:.2}x"), Some(ratio <= limit)))
            }
            Self::TimesLess(least, rival) => {
                let factor = comparison.ratio(subject, rival)?.recip();
                let aim = format!("{} >= {least:.1}x", rival.name());
                Some((aim, format!("{factor:.2}x"), Some(factor >= least)))
            }
            Self::AtMost(limit) => {
                let quantity = comparison.find(subject)?.median();
                let aim = format!("<= {}", comparison.unit.show(limit));
                Some((aim, comparison.unit.show(quantity), Some(quantity.round() <= limit)))
            }
            Self::Beside(rival) => {
                let ratio = comparison.ratio(subject, rival)?;
                Some((format!("(beside {})", rival.name()), format!("{ratio:.2}x"), None))
            }
        }
    }
}

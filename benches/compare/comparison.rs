//! What was measured, side by side.

use super::subject::Subject;
use super::subject::flagstone::Flagstone;
use super::subject::pool::FreeList;
use super::subject::sharded_slab::ShardedSlab;
use super::subject::slots::Slots;
use super::subject::unlocked::Unlocked;
use super::unit::Unit;

/// Whom the targets are about.
pub(crate) const OURS: &str = Flagstone::NAME;

/// Whom the others are compared with.
pub(crate) const PUBLISHED: &str = ShardedSlab::NAME;

/// What a walk, a store or a pool costs that does nothing for other threads: the first that takes part.
pub(crate) const FLOORS: [&str; 3] = [Slots::NAME, Unlocked::NAME, FreeList::NAME];

/// One subject's samples, one for each round.
pub(crate) struct Series {
    /// The subject's name.
    pub(crate) subject: &'static str,
    /// In the order of the rounds, so that those of one round can be compared.
    pub(crate) samples: Vec<f64>,
}

impl Series {
    /// Returns the middle sample.
    pub(crate) fn median(&self) -> f64 {
        quantile(&self.samples, 0.5)
    }

    /// Returns between which samples the middle half of them lies.
    pub(crate) fn quartiles(&self) -> (f64, f64) {
        (quantile(&self.samples, 0.25), quantile(&self.samples, 0.75))
    }
}

/// A workload and how each subject did.
pub(crate) struct Comparison {
    /// The name on the command line and in files.
    pub(crate) id: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    /// What the samples count.
    pub(crate) unit: Unit,
    /// The subjects that took part.
    pub(crate) series: Vec<Series>,
}

impl Comparison {
    /// Returns how many times as much the subject needs as the other: the median over the rounds
    /// of the quotient within the round. `None` if either did not take part, or the other needs
    /// nothing.
    pub(crate) fn ratio(&self, subject: &str, other: &str) -> Option<f64> {
        let quotients: Vec<f64> = (self.find(subject)?.samples.iter())
            .zip(&self.find(other)?.samples)
            .map(|(sample, reference)| sample / reference)
            .collect();
        Some(quantile(&quotients, 0.5)).filter(|ratio| ratio.is_finite())
    }

    /// Returns how many times as much the subject needs as the floor.
    pub(crate) fn ratio_to_floor(&self, subject: &str) -> Option<f64> {
        let floor = FLOORS.into_iter().find(|floor| self.find(floor).is_some())?;
        self.ratio(subject, floor)
    }

    /// Returns the comparison without what that subject needs, taken off within each round.
    /// `None` if it did not take part.
    pub(crate) fn less(&self, subject: &str, id: &'static str, title: &'static str) -> Option<Self> {
        let base = self.find(subject)?;
        let remainder = |series: &Series| Series {
            subject: series.subject,
            samples: (series.samples.iter().zip(&base.samples)).map(|(sample, cost)| sample - cost).collect(),
        };
        let others = self.series.iter().filter(|series| series.subject != subject);
        Some(Self { id, title, unit: self.unit, series: others.map(remainder).collect() })
    }

    /// Returns the samples of the subject with that name.
    pub(crate) fn find(&self, subject: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.subject == subject)
    }
}

/// Returns whether the comparison of that name is one of pools.
pub(crate) fn is_about_pools(id: &str) -> bool {
    id.starts_with("pool-")
}

/// Returns the sample below which that part of the samples lies, between two samples where it
/// falls between them.
fn quantile(samples: &[f64], part: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = part * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    below + (above - below) * position.fract()
}

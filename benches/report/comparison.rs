//! What was measured, side by side.

use super::unit::Unit;
use super::workload::Obstacle;

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

    /// Returns the lower and the upper quartile.
    pub(crate) fn quartiles(&self) -> (f64, f64) {
        (quantile(&self.samples, 0.25), quantile(&self.samples, 0.75))
    }
}

/// What a subject is compared with.
#[derive(Clone, Copy)]
pub(crate) enum Rival {
    /// That one.
    One(&'static str),
    /// The first of these subjects that takes part, under a common name.
    First(&'static str, &'static [&'static str]),
    /// The one of these subjects that needs least, under a common name.
    Best(&'static str, &'static [&'static str]),
}

impl Rival {
    /// Returns the name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One(name) | Self::First(name, _) | Self::Best(name, _) => name,
        }
    }
}

/// A workload and each subject's samples.
pub(crate) struct Comparison {
    /// The name on the command line and in files.
    pub(crate) id: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    /// What the samples count.
    pub(crate) unit: Unit,
    /// The subjects that took part.
    pub(crate) series: Vec<Series>,
    /// The subjects that could not take part, and why.
    pub(crate) absent: Vec<(&'static str, Obstacle)>,
}

impl Comparison {
    /// Returns how many times as much the subject needs as the rival: the median over the rounds
    /// of the quotient within the round. `None` if either did not take part, or the rival needs
    /// nothing.
    pub(crate) fn ratio(&self, subject: &str, rival: Rival) -> Option<f64> {
        let rival = match rival {
            Rival::One(name) => self.find(name),
            Rival::First(_, names) => names.iter().find_map(|name| self.find(name)),
            Rival::Best(_, names) => (names.iter())
                .filter_map(|name| self.find(name))
                .min_by(|one, other| one.median().total_cmp(&other.median())),
        }?;
        let quotients: Vec<f64> = (self.find(subject)?.samples.iter())
            .zip(&rival.samples)
            .map(|(sample, reference)| sample / reference)
            .collect();
        Some(quantile(&quotients, 0.5)).filter(|ratio| ratio.is_finite())
    }

    /// Returns the samples of the subject with that name.
    pub(crate) fn find(&self, subject: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.subject == subject)
    }
}

/// Returns the quantile: the sample below which that part of the samples lies, interpolated between two samples.
fn quantile(samples: &[f64], part: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = part * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    below + (above - below) * position.fract()
}

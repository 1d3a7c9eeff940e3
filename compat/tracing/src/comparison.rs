//! What was measured, side by side.

use crate::workload::Workload;

/// Spans per second of one variant, one sample for each round.
pub(crate) struct Series {
    /// The crate that it runs on.
    pub(crate) name: &'static str,
    /// In the order of the rounds, so that those of one round can be compared.
    pub(crate) samples: Vec<f64>,
}

impl Series {
    /// Returns the middle sample.
    pub(crate) fn median(&self) -> f64 {
        quantile(&self.samples, 0.5)
    }

    /// Returns the distance between the quartiles of the samples.
    pub(crate) fn spread(&self) -> f64 {
        quantile(&self.samples, 0.75) - quantile(&self.samples, 0.25)
    }
}

/// A workload and the samples of both variants.
pub(crate) struct Comparison {
    /// What was done.
    pub(crate) workload: &'static Workload,
    /// With the patch.
    pub(crate) patched: Series,
    /// Without.
    pub(crate) published: Series,
}

impl Comparison {
    /// Returns the ratio of spans per second with the patch to those without: the median of the ratios within each
    /// round.
    pub(crate) fn ratio(&self) -> f64 {
        quantile(&self.quotients(), 0.5)
    }

    /// Returns the distance between the quartiles of the ratios.
    pub(crate) fn ratio_spread(&self) -> f64 {
        quantile(&self.quotients(), 0.75) - quantile(&self.quotients(), 0.25)
    }

    fn quotients(&self) -> Vec<f64> {
        self.patched.samples.iter().zip(&self.published.samples).map(|(with, without)| with / without).collect()
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

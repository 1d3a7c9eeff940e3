//! How much time the measurements take.

use std::time::Duration;

/// How long and how often everything is measured.
pub(crate) struct Effort {
    /// How long one measurement of one variant should last.
    pub(crate) measurement: Duration,
    /// How many rounds a workload gets.
    pub(crate) rounds: usize,
    /// A note for the reader.
    pub(crate) note: &'static str,
}

impl Effort {
    /// For figures to publish.
    pub(crate) const FULL: Self = Self {
        measurement: Duration::from_millis(20),
        rounds: 101,
        note: "Full run: medians of 101 rounds of 20 ms, each variant once a round.",
    };

    /// For a rough result during development.
    pub(crate) const QUICK: Self = Self {
        measurement: Duration::from_millis(5),
        rounds: 15,
        note: "QUICK run (--quick): medians of 15 rounds of 5 ms, each variant once a round.",
    };
}

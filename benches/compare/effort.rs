//! How much time the measurements take.

use std::time::Duration;

/// How long and how often everything is measured.
pub(crate) struct Effort {
    /// How long one measurement of one subject should last.
    pub(crate) measurement: Duration,
    /// How many rounds a workload gets.
    pub(crate) rounds: usize,
    /// How many entries a child process inserts.
    pub(crate) entries: u64,
    /// How many child processes each subject gets.
    pub(crate) repetitions: usize,
    /// Whether the figures mean anything: they are judged and written to files.
    pub(crate) counts: bool,
    /// What the reader should know.
    pub(crate) note: &'static str,
}

impl Effort {
    /// For figures to publish.
    pub(crate) const FULL: Self = Self {
        measurement: Duration::from_millis(15),
        rounds: 41,
        entries: 10_000_000,
        repetitions: 7,
        counts: true,
        note: "Full run: medians of 41 rounds of 15 ms, and of 7 child processes.",
    };

    /// For a look while working.
    pub(crate) const QUICK: Self = Self {
        measurement: Duration::from_millis(2),
        rounds: 7,
        repetitions: 1,
        note: "QUICK run (--quick): medians of 7 rounds of 2 ms, and 1 child process.",
        ..Self::FULL
    };

    /// For `cargo test`, which only wants to know that it works.
    pub(crate) const SMOKE: Self = Self {
        measurement: Duration::from_micros(1),
        rounds: 1,
        entries: 10_000,
        repetitions: 1,
        counts: false,
        note: "SMOKE run (no --bench, so not by `cargo bench`): everything once, figures are noise.",
    };
}

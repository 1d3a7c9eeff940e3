//! How much time the measurements take.

use std::time::Duration;

/// How long and how often everything is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// For figures to publish.
    Full,
    /// For ratios of two subjects on a machine that is not idle: an interruption affects few of many short rounds.
    Fine,
    /// For a rough result during development.
    Quick,
    /// For `cargo test`, which checks only that it works.
    Smoke,
}

impl Effort {
    /// Returns how long one measurement of one subject should last.
    pub(crate) fn measurement(self) -> Duration {
        match self {
            Self::Full => Duration::from_millis(15),
            Self::Fine => Duration::from_millis(1),
            Self::Quick => Duration::from_millis(2),
            Self::Smoke => Duration::from_micros(1),
        }
    }

    /// Returns how many rounds a workload gets.
    pub(crate) fn rounds(self) -> usize {
        match self {
            Self::Full => 41,
            Self::Fine => 401,
            Self::Quick => 7,
            Self::Smoke => 1,
        }
    }

    /// Returns whether the figures are meaningful, so that they are judged and written to files.
    pub(crate) fn counts(self) -> bool {
        self != Self::Smoke
    }

    /// Returns a note for the reader, with what the bench measures beside the rounds.
    pub(crate) fn note(self, beside: &str) -> String {
        let run = match self {
            Self::Full => "Full run",
            Self::Fine => "Many short rounds",
            Self::Quick => "QUICK run (--quick)",
            Self::Smoke => {
                return "SMOKE run (no --bench, so not by `cargo bench`): everything once, figures are noise."
                    .to_owned();
            }
        };
        format!("{run}: medians of {} rounds of {} ms{beside}.", self.rounds(), self.measurement().as_millis())
    }
}

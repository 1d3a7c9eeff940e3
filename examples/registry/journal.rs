//! What became of the tasks that have ended.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::key::Key;
use crate::task::State;

/// The outcomes of a run, in the order in which they came.
///
/// Keys do not come back, so a key is as good a name for a task that has ended as for one that runs. A service would keep
/// the last few only; a run of this program has an end.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    outcomes: Mutex<Vec<Outcome>>,
}

/// How a task ended.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) key: Key,
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) progress: u32,
    pub(crate) elapsed: Option<Duration>,
    /// What it found, or why it failed.
    pub(crate) remark: String,
}

impl Journal {
    pub(crate) fn record(&self, outcome: Outcome) {
        self.lock().push(outcome);
    }

    /// Returns the outcome of a task; `None` if it has not ended, or never was.
    pub(crate) fn find(&self, key: Key) -> Option<Outcome> {
        self.lock().iter().find(|outcome| outcome.key == key).cloned()
    }

    /// Returns all outcomes but the first `known`.
    pub(crate) fn since(&self, known: usize) -> Vec<Outcome> {
        self.lock()[known..].to_vec()
    }

    /// Returns how many tasks came to an end of this kind.
    pub(crate) fn count(&self, state: State) -> usize {
        self.lock().iter().filter(|outcome| outcome.state == state).count()
    }

    /// An outcome is pushed or not: there is nothing half done that a panic could leave.
    fn lock(&self) -> MutexGuard<'_, Vec<Outcome>> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

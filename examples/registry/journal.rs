//! The outcomes of the tasks that have ended.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::key::Key;
use crate::task::State;

/// The outcomes of a run, in order of arrival.
///
/// Keys are never reused, so a key identifies a task that has ended as well as one that runs. A service would keep only
/// the last few outcomes. A run of this program ends, so it keeps all.
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
    /// The result, or the reason of the failure.
    pub(crate) remark: String,
}

impl Journal {
    pub(crate) fn record(&self, outcome: Outcome) {
        self.lock().push(outcome);
    }

    /// Returns the outcome of a task, or `None` if it has not ended or never existed.
    pub(crate) fn find(&self, key: Key) -> Option<Outcome> {
        self.lock().iter().find(|outcome| outcome.key == key).cloned()
    }

    /// Returns all outcomes but the first `known`.
    pub(crate) fn since(&self, known: usize) -> Vec<Outcome> {
        self.lock()[known..].to_vec()
    }

    /// Returns how many tasks ended in this state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.lock().iter().filter(|outcome| outcome.state == state).count()
    }

    /// Ignores poisoning: an outcome is pushed or not, so a panic leaves no inconsistent state.
    fn lock(&self) -> MutexGuard<'_, Vec<Outcome>> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

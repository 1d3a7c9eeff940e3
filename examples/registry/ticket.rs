//! A worker's handle of its task.

use crate::key::Key;
use crate::registry::{Entry, Registry};
use crate::task::{Cancelled, State};

/// The right to work on a task, and the duty to end it: dropping the ticket in any way removes the entry.
#[derive(Debug)]
#[must_use = "a ticket that is dropped ends its task"]
pub(crate) struct Ticket<'a> {
    registry: &'a Registry,
    entry: Entry<'a>,
    /// The final state and a remark. A worker that sets none has panicked or given up.
    ending: (State, String),
}

impl<'a> Ticket<'a> {
    pub(crate) fn new(registry: &'a Registry, entry: Entry<'a>) -> Self {
        Self { registry, entry, ending: (State::Failed, "given up by its worker".to_owned()) }
    }

    pub(crate) fn key(&self) -> Key {
        Key(self.entry.key())
    }

    /// Notes that the work begins.
    ///
    /// # Errors
    ///
    /// If the task was cancelled while it waited.
    pub(crate) fn begin(&self) -> Result<(), Cancelled> {
        self.entry.begin()
    }

    /// Stores the progress. It costs a store and a load, so a job can call it every fraction of a millisecond.
    ///
    /// # Errors
    ///
    /// If the task was cancelled.
    pub(crate) fn advance(&self, done: u64, of: u64) -> Result<(), Cancelled> {
        self.entry.advance(done, of)
    }

    /// Ends the task with its result.
    pub(crate) fn finish(mut self, result: String) {
        self.ending = (State::Finished, result);
    }

    /// Ends the task because it was cancelled.
    pub(crate) fn stop(mut self) {
        self.ending = (State::Cancelled, String::new());
    }

    /// Ends the task with the reason of its failure.
    pub(crate) fn fail(mut self, reason: String) {
        self.ending = (State::Failed, reason);
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let (state, remark) = std::mem::replace(&mut self.ending, (State::Failed, String::new()));
        self.registry.end(&self.entry, state, remark);
    }
}

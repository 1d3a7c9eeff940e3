//! A snapshot of one task.

use std::time::Duration;

use serde_json::{Value, json};

use crate::journal::Outcome;
use crate::key::Key;
use crate::registry::Pinned;
use crate::task::{State, Task};

/// A line of the table. Its text is borrowed: from the slab through a pin, or from an outcome.
///
/// State and progress are read once, so that the counts, the order and the table agree.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) key: Key,
    pub(crate) name: &'a str,
    pub(crate) state: State,
    pub(crate) progress: u32,
    pub(crate) elapsed: Option<Duration>,
    pub(crate) remark: &'a str,
}

impl<'a> Row<'a> {
    /// Describes all tasks that have not ended: first those that have begun, then the others, each in the order of
    /// registration.
    pub(crate) fn all(pinned: &'a Pinned<'_>) -> Vec<Self> {
        let mut rows: Vec<_> = pinned.iter().map(|(key, task)| (task.number, Self::of_task(Key(key), task))).collect();
        rows.retain(|(_number, row)| !row.state.is_end()); // about to be removed from the slab: the journal has it
        rows.sort_unstable_by_key(|(number, row)| (row.elapsed.is_none(), *number));
        rows.into_iter().map(|(_number, row)| row).collect()
    }

    pub(crate) fn of_task(key: Key, task: &'a Task) -> Self {
        let (state, progress, elapsed) = (task.state(), task.progress(), task.elapsed());
        Self { key, name: &task.name, state, progress, elapsed, remark: "" }
    }

    /// Returns the row as a JSON object. The key is text, because many JSON parsers round large numbers.
    pub(crate) fn json(&self, snapshot: usize) -> Value {
        json!({
            "snapshot": snapshot,
            "key": self.key.to_string(),
            "name": self.name,
            "state": self.state.name(),
            "progress": f64::from(self.progress) / 10.0,
            "elapsed": self.elapsed.map(|elapsed| elapsed.as_millis() as f64 / 1000.0),
            "remark": self.remark,
        })
    }
}

impl<'a> From<&'a Outcome> for Row<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        let Outcome { key, ref name, state, progress, elapsed, ref remark } = *outcome;
        Self { key, name, state, progress, elapsed, remark }
    }
}

//! Schedulers of tasks that any thread may poll.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use flagstone::task::{Runnable, Schedule};

use super::Count;
use crate::value::{Tally, Value};

/// Polls a task where it is woken, so only the task's state orders one poll against the next. It has a value that is
/// leaked if the executor's core is.
pub(super) struct InPlace {
    value: Value,
}

impl InPlace {
    pub(super) fn new(tally: &Tally) -> Self {
        Self { value: tally.value(99) }
    }
}

impl Schedule for InPlace {
    fn schedule(&self, task: Runnable) {
        assert_eq!(self.value.read(), 99);
        task.run();
    }
}

/// Keeps scheduled tasks until one is asked for. The queue orders nothing: it is the standard library's, of which
/// `loom` does not know.
#[derive(Clone)]
pub(super) struct Queue {
    waiting: Arc<Mutex<VecDeque<Runnable>>>,
    /// How often something was scheduled.
    pub(super) scheduled: Count,
    /// Leaked if the executor's core is.
    _value: Arc<Value>,
}

impl Queue {
    pub(super) fn new(tally: &Tally) -> Self {
        Self { waiting: Arc::default(), scheduled: Count::default(), _value: Arc::new(tally.value(99)) }
    }

    pub(super) fn next(&self) -> Option<Runnable> {
        self.waiting.lock().unwrap().pop_front()
    }
}

impl Schedule for Queue {
    fn schedule(&self, task: Runnable) {
        self.scheduled.add();
        self.waiting.lock().unwrap().push_back(task);
    }
}

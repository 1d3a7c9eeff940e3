//! The registry: a slab of tasks, and a journal of those that were.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use flagstone::{Config, Slab};

use crate::journal::{Journal, Outcome};
use crate::key::Key;
use crate::task::{State, Task};
use crate::ticket::Ticket;

#[cfg(test)]
mod tests;

/// Keys that a person can type: at most 10 hexadecimal digits rather than 16.
///
/// Fewer threads and fewer live tasks can be told apart then, and a slot is retired for having used up its keys sooner:
/// each page of each thread has a billion of them.
#[derive(Debug)]
pub(crate) struct ShortKeys;

/// A guard of a task.
pub(crate) type Entry<'a> = flagstone::Entry<'a, Task, ShortKeys>;

/// All tasks, for as long as the pin lives.
pub(crate) type Pinned<'a> = flagstone::Pinned<'a, Task, ShortKeys>;

impl Config for ShortKeys {
    const MAX_THREADS: usize = 63; // those beyond share one more shard
    const MAX_PAGES: usize = if usize::BITS > 32 { 16 } else { 10 }; // two million live tasks per thread; 32,736 on 32 bits
    const RESERVED_BITS: usize = usize::BITS.saturating_sub(40) as usize;
}

/// Tasks by key, for any number of workers and of people who look on.
///
/// `Slab::new_with_config` is a `const fn`, so a registry could as well be a `static`; but scoped threads can borrow it.
#[derive(Debug)]
pub(crate) struct Registry {
    tasks: Slab<Task, ShortKeys>,
    registered: AtomicUsize,
    journal: Journal,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self { tasks: Slab::new_with_config(), registered: AtomicUsize::new(0), journal: Journal::default() }
    }

    /// Registers a task that waits for a worker; `None` if the slab has no room.
    pub(crate) fn register(&self, name: &str) -> Option<Ticket<'_>> {
        let number = self.registered.fetch_add(1, Relaxed); // publishes nothing, the slab does
        let key = self.tasks.insert(Task::new(number, name))?;
        let entry = self.tasks.get(key).expect("only its ticket removes an entry");
        Some(Ticket::new(self, entry))
    }

    /// Returns a task that has not ended, which stays readable while the guard lives.
    pub(crate) fn get(&self, key: Key) -> Option<Entry<'_>> {
        self.tasks.get(key.0)
    }

    /// Shows all tasks at no cost to their workers. Whoever looks should not dawdle: what ends meanwhile is kept.
    pub(crate) fn pin(&self) -> Pinned<'_> {
        self.tasks.pin()
    }

    /// Asks all tasks to stop.
    pub(crate) fn cancel_all(&self) {
        for (_key, task) in &self.pin() {
            task.cancel();
        }
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Returns how many tasks have not ended.
    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Ends a task. In this order a task that is found neither in the slab nor then in the journal was never there.
    pub(crate) fn end(&self, entry: &Entry<'_>, state: State, remark: String) {
        let key = Key(entry.key());
        let (name, progress, elapsed) = (entry.name.clone(), entry.progress(), entry.elapsed());
        entry.end(state);
        self.journal.record(Outcome { key, name, state, progress, elapsed, remark });
        self.tasks.remove(key.0);
    }
}

//! The registry: a slab of the live tasks, and a journal of those that have ended.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use flagstone::{Config, Slab};

use crate::journal::{Journal, Outcome};
use crate::key::Key;
use crate::task::{State, Task};
use crate::ticket::Ticket;

#[cfg(test)]
mod tests;

/// Keys that a user can type: at most 10 hexadecimal digits instead of 16.
///
/// The price is a smaller limit of threads and of live tasks. Slots also use up their keys and are retired sooner: each
/// page of each thread has a billion keys.
#[derive(Debug)]
pub(crate) struct ShortKeys;

/// A guard of a task.
pub(crate) type Entry<'a> = flagstone::Entry<'a, Task, ShortKeys>;

/// A pin, through which all tasks can be read.
pub(crate) type Pinned<'a> = flagstone::Pinned<'a, Task, ShortKeys>;

impl Config for ShortKeys {
    const MAX_THREADS: usize = 63; // threads beyond these share the overflow shard
    const MAX_PAGES: usize = if usize::BITS > 32 { 16 } else { 10 }; // two million live tasks per thread; 32,736 on 32 bits
    const RESERVED_BITS: usize = usize::BITS.saturating_sub(40) as usize;
}

/// Tasks by key, for any number of workers and readers.
///
/// `Slab::new_with_config` is a `const fn`, so a registry could also be a `static`. It is not, because scoped threads
/// can borrow it.
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

    /// Registers a task that waits for a worker. Returns `None` if the slab has no room.
    pub(crate) fn register(&self, name: &str) -> Option<Ticket<'_>> {
        let number = self.registered.fetch_add(1, Relaxed); // publishes nothing, the slab does
        let key = self.tasks.insert(Task::new(number, name))?;
        let entry = self.tasks.get(key).expect("only its ticket removes an entry");
        Some(Ticket::new(self, entry))
    }

    /// Returns a guard of a task that has not ended. The task stays readable while the guard lives.
    pub(crate) fn get(&self, key: Key) -> Option<Entry<'_>> {
        self.tasks.get(key.0)
    }

    /// Pins the slab to read all tasks without slowing their workers. Keep pins short: tasks that end meanwhile are not
    /// dropped before the pin.
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

    /// Ends a task: first in the journal, then in the slab. So a task that is not found in the slab, and after that not
    /// in the journal, never existed.
    pub(crate) fn end(&self, entry: &Entry<'_>, state: State, remark: String) {
        let key = Key(entry.key());
        let (name, progress, elapsed) = (entry.name.clone(), entry.progress(), entry.elapsed());
        entry.end(state);
        self.journal.record(Outcome { key, name, state, progress, elapsed, remark });
        self.tasks.remove(key.0);
    }
}

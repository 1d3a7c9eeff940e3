//! Values that are told apart, and whose ends are counted.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The values that are alive.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    made: u64,
    alive: HashSet<u64>,
    /// Ends of values that were not alive: a value dropped twice, or what never was one.
    false_ends: usize,
}

/// A value with an identity, on the heap, so that an early end is a use after free for the sanitizers too.
#[derive(Debug)]
pub(crate) struct Value {
    id: Box<u64>,
    /// What exclusive access changes.
    pub(crate) written: u64,
    ledger: Arc<Ledger>,
}

impl Ledger {
    fn lock(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn make(self: &Arc<Self>) -> Value {
        let mut entries = self.lock();
        entries.made += 1;
        let id = entries.made;
        entries.alive.insert(id);
        Value { id: Box::new(id), written: 0, ledger: Arc::clone(self) }
    }

    /// How many values are alive. Fails if one has ended twice.
    pub(crate) fn alive(&self) -> usize {
        let entries = self.lock();
        assert_eq!(entries.false_ends, 0, "a value ended twice");
        entries.alive.len()
    }

    pub(crate) fn is_alive(&self, id: u64) -> bool {
        self.lock().alive.contains(&id)
    }
}

impl Value {
    pub(crate) fn id(&self) -> u64 {
        *self.id
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        let mut entries = self.ledger.lock();
        if !entries.alive.remove(&self.id) {
            // No panic in a destructor: the next look finds it.
            entries.false_ends += 1;
        }
    }
}

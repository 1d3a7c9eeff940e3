//! The value that the models store: it knows when it is read too early, dropped twice or forgotten.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use loom::cell::UnsafeCell;

const ALIVE: usize = 0x0A11_7E00;
const DEAD: usize = 0xDEAD_0000;

/// What a model has made, what of it is gone, and what has come to pass. All of it is the standard library's, so that
/// it neither adds interleavings nor orders anything.
#[derive(Clone, Default)]
pub(crate) struct Tally(Arc<Counters>);

#[derive(Default)]
struct Counters {
    made: AtomicUsize,
    dropped: AtomicUsize,
    outcomes: Mutex<BTreeSet<&'static str>>,
}

impl Tally {
    /// A new value that can be told from others by its number.
    pub(crate) fn value(&self, number: usize) -> Value {
        self.0.made.fetch_add(1, Ordering::Relaxed);
        Value { number, canary: Canary::new(ALIVE + number), witness: None, tally: self.clone() }
    }

    /// A value that reads `witness` when it is dropped.
    pub(crate) fn value_with(&self, number: usize, witness: &Arc<Canary>) -> Value {
        let mut value = self.value(number);
        value.witness = Some(Arc::clone(witness));
        value
    }

    /// How many values are alive.
    pub(crate) fn alive(&self) -> usize {
        self.0.made.load(Ordering::Relaxed) - self.0.dropped.load(Ordering::Relaxed)
    }

    /// Every value that was made has been dropped, once (a second drop finds a dead canary).
    #[track_caller]
    pub(crate) fn finish(&self) {
        assert_eq!(self.alive(), 0, "values were forgotten");
    }

    /// Notes that this has come to pass in some execution.
    pub(crate) fn note(&self, outcome: &'static str) {
        self.0.outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
    }

    pub(crate) fn outcomes(&self) -> BTreeSet<&'static str> {
        self.0.outcomes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A word in a cell that `loom` watches.
pub(crate) struct Canary(UnsafeCell<usize>);

// SAFETY: `loom` complains before an access is a race.
#[allow(unsafe_code, reason = "the cell is watched by loom")]
unsafe impl Sync for Canary {}

impl Canary {
    pub(crate) fn new(word: usize) -> Self {
        Self(UnsafeCell::new(word))
    }

    #[track_caller]
    pub(crate) fn read(&self) -> usize {
        // SAFETY: `loom` complains before this is a race.
        #[allow(unsafe_code, reason = "the cell is watched by loom")]
        self.0.with(|word| unsafe { *word })
    }

    #[track_caller]
    pub(crate) fn write(&self, new: usize) {
        // SAFETY: `loom` complains before this is a race.
        #[allow(unsafe_code, reason = "the cell is watched by loom")]
        self.0.with_mut(|word| unsafe { *word = new });
    }
}

/// A watched word: whoever reads it must be ordered after its making, whoever drops it after every read.
pub(crate) struct Value {
    number: usize,
    canary: Canary,
    /// Written before the removal by whoever removes the value.
    witness: Option<Arc<Canary>>,
    tally: Tally,
}

impl Value {
    /// Reads the value, and says which it is.
    #[track_caller]
    pub(crate) fn read(&self) -> usize {
        assert_eq!(self.canary.read(), ALIVE + self.number, "a value was read that is not alive");
        self.number
    }

    /// Makes another value of it.
    #[track_caller]
    pub(crate) fn change(&mut self, number: usize) {
        self.read();
        self.number = number;
        self.canary.write(ALIVE + number);
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // the model has failed already; do not hide why
        }
        self.read();
        self.canary.write(DEAD);
        if let Some(witness) = &self.witness {
            witness.read();
        }
        self.tally.0.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

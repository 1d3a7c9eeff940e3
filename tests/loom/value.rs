//! The value that the models store: it knows when it is read too early, dropped twice or forgotten. `tests/schedule` stores
//! it too, with a cell of its own.
//!
//! One of a pool also knows when it is cleared while it is empty, used while it is not, or dropped before its slot is of
//! no more use.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    mem,
    ops::Deref,
    panic::resume_unwind,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use flagstone::Clear;

use crate::cell::UnsafeCell;

const ALIVE: usize = 0x0A11_7E00;
const DEAD: usize = 0xDEAD_0000;

/// The number of a pool's value that is in no entry: new, or cleared.
pub(crate) const EMPTY: usize = 0;

/// What is called once, on whichever thread it comes to that.
type Call = Box<dyn FnOnce() + Send + Sync>;

thread_local! {
    /// Of the model that runs: where a pool's values come from. (`loom` runs all threads of a model on one.)
    static CURRENT: RefCell<Tally> = RefCell::default();
}

/// What a model has made, what of it was dropped, and which outcomes occurred. It uses only the standard library's
/// types, so it neither adds interleavings nor orders anything.
#[derive(Clone, Default)]
pub(crate) struct Tally(Arc<Counters>);

#[derive(Default)]
struct Counters {
    made: AtomicUsize,
    dropped: AtomicUsize,
    /// Values of entries: all that are alive, less those that a pool keeps.
    in_use: AtomicUsize,
    /// A pool may drop what it keeps: it is being dropped itself, or retires a slot.
    ending: AtomicBool,
    when_made: Mutex<Option<Call>>,
    outcomes: Mutex<BTreeSet<&'static str>>,
}

impl Tally {
    /// An execution begins, whose values are counted here.
    pub(crate) fn begin(&self) {
        self.0.ending.store(false, Ordering::Relaxed);
        CURRENT.set(self.clone());
    }

    /// A new value that can be told from others by its number.
    pub(crate) fn value(&self, number: usize) -> Value {
        assert_ne!(number, EMPTY);
        self.0.in_use.fetch_add(1, Ordering::Relaxed);
        self.make(number, false)
    }

    fn make(&self, number: usize, pooled: bool) -> Value {
        self.0.made.fetch_add(1, Ordering::Relaxed);
        let canary = Canary::new(ALIVE + number);
        Value { number, canary, pooled, broken: false, at_end: None, tally: self.clone() }
    }

    /// Makes a pool call this when it makes its next value.
    pub(crate) fn when_made(&self, call: impl FnOnce() + Send + Sync + 'static) {
        *self.0.when_made.lock().unwrap() = Some(Box::new(call));
    }

    /// How many values are alive.
    pub(crate) fn alive(&self) -> usize {
        self.0.made.load(Ordering::Relaxed) - self.0.dropped.load(Ordering::Relaxed)
    }

    /// How many values are in entries.
    pub(crate) fn in_use(&self) -> usize {
        self.0.in_use.load(Ordering::Relaxed)
    }

    /// From now on a pool may drop what it keeps: it ends, or a slot of it does.
    pub(crate) fn end(&self) {
        self.0.ending.store(true, Ordering::Relaxed);
    }

    /// Every value that was made has been dropped, once (a second drop finds a dead canary).
    #[track_caller]
    pub(crate) fn finish(&self) {
        assert_eq!(self.alive(), 0, "values were forgotten");
        assert_eq!(self.in_use(), 0);
    }

    /// Reads the value of an entry, which must be that `number`, and notes that it was `found`, or `missed`.
    #[track_caller]
    pub(crate) fn note_reading(
        &self,
        entry: Option<impl Deref<Target = Value>>,
        number: usize,
        found: &'static str,
        missed: &'static str,
    ) {
        self.note(match entry {
            Some(entry) => {
                assert_eq!(entry.read(), number);
                found
            }
            None => missed,
        });
    }

    /// Notes that this has come to pass in some execution.
    pub(crate) fn note(&self, outcome: &'static str) {
        self.0.outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
    }

    pub(crate) fn outcomes(&self) -> BTreeSet<&'static str> {
        self.0.outcomes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A panic that a model wants, and does not print.
pub(crate) struct Wanted;

impl Wanted {
    pub(crate) fn panic() -> ! {
        resume_unwind(Box::new(Self))
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

/// A watched word: reads must be ordered after its creation, and its drop or clear after every read.
pub(crate) struct Value {
    number: usize,
    canary: Canary,
    /// Made by a pool, which keeps it.
    pooled: bool,
    /// `at_end` is being called, or has panicked.
    broken: bool,
    at_end: Option<Call>,
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

    /// Makes a pool's empty value that of an entry.
    #[track_caller]
    pub(crate) fn fill(&mut self, number: usize) {
        assert_eq!(self.read(), EMPTY, "a value is used that was not cleared");
        self.tally.0.in_use.fetch_add(1, Ordering::Relaxed);
        self.change(number);
    }

    /// Makes it call this when its entry ends: when it is dropped or, in a pool, cleared.
    pub(crate) fn at_end(&mut self, call: impl FnOnce() + Send + Sync + 'static) {
        self.at_end = Some(Box::new(call));
    }

    #[track_caller]
    fn end(&mut self) {
        self.read();
        if let Some(call) = self.at_end.take() {
            self.broken = true;
            call();
            self.broken = false;
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        let tally = CURRENT.with_borrow(Tally::clone);
        let call = mem::take(&mut *tally.0.when_made.lock().unwrap());
        if let Some(call) = call {
            call();
        }
        tally.make(EMPTY, true)
    }
}

impl Clear for Value {
    fn clear(&mut self) {
        assert_ne!(self.read(), EMPTY, "a value is cleared that is in no entry");
        self.end();
        self.change(EMPTY);
        self.tally.0.in_use.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.broken {
            return; // the model has failed already; do not hide why
        }
        if self.pooled {
            self.read();
            assert!(
                self.broken || self.tally.0.ending.load(Ordering::Relaxed),
                "a pool drops a value that it should keep"
            );
        } else {
            self.end();
        }
        self.canary.write(DEAD);
        if self.number != EMPTY {
            self.tally.0.in_use.fetch_sub(1, Ordering::Relaxed);
        }
        self.tally.0.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

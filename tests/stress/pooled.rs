//! Values for pools that tell what was done to them.

use std::{
    hint, panic,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    thread,
};

use flagstone::Clear;

const ALIVE: u64 = 0x900D_5A1E_900D_5A1E;
const DEAD: u64 = 0xDEAD_0FF1_CE0F_DEAD;
/// What a cleared value has for a key.
const CLEARED: usize = usize::MAX;
/// What a value has for a key whose creator did not know it.
const UNNAMED: usize = usize::MAX - 1;
/// How many numbers a filled value has.
const NUMBERS: usize = 3;

/// Once in so many times.
const NEVER: usize = usize::MAX;

// Every scenario ends with all of its values dropped, so all can share the books: one scenario runs at a time.
static MADE: AtomicUsize = AtomicUsize::new(0);
static DROPPED: AtomicUsize = AtomicUsize::new(0);
static CLEARED_WHOLE: AtomicUsize = AtomicUsize::new(0);
static DAMAGED: AtomicUsize = AtomicUsize::new(0);
static CLEARS: AtomicUsize = AtomicUsize::new(0);
static PANICS_ONCE_IN: AtomicUsize = AtomicUsize::new(NEVER);

/// How many values there are.
pub(crate) fn alive() -> usize {
    MADE.load(Ordering::Relaxed).wrapping_sub(DROPPED.load(Ordering::Relaxed))
}

/// How often a value was cleared, and was whole before.
pub(crate) fn cleared() -> usize {
    CLEARED_WHOLE.load(Ordering::Relaxed)
}

/// Fails if a value was cleared or dropped that was none, was not complete, or was being changed.
#[track_caller]
pub(crate) fn assert_no_damage() {
    assert_eq!(DAMAGED.load(Ordering::Relaxed), 0, "values were cleared or dropped that were not whole");
}

/// Nothing is left: the pool has been dropped, and all threads are done.
#[track_caller]
pub(crate) fn balance() {
    assert_no_damage();
    assert_eq!(alive(), 0, "values made and not dropped");
}

/// Forgets values that are never dropped, since their pool is a `static`.
pub(crate) fn write_off(values: usize) {
    DROPPED.fetch_add(values, Ordering::Relaxed);
}

/// What a planned panic carries.
struct Planned;

/// Runs a scenario in which one call of `Clear` in so many panics.
pub(crate) fn with_panics(once_in: usize, scenario: impl FnOnce()) {
    let before = PANICS_ONCE_IN.swap(once_in, Ordering::Relaxed);
    scenario();
    PANICS_ONCE_IN.store(before, Ordering::Relaxed);
}

/// Runs what no panic may disturb.
pub(crate) fn without_panics(part: impl FnOnce()) {
    with_panics(NEVER, part);
}

/// Runs what may clear a value; whether that has not panicked. Holds at most one guard that is dropped by a panic.
pub(crate) fn attempt(act: impl FnOnce()) -> bool {
    match panic::catch_unwind(panic::AssertUnwindSafe(act)) {
        Ok(()) => true,
        Err(panicked) if panicked.is::<Planned>() => false,
        Err(panicked) => panic::resume_unwind(panicked),
    }
}

/// A value that is whole, or cleared, or in one hand.
#[derive(Debug)]
pub(crate) struct Pooled {
    seal: AtomicU64,
    /// Its own, or [`CLEARED`], or [`UNNAMED`].
    key: AtomicUsize,
    /// A thread is changing it.
    is_held: AtomicBool,
    /// None or [`NUMBERS`], all alike. On the heap, so that a use after free of the value is one of this too.
    numbers: Vec<u64>,
    /// Where they were at first.
    memory: usize,
    /// As the numbers; in between, not.
    left: u64,
    right: u64,
}

impl Pooled {
    /// For a caller that has a guard: whether this is the value of `key`, complete, and no thread is changing it.
    #[track_caller]
    pub(crate) fn check(&self, key: usize) {
        assert_eq!(self.seal.load(Ordering::Relaxed), ALIVE, "a value was read that is not alive");
        let own = self.key.load(Ordering::Relaxed);
        assert_ne!(own, CLEARED, "a cleared value was read");
        assert!(own == key || own == UNNAMED, "a value of {own:#x} was read for {key:#x}");
        assert!(!self.is_held.load(Ordering::Relaxed), "a value was read that a thread is changing");
        assert!(self.is_whole() && self.left != 0, "a value was read that is half written");
    }

    fn is_whole(&self) -> bool {
        let length = if self.left == 0 { 0 } else { NUMBERS };
        self.left == self.right
            && self.numbers.len() == length
            && self.numbers.iter().all(|&number| number == self.left)
            && self.numbers.as_ptr().addr() == self.memory
    }

    /// Sets the key of an entry that was made without. For its creator, which has a guard of it.
    #[track_caller]
    pub(crate) fn name(&self, key: usize) {
        self.check(key);
        assert_eq!(self.key.swap(key, Ordering::Relaxed), UNNAMED, "another entry's value");
    }

    /// For its creator, which may know the key: fills the value, which must be new or cleared.
    #[track_caller]
    pub(crate) fn fill(&mut self, key: Option<usize>) {
        assert_eq!(self.seal.load(Ordering::Relaxed), ALIVE, "a creator got a value that is not alive");
        let own = self.key.swap(key.unwrap_or(UNNAMED), Ordering::Relaxed);
        assert!(own == CLEARED && self.left == 0 && self.is_whole(), "a creator got a value that was not cleared");
        self.change(1);
    }

    /// For the caller that has the only guard: changes a value that has been filled.
    #[track_caller]
    pub(crate) fn write(&mut self, key: usize) {
        self.check(key);
        self.change(self.left + 1);
    }

    fn change(&mut self, number: u64) {
        assert!(!self.is_held.swap(true, Ordering::Relaxed), "two have the only guard");
        self.left = number;
        self.numbers.clear();
        for turn in 0..NUMBERS {
            self.numbers.push(number);
            // Long enough to be seen, at times.
            if (number as usize + turn) % 8 == 0 {
                thread::yield_now();
            }
        }
        hint::black_box(&mut *self);
        self.right = number;
        assert!(self.is_held.swap(false, Ordering::Relaxed), "two have the only guard");
    }

    fn is_intact(&self) -> bool {
        self.seal.load(Ordering::Relaxed) == ALIVE && !self.is_held.load(Ordering::Relaxed) && self.is_whole()
    }
}

impl Default for Pooled {
    fn default() -> Self {
        MADE.fetch_add(1, Ordering::Relaxed);
        let numbers = Vec::<u64>::with_capacity(NUMBERS);
        let memory = numbers.as_ptr().addr();
        let (seal, key) = (AtomicU64::new(ALIVE), AtomicUsize::new(CLEARED));
        Self { seal, key, is_held: AtomicBool::new(false), numbers, memory, left: 0, right: 0 }
    }
}

impl Clear for Pooled {
    fn clear(&mut self) {
        // The books tell it, since it may be cleared where a panic is in the way.
        let was_whole = self.is_intact() && !self.is_held.swap(true, Ordering::Relaxed);
        if was_whole { &CLEARED_WHOLE } else { &DAMAGED }.fetch_add(1, Ordering::Relaxed);
        self.left = 0;
        let (clears, once_in) = (CLEARS.fetch_add(1, Ordering::Relaxed), PANICS_ONCE_IN.load(Ordering::Relaxed));
        if once_in != NEVER && clears % once_in == 0 {
            // Half cleared, it must not be seen again. Without a word: the panic hook would end the process.
            self.numbers.clear();
            (self.right, self.is_held) = (0, AtomicBool::new(false));
            panic::resume_unwind(Box::new(Planned));
        }
        self.numbers.clear();
        hint::black_box(&mut *self);
        self.right = 0;
        self.key.store(CLEARED, Ordering::Relaxed);
        self.is_held.store(false, Ordering::Relaxed);
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let was_whole = self.is_intact();
        self.seal.store(DEAD, Ordering::Relaxed);
        if was_whole { &DROPPED } else { &DAMAGED }.fetch_add(1, Ordering::Relaxed);
    }
}

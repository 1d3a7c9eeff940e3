//! Values that record what was done to them, and that perform operations when they end.

use std::cell::Cell;
use std::hint;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;

use flagstone::Clear;

use crate::books::{Books, Count};
use crate::history::{Operation, remember};
use crate::violation::{Planned, raise};

const ALIVE: u64 = 0xA11C_E5A1_1CE5_A11C;
const DEAD: u64 = 0xDEAD_0FF1_CE0F_DEAD;
/// The key of a cleared value.
const CLEARED: usize = usize::MAX;
/// The key of a value whose creator did not know it.
pub(crate) const UNNAMED: usize = usize::MAX - 1;
/// How many numbers a pool's value has on the heap.
const NUMBERS: usize = 2;
/// How deep the ends of values may be nested.
const DEEPEST: usize = 3;

/// All values of all stores, including those that pools keep.
pub(crate) static MADE: Count = Count::new();
pub(crate) static DROPPED: Count = Count::new();

thread_local! {
    static MAY_PANIC: Cell<bool> = const { Cell::new(false) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// The store that a value's end may use.
pub(crate) trait Reenter: Send + Sync {
    fn insert_one(&self, random: u64);
    fn remove_one(&self, random: u64);
}

/// What else happens at a value's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterlife {
    Insert,
    Remove,
    Panic,
}

/// Which threads may end an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belonging {
    Anybody,
    /// Only the worker that inserted it.
    One,
    /// None, as long as workers work. The entry has a number.
    Permanent(usize),
}

/// The properties of a new value.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) store: usize,
    pub(crate) name: &'static str,
    pub(crate) books: &'static Books,
    pub(crate) serial: u64,
    pub(crate) belonging: Belonging,
    pub(crate) afterlife: Option<(Afterlife, Weak<dyn Reenter>)>,
}

impl std::fmt::Debug for dyn Reenter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Reenter")
    }
}

/// A value that is intact, or cleared, or being changed by one thread.
#[derive(Debug)]
pub(crate) struct Value {
    seal: AtomicU64,
    /// Its own key, or [`CLEARED`], or [`UNNAMED`].
    key: AtomicUsize,
    /// Whether any worker may end it after all.
    is_free: AtomicBool,
    /// Equal to the next field, except for the thread that has the exclusive guard.
    left: u64,
    right: u64,
    /// The checksum of the serial number and `left`.
    sum: u64,
    /// Empty for a slab's value. A pool's value has [`NUMBERS`] of them on the heap, and keeps the memory when it is
    /// cleared.
    numbers: Vec<u64>,
    plan: Option<Plan>,
}

impl Value {
    /// Makes a slab's value.
    pub(crate) fn new(plan: Plan, key: usize) -> Self {
        let mut value = Self::blank(Vec::new());
        value.begin(plan, key);
        value
    }

    fn blank(numbers: Vec<u64>) -> Self {
        MADE.raise();
        let (seal, key) = (AtomicU64::new(ALIVE), AtomicUsize::new(CLEARED));
        Self { seal, key, is_free: AtomicBool::new(false), left: 0, right: 0, sum: 0, numbers, plan: None }
    }

    /// Fills a pool's value, which must be new or cleared.
    pub(crate) fn fill(&mut self, plan: Plan, key: usize) {
        let is_blank = self.seal.load(Relaxed) == ALIVE
            && self.key.load(Relaxed) == CLEARED
            && self.numbers.is_empty()
            && self.plan.is_none();
        if !is_blank {
            raise(plan.store, plan.name, key, "a creator got a value that is not a cleared one");
        }
        self.numbers.extend([plan.serial; NUMBERS]);
        self.begin(plan, key);
    }

    fn begin(&mut self, plan: Plan, key: usize) {
        plan.books.filled.raise();
        *self.key.get_mut() = key;
        *self.is_free.get_mut() = false;
        (self.left, self.right, self.sum) = (0, 0, checksum(plan.serial, 0));
        self.plan = Some(plan);
    }

    /// Checks a value that was found under that key and of which the caller holds a guard.
    pub(crate) fn check(&self, key: usize) -> Result<(), String> {
        if self.seal.load(Relaxed) != ALIVE {
            return Err("a value was read that is destroyed, or none".to_owned());
        }
        let own = self.key.load(Relaxed);
        if own == CLEARED {
            return Err("a value was read that is cleared".to_owned());
        }
        if own != key && own != UNNAMED {
            return Err(format!("the value of the key {own:#x} was read"));
        }
        let whole = self.left == self.right && self.plan.as_ref().is_some_and(|plan| self.is_sound(plan.serial));
        if whole { Ok(()) } else { Err("a value was read that is torn or overwritten".to_owned()) }
    }

    fn is_sound(&self, serial: u64) -> bool {
        self.sum == checksum(serial, self.left) && self.numbers.iter().all(|&number| number == serial)
    }

    /// Sets its key, if it had none.
    pub(crate) fn name(&self, key: usize) {
        let _ = self.key.compare_exchange(UNNAMED, key, Relaxed, Relaxed);
    }

    /// Allows every worker to end it from now on.
    pub(crate) fn set_free(&self) {
        self.is_free.store(true, Relaxed);
    }

    /// Returns which threads may end it.
    pub(crate) fn belonging(&self) -> Belonging {
        match &self.plan {
            Some(plan) if !self.is_free.load(Relaxed) => plan.belonging,
            _ => Belonging::Anybody,
        }
    }

    /// Changes the value, which requires exclusive access.
    pub(crate) fn write(&mut self) {
        self.left += 1;
        hint::black_box(&mut *self);
        self.sum = checksum(self.plan.as_ref().map_or(0, |plan| plan.serial), self.left);
        self.right += 1;
    }

    /// Counts the end, and returns what is to be done next.
    fn end(&mut self, destroyed: bool) -> Option<(Afterlife, Weak<dyn Reenter>, Plan)> {
        let seal = *self.seal.get_mut();
        if destroyed {
            // Not a plain store: the compiler would remove it, because nothing may read it any more.
            self.seal.store(DEAD, Relaxed);
        }
        let key = self.key.swap(CLEARED, Relaxed);
        let mut plan = self.plan.take();
        let (store, name) = plan.as_ref().map_or((usize::MAX, "a store"), |plan| (plan.store, plan.name));
        if seal != ALIVE {
            raise(store, name, key, "a value was ended that is destroyed already, or none");
        } else if let Some(plan) = &plan {
            if self.left != self.right || !self.is_sound(plan.serial) {
                raise(store, name, key, "a value was ended that is torn, overwritten or being changed");
            }
            plan.books.ended.raise();
        } else if !destroyed {
            raise(store, name, key, "a value was cleared that is cleared already");
        }
        hint::black_box(&mut *self);
        let (afterlife, stage) = plan.as_mut()?.afterlife.take()?;
        Some((afterlife, stage, plan?))
    }
}

#[cfg(test)]
impl Value {
    /// Simulates a concurrent write.
    pub(crate) fn tear(&mut self) {
        self.left += 1;
    }

    /// Simulates a drop.
    pub(crate) fn destroy(&mut self) {
        let _ = self.end(true);
    }
}

fn checksum(serial: u64, left: u64) -> u64 {
    (serial ^ left.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Performs what is planned after a value's end.
fn live_on(end: Option<(Afterlife, Weak<dyn Reenter>, Plan)>) {
    let Some((afterlife, stage, plan)) = end else { return };
    if afterlife == Afterlife::Panic {
        if MAY_PANIC.get() && !thread::panicking() {
            remember(Operation::PanicInDrop, plan.store, 0);
            panic::panic_any(Planned);
        }
        return;
    }
    // Does nothing if the store itself is being dropped.
    let Some(stage) = stage.upgrade() else { return };
    if DEPTH.get() < DEEPEST {
        DEPTH.set(DEPTH.get() + 1);
        match afterlife {
            Afterlife::Insert => stage.insert_one(plan.serial),
            _ => stage.remove_one(plan.serial),
        }
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Calls a function that may end values whose ends panic. Returns whether none did.
pub(crate) fn attempt(act: impl FnOnce()) -> bool {
    let depth = DEPTH.get();
    MAY_PANIC.set(true);
    let ended = panic::catch_unwind(AssertUnwindSafe(act));
    MAY_PANIC.set(false);
    DEPTH.set(depth);
    match ended {
        Ok(()) => true,
        Err(panicked) if panicked.is::<Planned>() => false,
        Err(panicked) => panic::resume_unwind(panicked),
    }
}

impl Default for Value {
    fn default() -> Self {
        Self::blank(Vec::with_capacity(NUMBERS))
    }
}

impl Clear for Value {
    fn clear(&mut self) {
        let end = self.end(false);
        let panics = end.as_ref().is_some_and(|(afterlife, ..)| *afterlife == Afterlife::Panic);
        if !panics {
            self.numbers.clear(); // otherwise half cleared: no creator may get it
        }
        live_on(end);
        self.numbers.clear();
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        let end = self.end(true);
        DROPPED.raise();
        live_on(end);
    }
}

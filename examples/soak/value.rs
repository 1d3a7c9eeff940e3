//! Values that tell what was done to them, whose ends do something.

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
/// What a cleared value has for a key.
const CLEARED: usize = usize::MAX;
/// What a value has for a key whose creator did not know it.
pub(crate) const UNNAMED: usize = usize::MAX - 1;
/// How many numbers a pool's value has on the heap.
const NUMBERS: usize = 2;
/// How deep ends of values may lead to ends of values.
const DEEPEST: usize = 3;

/// All values of all stores, those that pools keep among them.
pub(crate) static MADE: Count = Count::new();
pub(crate) static DROPPED: Count = Count::new();

thread_local! {
    static MAY_PANIC: Cell<bool> = const { Cell::new(false) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Where a value's end may go on.
pub(crate) trait Reenter: Send + Sync {
    fn insert_one(&self, random: u64);
    fn remove_one(&self, random: u64);
}

/// What a value's end does beside ending it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterlife {
    Insert,
    Remove,
    Panic,
}

/// Who may end an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belonging {
    Anybody,
    /// Whoever inserted it, alone.
    One,
    /// Nobody, as long as workers work. It has a number.
    Permanent(usize),
}

/// What a new value is to be.
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

/// A value that is whole, or cleared, or in one hand.
#[derive(Debug)]
pub(crate) struct Value {
    seal: AtomicU64,
    /// Its own, or [`CLEARED`], or [`UNNAMED`].
    key: AtomicUsize,
    /// Belongs to anybody after all.
    is_free: AtomicBool,
    /// Equal, but for whoever has the only guard.
    left: u64,
    right: u64,
    /// Of the serial number and `left`.
    sum: u64,
    /// None of a slab's value; of a pool's as many as [`NUMBERS`], on the heap, kept while it is cleared.
    numbers: Vec<u64>,
    plan: Option<Plan>,
}

impl Value {
    /// A slab's value.
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

    /// Says what is wrong with it, for whoever has found it under that key and holds it.
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

    /// Tells it its key, if it did not know.
    pub(crate) fn name(&self, key: usize) {
        let _ = self.key.compare_exchange(UNNAMED, key, Relaxed, Relaxed);
    }

    /// Anybody may end it from now on.
    pub(crate) fn set_free(&self) {
        self.is_free.store(true, Relaxed);
    }

    /// Who may end it.
    pub(crate) fn belonging(&self) -> Belonging {
        match &self.plan {
            Some(plan) if !self.is_free.load(Relaxed) => plan.belonging,
            _ => Belonging::Anybody,
        }
    }

    /// What only exclusive access may do.
    pub(crate) fn write(&mut self) {
        self.left += 1;
        hint::black_box(&mut *self);
        self.sum = checksum(self.plan.as_ref().map_or(0, |plan| plan.serial), self.left);
        self.right += 1;
    }

    /// The books, and what is to be done then.
    fn end(&mut self, destroyed: bool) -> Option<(Afterlife, Weak<dyn Reenter>, Plan)> {
        let seal = *self.seal.get_mut();
        if destroyed {
            // Not plainly: the compiler would see that nobody may look at it any more.
            self.seal.store(DEAD, Relaxed);
        }
        let key = self.key.swap(CLEARED, Relaxed);
        let mut plan = self.plan.take();
        let (store, name) = plan.as_ref().map_or((usize::MAX, "a store"), |plan| (plan.store, plan.name));
        if seal != ALIVE {
            raise(store, name, key, "a value was ended that is destroyed already, or none");
        } else if let Some(plan) = &plan {
            if self.left != self.right || !self.is_sound(plan.serial) {
                raise(store, name, key, "a value was ended that is torn, overwritten or in somebody's hand");
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
    /// As if somebody wrote to it meanwhile.
    pub(crate) fn tear(&mut self) {
        self.left += 1;
    }

    /// As if it had been dropped.
    pub(crate) fn destroy(&mut self) {
        let _ = self.end(true);
    }
}

fn checksum(serial: u64, left: u64) -> u64 {
    (serial ^ left.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Goes on where a value has ended.
fn live_on(end: Option<(Afterlife, Weak<dyn Reenter>, Plan)>) {
    let Some((afterlife, stage, plan)) = end else { return };
    if afterlife == Afterlife::Panic {
        if MAY_PANIC.get() && !thread::panicking() {
            remember(Operation::PanicInDrop, plan.store, 0);
            panic::panic_any(Planned);
        }
        return;
    }
    // Nothing, if the store itself is being dropped.
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

/// Does what may end values whose ends panic. Whether none did.
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
            self.numbers.clear(); // else half cleared: nobody may get it
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

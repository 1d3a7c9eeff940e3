//! Who am I: the small number of the current thread, reused after it ends.
//!
//! A process-wide registry hands out the lowest free number, from 1 up; a thread gives its number back when its
//! thread-locals are destroyed, and whoever gets it next inherits the shards of that number in every slab. The
//! registry's lock is what orders the last plain write of one owner before the first read of the next (invariant T2 of
//! `implementation.md`).

use core::cell::Cell;
use std::{cmp::Reverse, collections::BinaryHeap, sync::PoisonError};

use crate::sync::{
    self, Mutex,
    shared::{self, Handle, Shared},
};

/// No number yet. Like [`ENDED`] larger than any number, so that one comparison tells both from a shard's number.
const UNREGISTERED: usize = usize::MAX - 1;

/// The thread has given its number back, or could not keep one: its thread-locals are being torn down.
const ENDED: usize = usize::MAX;

sync::thread_local_const! {
    /// Read on every insertion and removal, so it has neither a lazy initialiser nor a destructor.
    static CURRENT: Current =
        Current { number: Cell::new(UNREGISTERED), pins: Cell::new(0), former: Cell::new(ENDED) };
}

/// What a thread knows of itself.
struct Current {
    number: Cell<usize>,
    /// How many pins, of whatever slab, the thread has out.
    pins: Cell<usize>,
    /// The number that it had, while it keeps that for its pins alone.
    former: Cell<usize>,
}

sync::thread_local! {
    /// Exists to run its destructor.
    static REGISTRATION: Registration = Registration::new();
}

sync::lazy_static! {
    static ref REGISTRY: Shared<Mutex<Registry>> = shared::new(Mutex::new(Registry::default()));
}

/// The numbers that no thread has.
#[derive(Default)]
struct Registry {
    /// How many numbers were ever handed out: they are 1 to this. There is room for all of them among the free ones, so
    /// that a thread which ends needs no memory.
    highest: usize,
    free: BinaryHeap<Reverse<usize>>,
}

impl Registry {
    /// `None` if there is no memory for one number more.
    fn take_lowest(&mut self) -> Option<usize> {
        if let Some(Reverse(number)) = self.free.pop() {
            return Some(number);
        }
        self.free.try_reserve(self.highest + 1).ok()?;
        self.highest += 1;
        Some(self.highest)
    }

    fn give_back(&mut self, number: usize) {
        self.free.push(Reverse(number));
    }
}

/// A thread's hold on its number.
struct Registration {
    /// [`ENDED`] if there was no memory for one: then the thread never gets a number.
    number: usize,
    registry: Handle<Mutex<Registry>>,
}

impl Registration {
    fn new() -> Self {
        let registry = shared::handle(&REGISTRY);
        let number = registry.lock().unwrap_or_else(PoisonError::into_inner).take_lowest();
        Self { number: number.unwrap_or(ENDED), registry }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // First: from here on this thread owns no shard.
        let _ = CURRENT.try_with(|current| current.number.set(ENDED));
        if self.number == ENDED {
            // It has never had one.
        } else if pins() == 0 {
            self.registry.lock().unwrap_or_else(PoisonError::into_inner).give_back(self.number);
        } else {
            let _ = CURRENT.try_with(|current| current.former.set(self.number));
        }
    }
}

/// Keeps the current thread's number from being given back until as many calls of [`give_up`] have followed: its pins
/// may outlive its registration, in another thread-local.
#[inline(always)]
pub(crate) fn keep() {
    let _ = CURRENT.try_with(|current| current.pins.set(current.pins.get() + 1));
}

/// Undoes a call of [`keep`] on the same thread, whose number was `number` then.
#[inline(always)]
pub(crate) fn give_up(number: usize) {
    let _ = CURRENT.try_with(|current| current.pins.set(current.pins.get() - 1));
    if current() != number {
        give_back_late(number);
    }
}

/// The thread has ended, as far as its number goes, and this may have been its last pin.
#[cold]
fn give_back_late(number: usize) {
    if pins() == 0 {
        let _ = CURRENT.try_with(|current| current.former.set(ENDED));
        shared::handle(&REGISTRY).lock().unwrap_or_else(PoisonError::into_inner).give_back(number);
    }
}

fn pins() -> usize {
    CURRENT.try_with(|current| current.pins.get()).unwrap_or(0)
}

/// The number under which the current thread's pins are, if it has any; else perhaps a value larger than any number.
pub(crate) fn of_pins() -> usize {
    match current() {
        ENDED => CURRENT.try_with(|current| current.former.get()).unwrap_or(ENDED),
        number => number,
    }
}

/// The current thread's number if it has one, else a value larger than any number. Wait-free: one plain load.
#[inline(always)]
pub(crate) fn current() -> usize {
    CURRENT.try_with(|current| current.number.get()).unwrap_or(ENDED)
}

/// Like [`current`], but gives the thread a number if it has none yet and still can get one. May wait for the
/// registry's lock.
#[cold]
pub(crate) fn current_or_register() -> usize {
    let current = current();
    if current != UNREGISTERED {
        return current;
    }
    let number = REGISTRATION.try_with(|registration| registration.number).unwrap_or(ENDED);
    let _ = CURRENT.try_with(|current| current.number.set(number));
    number
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

//! Who am I: the small number of the current thread, reused after it ends.
//!
//! A process-wide registry hands out the lowest free number, from 1 up; a thread gives its number back when its
//! thread-locals are destroyed, and whoever gets it next inherits the shards of that number in every slab. The
//! registry's lock is what orders the last plain write of one owner before the first read of the next (invariant T2 of
//! `implementation.md`).

use core::{cell::Cell, mem, ops::DerefMut};
use std::{cmp::Reverse, collections::BinaryHeap, sync::PoisonError};

use crate::sync::{
    self, Mutex,
    shared::{self, Handle, Shared},
};

/// No number yet. Like [`ENDED`] larger than any number, so that one comparison tells both from a shard's number.
const UNREGISTERED: usize = usize::MAX - 1;

/// The thread has no number and gets none: its thread-locals are being torn down, or there was no memory for one.
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
    /// `None` if there is no room for one number more: see [`Self::move_to`].
    fn take_lowest(&mut self) -> Option<usize> {
        if let Some(Reverse(number)) = self.free.pop() {
            return Some(number);
        }
        if self.free.capacity() == self.highest {
            return None;
        }
        self.highest += 1;
        Some(self.highest)
    }

    /// How much room there should be for a number more.
    fn wanted_room(&self) -> usize {
        2 * self.highest + 4
    }

    /// Moves to a heap with more room, and returns the one that is not used any more.
    fn move_to(&mut self, mut larger: BinaryHeap<Reverse<usize>>) -> BinaryHeap<Reverse<usize>> {
        if larger.capacity() <= self.free.capacity() {
            return larger;
        }
        larger.extend(self.free.drain());
        mem::replace(&mut self.free, larger)
    }

    fn give_back(&mut self, number: usize) {
        self.free.push(Reverse(number));
    }
}

/// A thread's hold on its number.
struct Registration {
    /// [`ENDED`] until it has one.
    number: Cell<usize>,
    registry: Handle<Mutex<Registry>>,
}

impl Registration {
    fn new() -> Self {
        Self { number: Cell::new(ENDED), registry: shared::handle(&REGISTRY) }
    }

    fn registry(&self) -> impl DerefMut<Target = Registry> + '_ {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gets the thread a number, unless there is no memory for it.
    fn register(&self) -> Option<usize> {
        loop {
            let taken = self.registry().take_lowest();
            if let Some(number) = taken {
                self.number.set(number);
                return Some(number);
            }
            // The allocator is the user's, and may use a slab itself: so it is called without the lock, here and where
            // the smaller heap is given back, and may have registered the thread meanwhile.
            let wanted = self.registry().wanted_room();
            let mut larger = BinaryHeap::new();
            let has_memory = larger.try_reserve_exact(wanted).is_ok();
            if has_memory {
                let smaller = self.registry().move_to(larger);
                drop(smaller);
            }
            if self.number.get() != ENDED {
                return Some(self.number.get());
            }
            if !has_memory {
                return None;
            }
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // First: from here on this thread owns no shard.
        let _ = CURRENT.try_with(|current| current.number.set(ENDED));
        let number = self.number.get();
        if number == ENDED {
            // It has never had one.
        } else if pins() == 0 {
            self.registry().give_back(number);
        } else {
            let _ = CURRENT.try_with(|current| current.former.set(number));
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
    let number = REGISTRATION.try_with(Registration::register).ok().flatten().unwrap_or(ENDED);
    let _ = CURRENT.try_with(|current| current.number.set(number));
    number
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

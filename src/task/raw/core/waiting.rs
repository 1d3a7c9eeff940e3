//! Claims that wait for room, first in, first out, in constant time.
//!
//! A waiter that is woken owns a place, which the population counts on the waiter's behalf. While claims wait, no other
//! task gets a place, so no waiter is overtaken.

use core::{mem, task::Waker};
use std::sync::PoisonError;

use super::population::Population;
use crate::{
    sync::Mutex,
    task::raw::{growing::make_room, quietly},
};

/// The index that names no entry.
const NONE: usize = usize::MAX;
/// This number of entries is kept when no claim waits.
const KEPT: usize = 64;

/// The claims that wait for room; `None` before the first has waited. No user code runs under the lock.
pub(in crate::task::raw) struct Waiting(Mutex<Option<Box<Queue>>>);

struct Queue {
    entries: Vec<Entry>,
    /// The first of the free entries, linked by `after`; then the number of entries that are not free.
    free: usize,
    in_use: usize,
    /// The first and the last of the waiting entries.
    first: usize,
    last: usize,
}

struct Entry {
    state: State,
    before: usize,
    after: usize,
}

enum State {
    Free,
    /// In the queue.
    Waits(Waker),
    /// The waiter owns a place, which the population counts.
    Granted,
    /// The executor has ended: the waiter will get no place.
    Told,
}

impl Queue {
    const fn new() -> Self {
        Self { entries: Vec::new(), free: NONE, in_use: 0, first: NONE, last: NONE }
    }

    fn is_empty(&self) -> bool {
        self.first == NONE
    }

    /// Adds an entry to the queue. The list has room.
    fn push(&mut self, waker: Waker) -> usize {
        let entry = Entry { state: State::Waits(waker), before: self.last, after: NONE };
        let place = self.free;
        let place = if place == NONE {
            self.entries.push(entry);
            self.entries.len() - 1
        } else {
            self.free = mem::replace(&mut self.entries[place], entry).after;
            place
        };
        match self.last {
            NONE => self.first = place,
            last => self.entries[last].after = place,
        }
        self.last = place;
        self.in_use += 1;
        place
    }

    /// Takes an entry out of the queue, and puts it in `state`. Returns its state before.
    fn unlink(&mut self, place: usize, state: State) -> State {
        let entry = &mut self.entries[place];
        let (before, after) = (entry.before, entry.after);
        let waited = mem::replace(&mut entry.state, state);
        match before {
            NONE => self.first = after,
            before => self.entries[before].after = after,
        }
        match after {
            NONE => self.last = before,
            after => self.entries[after].before = before,
        }
        waited
    }

    fn pop(&mut self, state: State) -> Option<Waker> {
        if self.is_empty() {
            return None;
        }
        match self.unlink(self.first, state) {
            State::Waits(waker) => Some(waker),
            State::Free | State::Granted | State::Told => unreachable!("it was in the queue"),
        }
    }

    /// Frees an entry. Returns its state before.
    fn free(&mut self, place: usize) -> State {
        let state = match self.entries[place].state {
            State::Waits(_) => self.unlink(place, State::Free),
            _ => mem::replace(&mut self.entries[place].state, State::Free),
        };
        self.entries[place].after = mem::replace(&mut self.free, place);
        self.in_use -= 1;
        state
    }

    /// Returns the memory of a long queue that is no longer used.
    fn trim(&mut self) -> Option<Self> {
        (self.in_use == 0 && self.entries.capacity() > KEPT).then(|| mem::replace(self, Self::new()))
    }
}

impl Waiting {
    pub(in crate::task::raw) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Calls `act` with the queue, if there is one.
    fn with_any<R>(&self, act: impl FnOnce(&mut Queue) -> R) -> Option<R> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_deref_mut().map(act)
    }

    /// Does the same, where a claim waits or has waited, so that there is a queue.
    fn with<R>(&self, act: impl FnOnce(&mut Queue) -> R) -> R {
        self.with_any(act).expect("a queue is never removed")
    }

    /// Makes the queue, unless there is one. Called by the owner, the only thread that makes it.
    fn make_queue(&self) {
        if self.with_any(|_| ()).is_none() {
            // The allocator is called outside the lock, and may itself make a queue.
            let made = Box::new(Queue::new());
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let unused = if queue.is_none() { queue.replace(made) } else { Some(made) };
            drop(queue);
            drop(unused);
        }
    }

    /// Waits for a place. Returns `None` if there is one, which is now the caller's and counted. Otherwise returns the
    /// entry in the queue. Amortized constant time. Called by the owner.
    pub(in crate::task::raw) fn wait(&self, population: &Population, waker: &Waker) -> Option<usize> {
        let waker = waker.clone();
        self.make_queue();
        make_room(|act| self.with(|queue| act(&mut queue.entries)));
        let place = self.with(|queue| {
            population.wait();
            // A thread that frees a place from now on sees that a claim waits; a place that was freed before is seen
            // here.
            if queue.is_empty() && population.one_more_for_waiting() {
                population.wait_no_more();
                return Err(waker);
            }
            Ok(queue.push(waker))
        });
        // An unused waker is dropped here, outside the lock.
        place.ok()
    }

    /// Returns whether the waiter of an entry now owns a place. If so, the entry is freed. Otherwise `waker` is woken
    /// when the waiter gets a place. Called by the owner.
    pub(in crate::task::raw) fn is_granted(&self, place: usize, waker: &Waker) -> bool {
        let look = |queue: &mut Queue| match &queue.entries[place].state {
            State::Granted => {
                queue.free(place);
                Some(true)
            }
            State::Waits(before) if before.will_wake(waker) => Some(false),
            _ => None,
        };
        if let Some(is_granted) = self.with(look) {
            return is_granted;
        }
        // User code, which may panic: then the waiter is unchanged.
        let waker = waker.clone();
        let (is_granted, unused) = self.with(|queue| match &mut queue.entries[place].state {
            State::Waits(before) => (false, Some(mem::replace(before, waker))),
            State::Granted => {
                queue.free(place);
                (true, Some(waker))
            }
            State::Free | State::Told => (false, Some(waker)),
        });
        drop(unused);
        is_granted
    }

    /// Removes a waiter. Returns whether it owns a place, which the caller must subtract from the population. Called by
    /// the owner.
    #[must_use]
    pub(in crate::task::raw) fn leave(&self, population: &Population, place: usize) -> bool {
        let (state, _memory) = self.with(|queue| {
            let waited = !queue.is_empty();
            let state = queue.free(place);
            if waited && queue.is_empty() {
                population.wait_no_more();
            }
            (state, queue.trim())
        });
        // A waker is user code, which may panic.
        matches!(state, State::Granted)
    }

    /// Grants places that were freed: an equal number of waiters get one each, and are woken.
    #[cold]
    pub(in crate::task::raw) fn grant(&self, population: &Population) {
        let grant = |queue: &mut Queue| {
            if queue.is_empty() || !population.one_more_for_waiting() {
                return None;
            }
            let waker = queue.pop(State::Granted);
            if queue.is_empty() {
                population.wait_no_more();
            }
            waker
        };
        while let Some(waker) = self.with_any(grant).flatten() {
            quietly::wake(waker);
        }
    }

    /// Wakes all waiters, which wait no more, because there will be no more places.
    pub(in crate::task::raw) fn tell_all(&self, population: &Population) {
        while let Some(waker) = self.with_any(|queue| queue.pop(State::Told)).flatten() {
            quietly::wake(waker);
        }
        population.wait_no_more();
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

//! The drivers of an executor that sleep: futures of `block_on` and `run_until` that found nothing to do, each with the
//! waker of the task or thread that polls it.
//!
//! A driver belongs to the *circle* in which it was polled last: the executor that drove the thread then, or no
//! executor of this crate. Of each circle the driver that slept last is woken, since any one of a circle can drive for
//! all, if it can be polled. Of two circles, one may be blocked below the other on the thread's stack; so one driver of
//! each is woken.

use core::{mem, task::Waker};

use crate::task::raw::growing::make_room;

/// The index that names no entry.
const NONE: usize = usize::MAX;

/// The drivers that sleep. No user code runs in here: wakers are only moved, and the lists have room.
pub(in crate::task::raw) struct Sleepers {
    entries: Vec<Entry>,
    /// The first of the free entries, linked by `below`.
    free: usize,
    circles: Vec<Circle>,
    /// The number of the last [round](Self::begin_round).
    round: usize,
}

/// The entry of a driver, from its sleep until it is polled again or dropped.
struct Entry {
    /// `None` if the driver was woken, and is in no circle, or if the entry is free.
    waker: Option<Waker>,
    circle: usize,
    /// The drivers of the same circle that slept after it, and before it.
    above: usize,
    below: usize,
}

struct Circle {
    name: usize,
    /// The driver that slept last; there is one.
    top: usize,
    /// The last round that has woken one of the circle, or that had begun when the circle was made.
    round: usize,
}

impl Sleepers {
    pub(in crate::task::raw) fn new() -> Self {
        Self { entries: Vec::new(), free: NONE, circles: Vec::new(), round: 0 }
    }

    /// Makes room for one more driver. `with` gives access; the allocator is called outside.
    pub(in crate::task::raw) fn make_room(with: impl Fn(&mut dyn FnMut(&mut Self))) {
        make_room(|act| with(&mut |sleepers| act(&mut sleepers.entries)));
        make_room(|act| with(&mut |sleepers| act(&mut sleepers.circles)));
    }

    /// Adds a driver that sleeps. Returns its place. The lists have room.
    pub(in crate::task::raw) fn insert(&mut self, circle: usize, waker: Waker) -> usize {
        let place = self.free;
        let entry = Entry { waker: Some(waker), circle, above: NONE, below: NONE };
        let place = if place == NONE {
            self.entries.push(entry);
            self.entries.len() - 1
        } else {
            self.free = mem::replace(&mut self.entries[place], entry).below;
            place
        };
        match self.circles.iter_mut().find(|known| known.name == circle) {
            Some(known) => {
                let below = mem::replace(&mut known.top, place);
                self.entries[place].below = below;
                self.entries[below].above = place;
            }
            None => self.circles.push(Circle { name: circle, top: place, round: self.round }),
        }
        place
    }

    /// Removes a driver that sleeps no more. Returns its waker, unless that was woken.
    pub(in crate::task::raw) fn remove(&mut self, place: usize) -> Option<Waker> {
        let waker = self.take(place);
        self.entries[place].below = mem::replace(&mut self.free, place);
        waker
    }

    /// Takes a driver's waker, and removes the driver from its circle.
    pub(in crate::task::raw) fn take(&mut self, place: usize) -> Option<Waker> {
        let entry = &mut self.entries[place];
        let waker = entry.waker.take()?;
        let (circle, above, below) = (entry.circle, entry.above, entry.below);
        if below != NONE {
            self.entries[below].above = above;
        }
        if above != NONE {
            self.entries[above].below = below;
        } else {
            let known = self.circles.iter().position(|known| known.name == circle);
            let known = known.expect("a driver that sleeps is in a circle");
            if below == NONE {
                self.circles.swap_remove(known);
            } else {
                self.circles[known].top = below;
            }
        }
        Some(waker)
    }

    /// Begins to wake one driver of each circle. Returns the round's number, for
    /// [`next_of_round`](Self::next_of_round).
    pub(in crate::task::raw) fn begin_round(&mut self) -> usize {
        self.round = self.round.wrapping_add(1);
        self.round
    }

    /// Takes the waker of the next driver that this round wakes.
    pub(in crate::task::raw) fn next_of_round(&mut self, round: usize) -> Option<Waker> {
        // On 32 bits the numbers wrap around; the difference is still right.
        let known = self.circles.iter_mut().find(|known| (round.wrapping_sub(known.round) as isize) > 0)?;
        known.round = round;
        let top = known.top;
        self.take(top)
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;

//! Those who wait for room, in the order in which they came.

use core::{mem, task::Waker};
use std::sync::PoisonError;

use super::{growing::make_room, population::Population, quietly};
use crate::sync::Mutex;

/// Those who wait for room. The first alone may claim it, and stays the first until he has, or goes. No user code runs under
/// the lock.
pub(super) struct Waiting(Mutex<Vec<Place>>);

/// Somebody who waits.
struct Place {
    /// Greater than those of all who came before.
    number: usize,
    /// `None` once he was told.
    waker: Option<Waker>,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Vec<Place>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.with(|waiting| waiting.is_empty())
    }

    /// Somebody waits, under a number of his own. Whether he is the first: then whoever frees a slot from now on tells him, and
    /// one that was freed before is his to claim.
    pub(super) fn wait(&self, population: &Population, number: usize, waker: &Waker) -> bool {
        let waker = Some(waker.clone());
        make_room(|act| self.with(|waiting| act(waiting)));
        let (before, is_first) = self.with(|waiting| {
            population.wait();
            let before = match waiting.iter_mut().find(|place| place.number == number) {
                Some(place) => mem::replace(&mut place.waker, waker),
                None => {
                    waiting.push(Place { number, waker });
                    None
                }
            };
            (before, waiting[0].number == number)
        });
        drop(before);
        is_first
    }

    /// Somebody does not wait any more: he has claimed a slot, or lost his interest.
    pub(super) fn leave(&self, population: &Population, number: usize) {
        let (left, was_first) = self.with(|waiting| {
            let place = waiting.iter().position(|place| place.number == number);
            let left = place.map(|place| waiting.remove(place));
            if waiting.is_empty() {
                population.wait_no_more();
            }
            (left, place == Some(0))
        });
        if was_first {
            // Whether there is room the next one sees himself.
            self.tell();
        }
        // User code, which may panic.
        drop(left);
    }

    /// Tells all, who do not wait any more.
    pub(super) fn tell_all(&self, population: &Population) {
        let all = self.with(|waiting| {
            population.wait_no_more();
            mem::take(waiting)
        });
        all.into_iter().filter_map(|place| place.waker).for_each(quietly::wake);
    }

    /// Tells the first that there may be room, unless he knows.
    #[cold]
    pub(super) fn tell(&self) {
        if let Some(waker) = self.with(|waiting| waiting.first_mut().and_then(|place| place.waker.take())) {
            quietly::wake(waker);
        }
    }
}

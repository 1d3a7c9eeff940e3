//! Those who wait for room, in the order in which they came.

use core::{mem, task::Waker};
use std::sync::PoisonError;

use super::{population::Population, quietly};
use crate::sync::Mutex;

/// Those who wait for room, each with a number of his own. No user code runs under the lock.
pub(super) struct Waiting(Mutex<Vec<(usize, Waker)>>);

impl Waiting {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Vec<(usize, Waker)>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that somebody waits: whoever frees a slot from now on tells the first. By the core's owner.
    pub(super) fn wait(&self, population: &Population, number: usize, waker: &Waker) {
        let waker = waker.clone();
        let before = self.with(|waiting| {
            population.wait();
            match waiting.iter_mut().find(|(other, _)| *other == number) {
                Some((_, place)) => Some(mem::replace(place, waker)),
                None => {
                    waiting.push((number, waker));
                    None
                }
            }
        });
        drop(before);
    }

    /// Somebody does not wait any more. Whether he had been told.
    pub(super) fn was_told(&self, population: &Population, number: usize) -> bool {
        let waker = self.with(|waiting| {
            let place = waiting.iter().position(|(other, _)| *other == number);
            let waker = place.map(|place| waiting.remove(place));
            if waiting.is_empty() {
                population.wait_no_more();
            }
            waker
        });
        waker.is_none()
    }

    /// Tells the first who waits, if somebody does: whether there was one.
    #[cold]
    pub(super) fn tell_one(&self, population: &Population) -> bool {
        let told = self.with(|waiting| {
            let first = if waiting.is_empty() { None } else { Some(waiting.remove(0)) };
            if waiting.is_empty() {
                population.wait_no_more();
            }
            first
        });
        let Some((_, waker)) = told else { return false };
        quietly::wake(waker);
        true
    }
}

//! Futures that are woken in random order, by the thread that polls the set, between polls of the set.

use super::{Obstacle, Subject, Trial, Work};
use crate::report::random::Random;
use crate::sets::outer::{Outer, Rest};
use crate::sets::subject::{Set, tokio};
use ::tokio::task::{JoinSet, yield_now};
use std::iter;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// How many batches are woken before the same order begins again.
const BATCHES: usize = 1 << 12;

/// How many batches are checked for lost wakes.
const TRIAL: usize = 1_000;

/// Some futures, chosen at random, none twice, are woken; then the set is polled until it has nothing to do.
#[derive(Clone, Copy)]
pub(super) struct Woken {
    /// How many there are.
    pub(super) futures: usize,
    /// How many of them are woken at once.
    pub(super) at_once: usize,
}

/// Stores its waker at its first poll, and is never ready.
struct Waiting {
    polls: u64,
    ledger: Arc<Ledger>,
}

/// The shared state of all futures.
#[derive(Default)]
struct Ledger {
    wakers: Mutex<Vec<Waker>>,
    /// How often the futures that were dropped had been polled.
    polls: AtomicU64,
}

impl Future for Waiting {
    type Output = u64;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u64> {
        self.polls += 1;
        if self.polls == 1 {
            self.ledger.leave(context.waker());
        }
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.ledger.polls.fetch_add(self.polls, Relaxed);
    }
}

impl Ledger {
    #[cold]
    fn leave(&self, waker: &Waker) {
        self.wakers.lock().expect("no thread panics while it is locked").push(waker.clone());
    }

    /// Returns the wakers of all futures.
    fn wakers(&self) -> Vec<Waker> {
        mem::take(&mut *self.wakers.lock().expect("no thread panics while it is locked"))
    }
}

/// The batches that are woken, in order.
struct Order {
    numbers: Vec<u32>,
    at_once: usize,
    place: usize,
}

impl Order {
    #[inline]
    fn next(&mut self) -> &[u32] {
        if self.place == self.numbers.len() {
            self.place = 0;
        }
        let begun = self.place;
        self.place += self.at_once;
        &self.numbers[begun..self.place]
    }
}

impl Woken {
    /// Returns an endless sequence of batches.
    fn batches(self) -> impl Iterator<Item = Vec<u32>> {
        let mut random = Random::new(7);
        let mut numbers: Vec<u32> = (0..self.futures as u32).collect();
        iter::repeat_with(move || {
            for place in 0..self.at_once {
                numbers.swap(place, place + random.below(self.futures - place));
            }
            numbers[..self.at_once].to_vec()
        })
    }

    /// Returns the batches of a measurement.
    fn order(self) -> Order {
        let numbers = self.batches().take(BATCHES).flatten().collect();
        Order { numbers, at_once: self.at_once, place: 0 }
    }

    /// Returns the futures and their shared state.
    fn waiting(self) -> (Arc<Ledger>, impl Iterator<Item = Waiting>) {
        let ledger = Arc::<Ledger>::default();
        let futures = iter::repeat_n(Arc::clone(&ledger), self.futures).map(|ledger| Waiting { polls: 0, ledger });
        (ledger, futures)
    }

    /// Returns an error unless each future was polled once at first and after each wake of `TRIAL` batches.
    fn check(self, ledger: &Ledger) -> Result<(), Obstacle> {
        let (expected, polls) = ((self.futures + TRIAL * self.at_once) as u64, ledger.polls.load(Relaxed));
        if polls == expected { Ok(()) } else { Err(format!("wrong: polled {polls} times instead of {expected}")) }
    }

    /// Makes a set whose futures have been polled, and their wakers.
    fn filled<S: Subject>(self, outer: &Outer) -> (S::Set<Waiting>, Arc<Ledger>, Vec<Waker>) {
        let mut set = S::Set::<Waiting>::with_capacity(self.futures);
        let (ledger, futures) = self.waiting();
        for future in futures {
            set.push(future);
        }
        outer.settle(&mut set, drop);
        let wakers = ledger.wakers();
        (set, ledger, wakers)
    }
}

/// Wakes the futures of a batch.
#[inline]
fn wake(wakers: &[Waker], batch: &[u32]) {
    for &number in batch {
        wakers[number as usize].wake_by_ref();
    }
}

impl Work for Woken {
    fn prepare<S: Subject>(self) -> Result<Trial, Obstacle> {
        let outer = Outer::new(Rest::Watch);
        {
            let (mut set, ledger, wakers) = self.filled::<S>(&outer);
            for batch in self.batches().take(TRIAL) {
                wake(&wakers, &batch);
                if !outer.is_woken() {
                    return Err("lost: the task that polls the set was not woken".to_owned());
                }
                outer.settle(&mut set, drop);
            }
            drop(set);
            self.check(&ledger)?;
        }
        let (mut set, _, wakers) = self.filled::<S>(&outer);
        let mut order = self.order();
        Ok(Box::new(move |iterations| {
            let start = Instant::now();
            for _ in 0..iterations {
                wake(&wakers, order.next());
                outer.settle(&mut set, drop);
            }
            start.elapsed()
        }))
    }

    fn tokio(self) -> Result<Trial, Obstacle> {
        let runtime = tokio::runtime();
        // Woken tasks are polled before the one that yields. Otherwise the trial would report it.
        let filled = async |set: &mut JoinSet<u64>| {
            let (ledger, futures) = self.waiting();
            for future in futures {
                set.spawn(future);
            }
            while ledger.wakers.lock().expect("no thread panics while it is locked").len() < self.futures {
                yield_now().await;
            }
            let wakers = ledger.wakers();
            (ledger, wakers)
        };
        runtime.block_on(async {
            let mut set = JoinSet::new();
            let (ledger, wakers) = filled(&mut set).await;
            for batch in self.batches().take(TRIAL) {
                wake(&wakers, &batch);
                yield_now().await;
            }
            set.shutdown().await;
            self.check(&ledger)
        })?;
        let mut set = JoinSet::new();
        let (_, wakers) = runtime.block_on(filled(&mut set));
        let mut order = self.order();
        Ok(Box::new(move |iterations| {
            let _keeps = &set;
            runtime.block_on(async {
                let start = Instant::now();
                for _ in 0..iterations {
                    wake(&wakers, order.next());
                    yield_now().await;
                }
                start.elapsed()
            })
        }))
    }
}

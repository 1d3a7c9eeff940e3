//! Futures that wake each other, in rings.

use super::{Obstacle, Subject, Trial, Work};
use crate::sets::outer::{Outer, Rest};
use crate::sets::subject::{Set, tokio};
use ::tokio::task::{JoinSet, yield_now};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// Which future another one wakes when it is polled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The next and the previous one. All are woken at first, so all are polled in each round.
    Both,
    /// The next one. One of each ring is woken at first, so one at a time is polled.
    Next,
    /// The previous one; likewise.
    Previous,
}

/// Futures in rings wake their neighbours, until they have been polled often enough.
#[derive(Clone, Copy)]
pub(super) struct Neighbours {
    /// Which futures are woken.
    pub(super) kind: Kind,
    /// How many rings there are.
    pub(super) rings: usize,
    /// How many futures are in each.
    pub(super) size: usize,
}

/// The shared state of the futures.
struct Ring {
    /// The waker of each future, stored at its first poll.
    wakers: Box<[OnceLock<Waker>]>,
    /// How many polls are left. Used on one thread.
    left: AtomicU64,
    /// The waker to be woken when there are none.
    end: Mutex<Option<Waker>>,
}

/// A future in the ring.
struct Neighbour {
    ring: Arc<Ring>,
    number: usize,
    wakes: [usize; 2],
    /// The number of these.
    count: usize,
}

impl Future for Neighbour {
    type Output = u64;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u64> {
        let ring = &*self.ring;
        match ring.left.load(Relaxed) {
            0 => {
                ring.wakers[self.number].get_or_init(|| context.waker().clone());
            }
            1 => ring.finish(),
            left => {
                ring.left.store(left - 1, Relaxed);
                for &number in &self.wakes[..self.count] {
                    ring.wake(number);
                }
            }
        }
        Poll::Pending
    }
}

impl Ring {
    #[inline]
    fn wake(&self, number: usize) {
        self.wakers[number].get().expect("it was polled").wake_by_ref();
    }

    #[cold]
    fn finish(&self) {
        self.left.store(0, Relaxed);
        if let Some(waker) = self.end.lock().expect("no thread panics while it is locked").take() {
            waker.wake();
        }
    }

    /// Ready if no polls are left. Otherwise the waker is woken after the last poll.
    fn poll_end(&self, waker: &Waker) -> Poll<()> {
        if self.left.load(Relaxed) == 0 {
            return Poll::Ready(());
        }
        *self.end.lock().expect("no thread panics while it is locked") = Some(waker.clone());
        Poll::Pending
    }
}

impl Neighbours {
    /// Returns the futures and their shared state.
    fn ring(self) -> (Arc<Ring>, impl Iterator<Item = Neighbour>) {
        let wakers = (0..self.futures()).map(|_| OnceLock::new()).collect();
        let ring = Arc::new(Ring { wakers, left: AtomicU64::new(0), end: Mutex::default() });
        let common = Arc::clone(&ring);
        let size = self.size;
        let futures = (0..self.futures()).map(move |number| {
            let (first, place) = (number / size * size, number % size);
            let (next, previous) = (first + (place + 1) % size, first + (place + size - 1) % size);
            let (wakes, count) = match self.kind {
                Kind::Both => ([next, previous], 2),
                Kind::Next => ([next; 2], 1),
                Kind::Previous => ([previous; 2], 1),
            };
            Neighbour { ring: Arc::clone(&common), number, wakes, count }
        });
        (ring, futures)
    }

    /// How many futures there are in all.
    pub(super) fn futures(self) -> usize {
        self.rings * self.size
    }

    /// Starts `laps` laps.
    fn begin(self, ring: &Ring, laps: u64) {
        ring.left.store(laps * self.futures() as u64, Relaxed);
        let step = if self.kind == Kind::Both { 1 } else { self.size };
        (0..self.futures()).step_by(step).for_each(|number| ring.wake(number));
    }
}

impl Work for Neighbours {
    fn prepare<S: Subject>(self) -> Result<Trial, Obstacle> {
        let outer = Outer::new(Rest::Watch);
        let mut set = S::Set::<Neighbour>::with_capacity(self.futures());
        let (ring, futures) = self.ring();
        for future in futures {
            set.push(future);
        }
        outer.settle(&mut set, drop);
        Ok(Box::new(move |laps| {
            let start = Instant::now();
            self.begin(&ring, laps);
            outer.settle(&mut set, drop);
            let elapsed = start.elapsed();
            assert_eq!(ring.left.load(Relaxed), 0, "a wake was lost");
            elapsed
        }))
    }

    fn tokio(self) -> Result<Trial, Obstacle> {
        let runtime = tokio::runtime();
        let mut set = JoinSet::new();
        let (ring, futures) = self.ring();
        runtime.block_on(async {
            for future in futures {
                set.spawn(future);
            }
            while ring.wakers.iter().any(|waker| waker.get().is_none()) {
                yield_now().await;
            }
        });
        Ok(Box::new(move |laps| {
            let _keeps = &set;
            runtime.block_on(async {
                let start = Instant::now();
                self.begin(&ring, laps);
                poll_fn(|context| ring.poll_end(context.waker())).await;
                start.elapsed()
            })
        }))
    }
}

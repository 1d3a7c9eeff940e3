//! The two benches of the published sharded-slab crate, whose graphs its README shows.

use super::{Duo, Handle, Shared, Solo, Subject, Trial};
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// How many threads use one store in the published bench.
const THREADS: usize = 4;

/// `insert_remove_local`: an iteration is a fresh store into which each of four threads inserts the items, and removes
/// them in the same order.
///
/// As in the published bench, the threads are started beforehand and not bound to cores. All of them and the timing
/// thread meet at a barrier, and the time ends when they meet at a second one.
#[derive(Clone, Copy)]
pub(super) struct FourThreads {
    /// How many items each thread inserts.
    pub(super) items: u64,
}

impl Duo for FourThreads {
    fn prepare<S: Shared>(self) -> Trial {
        Box::new(move |iterations| (0..iterations).map(|_| self.sample::<S>()).sum())
    }
}

impl FourThreads {
    /// Returns the time of one fresh store.
    fn sample<S: Shared>(self) -> Duration {
        let store = S::new();
        let (start, end) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    insert_and_remove(&mut store.share(), self.items);
                    end.wait();
                });
            }
            start.wait();
            let begun = Instant::now();
            end.wait();
            begun.elapsed()
        })
    }
}

/// `insert_remove_single_thread`: an iteration is one thread that inserts the items into a store that stays, and removes
/// them in the same order.
#[derive(Clone, Copy)]
pub(super) struct OneThread {
    /// How many items the thread inserts.
    pub(super) items: u64,
}

impl Solo for OneThread {
    fn prepare<S: Subject>(self) -> Trial {
        let mut store = S::new();
        Box::new(move |iterations| {
            let mut handle = store.handle();
            let start = Instant::now();
            for _ in 0..iterations {
                insert_and_remove(&mut handle, self.items);
            }
            start.elapsed()
        })
    }
}

/// Inserts the items, and removes them in the same order. The list of keys is made each time, as in the published benches.
#[inline]
fn insert_and_remove<H: Handle>(handle: &mut H, items: u64) {
    let keys: Vec<_> = (0..items).map(|item| handle.insert(item)).collect();
    for key in keys {
        black_box(handle.remove(key));
    }
}

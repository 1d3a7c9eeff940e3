//! Several threads that do something to one entry at the same time, again and again.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use super::{Budget, random::Random};

/// Runs rounds. In each `make` makes an entry and tells its key, from when on all threads call `act`, which says whether
/// it ended the entry; one does. `make` may go on with the entry meanwhile. When all are done `check` is called.
pub(crate) fn one_ends_it(
    threads: usize,
    mut make: impl FnMut(&dyn Fn(usize), &mut Random),
    act: impl Fn(usize, &mut Random) -> bool + Sync,
    mut check: impl FnMut(),
) {
    let (key, ended, go_on) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(true));
    // The barrier orders all that is relaxed here.
    let barrier = Barrier::new(threads + 1);
    let mut budget = Budget::new();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut random = Random::new();
                loop {
                    barrier.wait();
                    if !go_on.load(Ordering::Relaxed) {
                        return;
                    }
                    if act(key.load(Ordering::Relaxed), &mut random) {
                        ended.fetch_add(1, Ordering::Relaxed);
                    }
                    barrier.wait();
                }
            });
        }
        let mut random = Random::new();
        while budget.next().is_some() {
            let tell = |new| {
                key.store(new, Ordering::Relaxed);
                barrier.wait();
            };
            make(&tell, &mut random);
            barrier.wait();
            assert_eq!(ended.swap(0, Ordering::Relaxed), 1, "one thread ends the entry");
            check();
        }
        go_on.store(false, Ordering::Relaxed);
        barrier.wait();
    });
}

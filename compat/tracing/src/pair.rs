//! Two threads that start together.

use std::{
    hint,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use core_affinity::CoreId;

/// Runs both, each on its own thread and core, and returns the time from the first start to the last end.
pub(crate) fn time(here: impl FnOnce(), there: impl FnOnce() + Send) -> Duration {
    let ready = AtomicUsize::new(0);
    let (first, second) = thread::scope(|scope| {
        settle_on(0);
        let other = scope.spawn(|| {
            settle_on(1);
            timed(&ready, there)
        });
        let first = timed(&ready, here);
        (first, other.join().expect("the other thread does not panic"))
    });
    first.1.max(second.1) - first.0.min(second.0)
}

/// Waits for the other thread, then does the work, and returns when that began and ended.
fn timed(ready: &AtomicUsize, work: impl FnOnce()) -> (Instant, Instant) {
    // Spins: a thread that sleeps would often be woken on its waker's core. Ordering: Relaxed - nothing is published;
    // the threads share what the scope gave them.
    ready.fetch_add(1, Ordering::Relaxed);
    while ready.load(Ordering::Relaxed) < 2 {
        hint::spin_loop();
    }
    let start = Instant::now();
    work();
    (start, Instant::now())
}

/// Keeps the current thread on the core of this number, where there is one.
///
/// The system easily puts two threads that sometimes wait for each other on one core, where there is no contention.
pub(crate) fn settle_on(core: usize) {
    /// Looked up before any thread has settled: afterwards it would see one core.
    static CORES: OnceLock<Vec<CoreId>> = OnceLock::new();
    let cores = CORES.get_or_init(|| core_affinity::get_core_ids().unwrap_or_default());
    if let Some(&core) = cores.get(core) {
        core_affinity::set_for_current(core);
    }
}

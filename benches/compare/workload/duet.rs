//! Two threads that start together.

use crate::report::cores::settle_on;
use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// When a thread's timed part began and ended.
pub(super) struct Span {
    start: Instant,
    end: Instant,
}

/// A barrier at which the two threads meet before either starts. It counts the threads that have arrived.
pub(super) struct Stopwatch(AtomicUsize);

impl Stopwatch {
    /// Waits for the other thread, then does the work. What comes before and after this call, on
    /// either thread, is not timed.
    pub(super) fn time(&self, work: impl FnOnce()) -> Span {
        // Spins: a thread that sleeps would often be woken on its waker's core, and stay there during the whole
        // measurement. Ordering: Relaxed - nothing is published; the threads share what the scope gave them.
        self.0.fetch_add(1, Ordering::Relaxed);
        while self.0.load(Ordering::Relaxed) < 2 {
            hint::spin_loop();
        }
        let start = Instant::now();
        work();
        Span { start, end: Instant::now() }
    }
}

/// Runs both on new threads, each on its own core, and returns the time from the first start to the last end. Each
/// calls [`Stopwatch::time`] once. The calling thread may still run on all cores, and so may threads that it starts
/// later, which inherit its affinity.
pub(super) fn play(
    first: impl FnOnce(&Stopwatch) -> Span + Send,
    second: impl FnOnce(&Stopwatch) -> Span + Send,
) -> Duration {
    let stopwatch = &Stopwatch(AtomicUsize::new(0));
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| {
            settle_on(0);
            first(stopwatch)
        });
        let second = scope.spawn(|| {
            settle_on(1);
            second(stopwatch)
        });
        (first.join().expect("the first thread does not panic"), second.join().expect("the second does not panic"))
    });
    first.end.max(second.end) - first.start.min(second.start)
}

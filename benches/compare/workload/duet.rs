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

/// Where the two threads meet before either starts: counts those that have come.
pub(super) struct Stopwatch(AtomicUsize);

impl Stopwatch {
    /// Waits for the other thread, then does the work. What comes before and after this call, on
    /// either thread, is not timed.
    pub(super) fn time(&self, work: impl FnOnce()) -> Span {
        // Spins: a thread that slept would often be woken on its waker's core, and stay there for
        // as long as a measurement lasts.
        // Ordering: Relaxed - nothing is published; the threads share what the scope gave them.
        self.0.fetch_add(1, Ordering::Relaxed);
        while self.0.load(Ordering::Relaxed) < 2 {
            hint::spin_loop();
        }
        let start = Instant::now();
        work();
        Span { start, end: Instant::now() }
    }
}

/// Runs `here` on this thread and `there` on a new one, each on a core of its own, and returns the time from the first
/// start to the last end. Each of them calls [`Stopwatch::time`] once.
pub(super) fn play(here: impl FnOnce(&Stopwatch) -> Span, there: impl FnOnce(&Stopwatch) -> Span + Send) -> Duration {
    let stopwatch = Stopwatch(AtomicUsize::new(0));
    let (first, second) = thread::scope(|scope| {
        settle_on(0);
        let other = scope.spawn(|| {
            settle_on(1);
            there(&stopwatch)
        });
        let first = here(&stopwatch);
        (first, other.join().expect("the other thread does not panic"))
    });
    first.end.max(second.end) - first.start.min(second.start)
}

//! Ends a bench that makes no progress.

use std::process;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longer than any measurement takes, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Checks whether a workload makes progress, from another thread, which sleeps almost all the time.
pub(crate) struct Watchdog {
    steps: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts to watch. From now on the workload of this name must take a step every two minutes.
    pub(crate) fn watch(name: &'static str) -> Self {
        let steps = Arc::new(AtomicU64::new(0));
        let seen = Arc::downgrade(&steps);
        let guard = move || {
            let (mut before, mut since) = (0, Instant::now());
            while let Some(steps) = seen.upgrade() {
                let steps = steps.load(Relaxed);
                if steps != before {
                    (before, since) = (steps, Instant::now());
                }
                let left = PATIENCE.saturating_sub(since.elapsed());
                if left.is_zero() {
                    eprintln!("'{name}' makes no progress: a subject has lost a wake, or waits for ever");
                    process::exit(1);
                }
                thread::park_timeout(left);
            }
        };
        Self { steps, thread: Some(thread::spawn(guard)) }
    }

    /// Notes progress.
    pub(crate) fn step(&self) {
        self.steps.fetch_add(1, Relaxed);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // So that the thread sees that the watchdog was dropped.
        self.steps = Arc::default();
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

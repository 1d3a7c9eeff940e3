//! Measures and shows the progress, and detects workers that are stuck.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use crate::arena::NO_KEY;
use crate::history::{self, NOBODY};
use crate::memory;
use crate::samples::{Sample, Samples};
use crate::violation::raise;

const TICK: Duration = Duration::from_millis(50);
const SAMPLE: Duration = Duration::from_secs(1);
/// A worker without progress for this long waits for an event that will not happen.
const STUCK: Duration = Duration::from_secs(60);
/// The minimum and maximum time between two lines where a line cannot be redrawn in place.
const PLAIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// Monitors the run. It touches no store.
pub(crate) struct Monitor {
    pub(crate) samples: Samples,
    /// Hidden where standard error is not a terminal.
    bar: ProgressBar,
    begun: Instant,
    length: Duration,
    last: Sample,
    shown: Duration,
    /// When each worker was last seen to make progress, and its number of operations then.
    seen: Vec<(u64, Instant)>,
    pub(crate) live: fn() -> u64,
}

impl Monitor {
    pub(crate) fn new(samples: Samples, length: Duration, workers: usize, live: fn() -> u64) -> Self {
        let style = ProgressStyle::with_template("{bar:24} {wide_msg}").expect("a valid template");
        let bar = ProgressBar::new(length.as_millis() as u64).with_style(style);
        let begun = Instant::now();
        let (last, shown, seen) = (Sample::default(), Duration::ZERO, vec![(0, begun); workers.min(NOBODY)]);
        Self { samples, bar, begun, length, last, shown, seen, live }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Waits until `is_done` returns true or the time `ends`, and measures meanwhile.
    ///
    /// # Errors
    ///
    /// If the samples cannot be written.
    pub(crate) fn watch(&mut self, round: usize, mut is_done: impl FnMut() -> bool) -> io::Result<()> {
        while !is_done() {
            thread::sleep(TICK);
            if self.begun.elapsed().as_secs_f64() - self.last.seconds >= SAMPLE.as_secs_f64() {
                self.sample(round)?;
            }
        }
        Ok(())
    }

    /// The same while workers work. It is a violation if one of them makes no progress for long.
    ///
    /// # Errors
    ///
    /// If the samples cannot be written.
    pub(crate) fn watch_workers(&mut self, round: usize, mut is_done: impl FnMut() -> bool) -> io::Result<()> {
        let now = Instant::now();
        self.seen.iter_mut().for_each(|(_, when)| *when = now);
        loop {
            let mut is_over = false;
            let until = Instant::now() + SAMPLE;
            self.watch(round, || {
                is_over = is_done();
                is_over || Instant::now() > until
            })?;
            if is_over {
                return Ok(());
            }
            self.expect_progress();
        }
    }

    fn expect_progress(&mut self) {
        for (worker, (operations, when)) in self.seen.iter_mut().enumerate() {
            let now = history::operations_of(worker);
            if now != *operations {
                (*operations, *when) = (now, Instant::now());
            } else if when.elapsed() > STUCK {
                raise(usize::MAX, "no store", NO_KEY, format_args!("worker {worker} has been stuck for {STUCK:?}"));
            }
        }
    }

    fn sample(&mut self, round: usize) -> io::Result<()> {
        let (seconds, operations) = (self.begun.elapsed().as_secs_f64(), history::operations());
        let operations_per_second = (operations - self.last.operations) as f64 / (seconds - self.last.seconds);
        let (live, resident) = ((self.live)(), memory::resident());
        self.last = Sample { seconds, operations, operations_per_second, live, resident, round };
        self.samples.add(self.last)?;
        self.show();
        Ok(())
    }

    fn show(&mut self) {
        let elapsed = self.begun.elapsed();
        if !self.bar.is_hidden() {
            self.bar.set_position(elapsed.min(self.length).as_millis() as u64);
            self.bar.set_message(self.line(elapsed));
        } else if elapsed.saturating_sub(self.shown) >= (self.length / 30).clamp(PLAIN.0, PLAIN.1) {
            self.shown = elapsed;
            let _ = writeln!(io::stderr(), "{}", self.line(elapsed)); // standard error may be closed
        }
    }

    fn line(&self, elapsed: Duration) -> String {
        let Sample { operations, operations_per_second, live, resident, round, .. } = self.last;
        format!(
            "{} of {}: {:.2} million operations/s, {} in all, {} live, {}, round {round}, no violation",
            clock(elapsed),
            clock(self.length),
            operations_per_second / 1e6,
            HumanCount(operations),
            HumanCount(live),
            HumanBytes(resident),
        )
    }

    /// Removes the progress line.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

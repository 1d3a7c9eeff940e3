//! The monitor observes the other threads without blocking them.

use std::convert::Infallible;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::crawl::Crawl;

/// The minimum time between two lines where a line cannot be redrawn in place.
const PLAIN_INTERVAL: Duration = Duration::from_secs(3);

/// The thread that displays the progress.
pub(crate) struct Monitor<'a> {
    crawl: &'a Crawl,
    /// Hidden where standard error is not a terminal, or one that cannot move its cursor.
    bar: ProgressBar,
    interval: Duration,
    last_removed: u64,
    last_update: Instant,
}

impl<'a> Monitor<'a> {
    pub(crate) fn new(crawl: &'a Crawl, interval: Duration) -> Self {
        let style = ProgressStyle::with_template("{wide_msg}").expect("a valid template");
        let bar = ProgressBar::new_spinner().with_style(style);
        let least = if bar.is_hidden() { PLAIN_INTERVAL } else { Duration::ZERO };
        Self { crawl, bar, interval: interval.max(least), last_removed: 0, last_update: Instant::now() }
    }

    /// Displays the progress until the other end of the channel is dropped.
    pub(crate) fn run(mut self, stopped: &Receiver<Infallible>) {
        while stopped.recv_timeout(self.interval) == Err(RecvTimeoutError::Timeout) {
            let line = self.line();
            self.show(line);
        }
        self.bar.finish_and_clear();
    }

    fn show(&self, line: String) {
        if self.bar.is_hidden() {
            let _ = writeln!(io::stderr(), "{line}"); // standard error may be closed
        } else {
            self.bar.set_message(line);
        }
    }

    fn line(&mut self) -> String {
        let (read, waiting) = (self.being_read(), self.crawl.directories.len());
        let turnover = self.crawl.register.turnover();
        let files = turnover.left.saturating_sub(read.len() + waiting); // read at three different times
        let mut line = format!(
            "{}/s, {} live: {} directories, {} files queued; reading {}",
            HumanCount(self.rate(turnover.removed)),
            HumanCount(turnover.left as u64),
            HumanCount(waiting as u64),
            HumanCount(files as u64),
            read.len(),
        );
        if let Some(path) = read.first() {
            line += &format!(": {path:?}"); // quoted: a name may contain control characters
        }
        line
    }

    /// Returns what the walkers are reading. A walker may have finished that directory since: `get`
    /// returns nothing for such a key, and for `NO_KEY`.
    fn being_read(&self) -> Vec<PathBuf> {
        let keys = self.crawl.reading.iter().map(|key| key.load(Relaxed)); // see `Walker::run`
        keys.filter_map(|key| self.crawl.register.get(key)).map(|entry| entry.path.clone()).collect()
    }

    /// Returns the entries removed per second since the last call.
    fn rate(&mut self, removed: u64) -> u64 {
        let seconds = self.last_update.elapsed().as_secs_f64();
        let rate = (removed - self.last_removed) as f64 / seconds;
        (self.last_removed, self.last_update) = (removed, Instant::now());
        rate as u64
    }
}

//! A thread that detects a lost wake, after which the program would wait for ever without a message.

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::readers::{Readers, Turnover};

/// The watching thread runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Outputs that were printed. If fewer are printed than ready, the consumer of the output is slow and no wake is
    /// lost.
    printed: Arc<AtomicU64>,
    _running: Sender<Infallible>,
}

impl Watch {
    /// Starts to watch. If completed reads have not been polled for `patience`, `stalled` is called with their number.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub(crate) fn start(
        readers: &Readers,
        patience: Duration,
        stalled: impl FnOnce(u64) + Send + 'static,
    ) -> io::Result<Self> {
        let (turnover, printed, (running, stopped)) = (readers.turnover(), Arc::default(), bounded(0));
        let watcher = Watcher { turnover, printed: Arc::clone(&printed), patience };
        let run = move || watcher.wait(&stopped).map_or((), stalled);
        Builder::new().name("watch".to_owned()).spawn(run)?;
        Ok(Self { printed, _running: running })
    }

    /// Notes that another output was printed.
    pub(crate) fn printed(&self) {
        self.printed.fetch_add(1, Relaxed); // only a number: it publishes nothing
    }
}

struct Watcher {
    turnover: Turnover,
    printed: Arc<AtomicU64>,
    patience: Duration,
}

impl Watcher {
    /// Returns the number of reads whose wake was lost, or `None` if the watch was dropped.
    fn wait(&self, stopped: &Receiver<Infallible>) -> Option<u64> {
        let mut last = (0, 0, Instant::now());
        while stopped.recv_timeout(self.patience / 20) == Err(RecvTimeoutError::Timeout) {
            let (completed, ready) = (self.turnover.completed(), self.turnover.ready());
            let waits = completed > ready && ready == self.printed.load(Relaxed);
            if !waits || (completed, ready) != (last.0, last.1) {
                last = (completed, ready, Instant::now());
            } else if last.2.elapsed() >= self.patience {
                return Some(completed - ready);
            }
        }
        None
    }
}

//! The crawl: what its threads share, how they start and how they end.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::panic;
use std::sync::atomic::AtomicUsize;
use std::thread::{self, Builder, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;

use crate::arguments::Arguments;
use crate::item::Item;
use crate::monitor::Monitor;
use crate::queue::{DirectoryQueue, NO_KEY};
use crate::register::{Register, Turnover};
use crate::sizer;
use crate::tally::Tally;
use crate::walker::Walker;

/// How many files may wait for a sizer. When this many wait, walkers block until there is room.
const FILES_WAITING: usize = 1024;

/// What all threads of a crawl share.
#[derive(Debug)]
pub(crate) struct Crawl {
    pub(crate) register: Register,
    pub(crate) directories: DirectoryQueue,
    /// For each walker, the key of the directory that it is reading, or [`NO_KEY`].
    pub(crate) reading: Box<[AtomicUsize]>,
    /// Names that are left out.
    pub(crate) skip: Vec<OsString>,
}

/// How a crawl ended.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) tally: Tally,
    pub(crate) turnover: Turnover,
    pub(crate) elapsed: Duration,
}

impl Crawl {
    /// Crawls a tree and returns when all threads have ended.
    ///
    /// # Errors
    ///
    /// If a thread cannot be started.
    ///
    /// # Panics
    ///
    /// If one of the threads panicked.
    pub(crate) fn run(root: &Item, arguments: &Arguments) -> io::Result<Summary> {
        let start = Instant::now();
        let crawl = Self {
            register: Register::new(),
            directories: DirectoryQueue::new(),
            reading: (0..arguments.walkers()).map(|_| AtomicUsize::new(NO_KEY)).collect(),
            skip: arguments.skip.clone(),
        };
        let tally = thread::scope(|scope| crawl.run_threads(scope, root, arguments))?;
        let turnover = crawl.register.turnover();
        Ok(Summary { tally, turnover, elapsed: start.elapsed() })
    }

    /// Starts the threads, hands them the root and adds up what they counted.
    ///
    /// Only walkers keep a sender of `files`, and only sizers a receiver: the sizers end when the
    /// last walker has. Nothing is ever sent to `stopped`: the monitor ends when `running` is
    /// dropped, be it by an early return or a panic.
    fn run_threads<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        root: &Item,
        arguments: &Arguments,
    ) -> io::Result<Tally> {
        let (files, found) = bounded(FILES_WAITING);
        let (running, stopped) = bounded::<Infallible>(0);
        let beginning = self.directories.begin();
        let mut workers = Vec::new();
        for reading in &self.reading {
            let walker = Walker::new(self, files.clone());
            workers.push(spawn(scope, "walker", move || walker.run(reading))?);
        }
        for _ in 0..arguments.sizers() {
            let (register, found) = (&self.register, found.clone());
            workers.push(spawn(scope, "sizer", move || sizer::run(register, &found))?);
        }
        drop(found);
        if !arguments.no_progress {
            let monitor = Monitor::new(self, arguments.interval());
            spawn(scope, "monitor", move || monitor.run(&stopped))?;
        }
        let mut tally = Walker::new(self, files).start(root.clone(), beginning);
        for worker in workers {
            tally.merge(worker.join().unwrap_or_else(|payload| panic::resume_unwind(payload)));
        }
        drop(running);
        Ok(tally)
    }
}

/// Starts a thread with a name, for debuggers and panic messages.
fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    body: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new()
        .name(name.to_owned())
        .spawn_scoped(scope, body)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot start a {name} thread: {error}")))
}

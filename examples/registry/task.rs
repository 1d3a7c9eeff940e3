//! The value type of the slab: one task, which its worker changes in place while other threads read it.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The progress of a task that is done.
pub(crate) const PER_MILLE: u32 = 1000;

/// A piece of work that can be watched.
///
/// Ordering: Relaxed everywhere - a reader only displays what it loads, and nothing else depends on it. The outcome of
/// a task is published by the journal, under its lock.
#[derive(Debug)]
pub(crate) struct Task {
    /// The number of the registration. Rows are sorted by it, because the order of keys means nothing to users.
    pub(crate) number: usize,
    pub(crate) name: String,
    state: AtomicU8,
    progress: AtomicU32,
    started: OnceLock<Instant>,
}

/// The state of a task.
///
/// ```text
///   Queued ── worker ──▶ Running ── worker ──▶ Finished, Failed
///     └── any thread ───┴──▶ Cancelling ── worker ──▶ Cancelled, or Finished or Failed after all
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum State {
    Queued,
    Running,
    Cancelling,
    Finished,
    Cancelled,
    Failed,
}

/// The task was cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Cancelled;

impl Task {
    /// Makes a task that waits. Control characters in its name are replaced, because names are written to terminals.
    pub(crate) fn new(number: usize, name: &str) -> Self {
        let name = name.replace(char::is_control, "\u{fffd}");
        let state = AtomicU8::new(State::Queued as u8);
        Self { number, name, state, progress: AtomicU32::new(0), started: OnceLock::new() }
    }

    pub(crate) fn state(&self) -> State {
        State::ALL[usize::from(self.state.load(Relaxed))]
    }

    /// Returns how much is done, of [`PER_MILLE`].
    pub(crate) fn progress(&self) -> u32 {
        self.progress.load(Relaxed)
    }

    /// Returns how long it has been running, or `None` if it still waits.
    pub(crate) fn elapsed(&self) -> Option<Duration> {
        self.started.get().map(Instant::elapsed)
    }

    /// Asks the worker to stop, and returns whether this was the first request.
    pub(crate) fn cancel(&self) -> bool {
        self.change(|state| matches!(state, State::Queued | State::Running), State::Cancelling)
    }

    /// Changes the state from waiting to running, unless the task was cancelled while it waited.
    pub(crate) fn begin(&self) -> Result<(), Cancelled> {
        if !self.change(|state| state == State::Queued, State::Running) {
            return Err(Cancelled);
        }
        self.started.get_or_init(Instant::now);
        Ok(())
    }

    /// Stores the progress, unless the task was cancelled.
    pub(crate) fn advance(&self, done: u64, of: u64) -> Result<(), Cancelled> {
        let per_mille = u128::from(done) * u128::from(PER_MILLE) / u128::from(of.max(1));
        self.progress.store((per_mille as u32).min(PER_MILLE), Relaxed);
        if self.state() == State::Cancelling { Err(Cancelled) } else { Ok(()) }
    }

    /// Stores the final state.
    pub(crate) fn end(&self, state: State) {
        self.state.store(state as u8, Relaxed);
    }

    fn change(&self, from: impl Fn(State) -> bool, to: State) -> bool {
        let next = |state| from(State::ALL[usize::from(state)]).then_some(to as u8);
        self.state.fetch_update(Relaxed, Relaxed, next).is_ok()
    }
}

impl State {
    /// All states, in the order of their numbers.
    pub(crate) const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Cancelling, Self::Finished, Self::Cancelled, Self::Failed];

    /// Whether the state is final.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled | Self::Failed)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

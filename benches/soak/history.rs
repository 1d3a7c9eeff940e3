//! The last operations of each worker, for the report of a violation, and the number of all its operations.
//!
//! A worker writes only to its own memory: two stores and a counter for each operation.

use std::cell::Cell;
use std::fmt::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

/// How many threads are distinguished: the workers, and after them [`NOBODY`].
pub(crate) const TRACKS: usize = 64;
/// Threads that are no workers, such as those that check the totals.
pub(crate) const NOBODY: usize = TRACKS - 1;
/// How many operations of a worker are remembered. A power of two.
const STEPS: usize = 1 << 14;
/// How many of them a report shows.
const SHOWN: usize = 24;

static ALL: [Track; TRACKS] = [const { Track::new() }; TRACKS];
static BEGINNING: OnceLock<Instant> = OnceLock::new();

thread_local! {
    static WORKER: Cell<usize> = const { Cell::new(NOBODY) };
}

/// Declares an enumeration, and a list of its variants.
macro_rules! enumeration {
    ($(#[$attribute:meta])* $name:ident { $($variant:ident),* $(,)? }) => {
        $(#[$attribute])*
        pub(crate) enum $name { $($variant),* }

        impl $name {
            const ALL: &[Self] = &[$(Self::$variant),*];
        }
    };
}

enumeration! {
    /// What a worker does.
    #[derive(Clone, Copy, Debug)]
    #[repr(u8)]
    Operation {
        Insert,
        Reserve,
        Fill,
        Abandon,
        Get,
        GetOwned,
        Clone,
        Drop,
        Send,
        Receive,
        Exclude,
        Include,
        Remove,
        Take,
        TryTake,
        Find,
        GetStale,
        Guess,
        Retain,
        Trim,
        Stats,
        Count,
        Pin,
        Unpin,
        GetPinned,
        Walk,
        InsertInDrop,
        RemoveInDrop,
        PanicInDrop,
    }
}

/// One worker's history. Aligned to avoid false sharing.
#[repr(align(128))]
struct Track {
    operations: AtomicU64,
    /// Milliseconds since the beginning, updated from time to time.
    clock: AtomicU64,
    steps: [Step; STEPS],
}

struct Step {
    /// Milliseconds, store and operation.
    what: AtomicU64,
    key: AtomicUsize,
}

impl Track {
    const fn new() -> Self {
        let steps = [const { Step { what: AtomicU64::new(0), key: AtomicUsize::new(0) } }; STEPS];
        Self { operations: AtomicU64::new(0), clock: AtomicU64::new(0), steps }
    }
}

/// Returns the number of the current thread's worker.
pub(crate) fn worker() -> usize {
    WORKER.with(Cell::get)
}

/// Assigns the current thread to that worker.
pub(crate) fn be(worker: usize) {
    WORKER.with(|current| current.set(worker));
    tick();
}

/// Reads the clock, which is too slow to be read for each operation.
pub(crate) fn tick() {
    let beginning = BEGINNING.get_or_init(Instant::now);
    ALL[worker()].clock.store(beginning.elapsed().as_millis() as u64, Relaxed);
}

/// Records an operation before it is performed.
pub(crate) fn remember(operation: Operation, store: usize, key: usize) {
    let track = &ALL[worker()];
    let number = track.operations.load(Relaxed);
    let step = &track.steps[number as usize % STEPS];
    step.what.store((track.clock.load(Relaxed) << 16) | ((store as u64) << 8) | operation as u64, Relaxed);
    step.key.store(key, Relaxed);
    track.operations.store(number + 1, Relaxed); // no other thread writes it
}

/// Returns how many operations a worker has performed.
pub(crate) fn operations_of(worker: usize) -> u64 {
    ALL[worker].operations.load(Relaxed)
}

/// Returns how many operations all workers have performed.
pub(crate) fn operations() -> u64 {
    (0..TRACKS).map(operations_of).sum()
}

/// Returns the recorded operations of a worker, the latest first: milliseconds, operation, store, key.
fn steps_of(worker: usize) -> impl Iterator<Item = (u64, Operation, usize, usize)> {
    let done = operations_of(worker);
    (0..done.min(STEPS as u64)).map(move |back| {
        let step = &ALL[worker].steps[(done - 1 - back) as usize % STEPS];
        let what = step.what.load(Relaxed);
        let operation = Operation::ALL[(what & 0xff) as usize % Operation::ALL.len()];
        (what >> 16, operation, (what >> 8 & 0xff) as usize, step.key.load(Relaxed))
    })
}

/// Lists the last operations on a key, and the last one of each worker. The times are those of the clock's last tick,
/// so operations of different workers may be out of order by some hundred microseconds.
pub(crate) fn describe(store: usize, key: usize) -> String {
    let mut found: Vec<_> = (0..TRACKS)
        .flat_map(|worker| steps_of(worker).map(move |step| (worker, step)))
        .filter(|&(_, (_, _, in_store, with_key))| (in_store, with_key) == (store, key))
        .collect();
    found.sort_by_key(|&(_, (time, ..))| time);
    let mut text = format!("the last operations on {key:#x}, of those that are remembered:\n");
    for (worker, (time, operation, ..)) in &found[found.len().saturating_sub(SHOWN)..] {
        let _ = writeln!(text, "  {:>9.3} s  {}  {operation:?}", *time as f64 / 1e3, name(*worker));
    }
    text += "the last operation of each worker:\n";
    for worker in 0..TRACKS {
        if let Some((time, operation, store, key)) = steps_of(worker).next() {
            let time = time as f64 / 1e3;
            let _ = writeln!(text, "  {time:>9.3} s  {}  {operation:?} {key:#x} in store {store}", name(worker));
        }
    }
    text
}

/// The name of a worker in reports.
pub(crate) fn name(worker: usize) -> String {
    if worker == NOBODY { "accountant".to_owned() } else { format!("worker {worker:<3}") }
}

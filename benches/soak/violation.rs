//! Violations: the report, and the end of the run.

use std::fmt::Display;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{fs, process, thread};

use crate::history;

const FAILED: i32 = 1;

/// The part of a report that describes the run.
#[derive(Debug)]
pub(crate) struct Circumstances {
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    pub(crate) file: PathBuf,
}

static CIRCUMSTANCES: OnceLock<Circumstances> = OnceLock::new();

#[cfg(test)]
static NOTICED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The payload of a planned panic.
#[derive(Debug)]
pub(crate) struct Planned;

/// From now on a panic that is not planned is a violation, and reports say how to repeat the run.
pub(crate) fn watch(circumstances: Circumstances) {
    let _ = CIRCUMSTANCES.set(circumstances);
    panic::set_hook(Box::new(notice_panic));
}

/// Ignores planned panics.
fn notice_panic(panicked: &PanicHookInfo<'_>) {
    if !panicked.payload().is::<Planned>() {
        raise(usize::MAX, "no store", 0, panicked);
    }
}

/// Reports what was violated and ends the process. The first one counts; others wait for the end.
///
/// In tests it only records the violation.
pub(crate) fn raise(store: usize, name: &str, key: usize, what: impl Display) {
    #[cfg(test)]
    NOTICED.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{name}: {key:#x}: {what}"));
    if cfg!(test) {
        return;
    }
    static FIRST: Mutex<()> = Mutex::new(());
    let _first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    let thread = thread::current();
    let mut text = format!(
        "VIOLATION: {what}\n  store   {name} (number {store})\n  key     {key:#x}\n  thread  {} ({})\n",
        history::name(history::worker()),
        thread.name().unwrap_or("unnamed"),
    );
    if let Some(Circumstances { seed, threads, file }) = CIRCUMSTANCES.get() {
        text += &format!("  seed    {seed} (--seed {seed} --threads {threads})\n{}", history::describe(store, key));
        let _ = fs::write(file, &text);
    }
    let _ = write!(io::stderr(), "\n{text}"); // standard error may be closed
    process::exit(FAILED);
}

/// Returns the violations since the last call.
#[cfg(test)]
pub(crate) fn noticed() -> Vec<String> {
    std::mem::take(&mut *NOTICED.lock().unwrap_or_else(PoisonError::into_inner))
}

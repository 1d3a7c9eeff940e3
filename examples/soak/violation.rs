//! The end of the run if something is not as it should be.

use std::fmt::Display;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{fs, process, thread};

use crate::history;

const FAILED: i32 = 1;

/// What a report says of the run.
#[derive(Debug)]
pub(crate) struct Circumstances {
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    pub(crate) file: PathBuf,
}

static CIRCUMSTANCES: OnceLock<Circumstances> = OnceLock::new();

#[cfg(test)]
static NOTICED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What a planned panic carries.
#[derive(Debug)]
pub(crate) struct Planned;

/// From now on a panic that is not planned is a violation, and reports say how to begin again.
pub(crate) fn watch(circumstances: Circumstances) {
    let _ = CIRCUMSTANCES.set(circumstances);
    panic::set_hook(Box::new(notice_panic));
}

/// Nothing is said of planned panics.
fn notice_panic(panicked: &PanicHookInfo<'_>) {
    if !panicked.payload().is::<Planned>() {
        raise(usize::MAX, "no store", 0, panicked);
    }
}

/// Reports what was violated and ends the process. The first one counts; others wait for the end.
///
/// Where tests run it only remembers, for them to see.
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
    let _ = write!(io::stderr(), "\n{text}"); // no one may be listening any more
    process::exit(FAILED);
}

/// What was noticed since the last call.
#[cfg(test)]
pub(crate) fn noticed() -> Vec<String> {
    std::mem::take(&mut *NOTICED.lock().unwrap_or_else(PoisonError::into_inner))
}

//! Real threads, as long as one likes.
//!
//! | variable | means | default |
//! | --- | --- | --- |
//! | `FLAGSTONE_STRESS_SECONDS` | how long each scenario runs | 0.3 |
//! | `FLAGSTONE_STRESS_ROUNDS` | how many rounds instead | none |
//! | `FLAGSTONE_STRESS_SEED` | where the random numbers begin | differs |
//!
//! Most worth while with `RUSTFLAGS="--cfg flagstone_chaos"`, which gives the processor away at random before atomic
//! operations, and under a sanitizer:
//!
//! ```sh
//! RUSTFLAGS="--cfg flagstone_chaos -Zsanitizer=address" cargo +nightly test --release \
//!     --target x86_64-unknown-linux-gnu --test stress
//! ```
//!
//! Every value is a [`canary::Canary`], so a value that is read too late, under a wrong key, torn, or dropped twice
//! betrays itself without a sanitizer too. Every scenario ends with the books balanced: as many values dropped as made,
//! nothing left in the slab, and, where pages are few, no slot lost ([`whole`]).

mod budget;
mod canary;
mod crowds;
mod everything;
mod filling;
mod guesses;
mod owned;
mod pins;
mod pool;
mod pooled;
mod random;
mod remote;
mod taking;
mod threads;
mod together;
mod trimming;
mod whole;

use std::{
    backtrace::Backtrace,
    io::{self, Write},
    panic, process,
    sync::{Mutex, PoisonError},
    thread,
};

use budget::{Budget, variable};

/// Thread numbers belong to the process, and some scenarios count on them: one at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a scenario when its turn has come, on a thread of its own that has given its number back when the turn ends.
fn alone(scenario: impl FnOnce() + Send) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    panic::set_hook(Box::new(fail));
    thread::scope(|scope| scope.spawn(scenario).join().expect("a panic has ended the process"));
}

/// The first panic ends the run, because a thread that waits for the one that panicked would wait for ever.
fn fail(panicked: &panic::PanicHookInfo<'_>) {
    let thread = thread::current();
    let backtrace = Backtrace::capture();
    // Not by a macro, whose output tests keep to themselves.
    let _ = writeln!(io::stderr(), "thread {:?}: {panicked}\n{backtrace}", thread.name().unwrap_or("of a scenario"));
    process::abort();
}

//! Operation sequences against an oracle that is trivially right.
//!
//! [`sequences`] runs everything that a slab or a pool can do, in random order, on one thread or on several that are
//! driven one operation at a time, and after each operation compares all that can be seen with [`oracle::Oracle`].
//! Calls of user code panic at times. [`raw_keys`] tries keys that were never handed out ([`guessed`]).
//! `PROPTEST_CASES` sets the number of cases; a failure prints the shortest sequence that shows it. The fuzz targets
//! (`fuzz/`) run the same on cases that they make from bytes.
//!
//! | what is compared | finds |
//! | --- | --- |
//! | every result, and the identity of every value: its number and where its memory is | wrong or stale entries |
//! | the values alive after every operation | values dropped twice, early, late or never |
//! | which value a creation in a pool gets, and that it is cleared | kept values lost, mixed up, handed out twice or uncleared |
//! | the numbers of values made and of clearings | values made, or cleared, when they need not be |
//! | which panic continues, and all of the above after it | what a panic leaves half done |
//! | shard, page, generation and offset of each new key | repeated keys, skipped or reused generations, wrong owner |
//! | what is found through pins, and found again in what they gave before | values ended under a pin |
//! | which values end at the end of which pin | deferred-release records lost, or handled early or twice |
//! | what is refused while pins are out | exclusive access to what is read |
//! | why a look-up finds nothing, and what a walk visits | entries that are held taken for ended ones, and the reverse |
//! | `len` | miscounts, also of remote frees |
//! | `stats`, page by page | slots lost or retired too early or too late, pages that trimming forgot or should have left |
//! | `capacity`, and that insertion fails when it must and only then | lost slots, slots handed out twice |
//!
//! What slabs and pools have in common stands in [`store`], [`guard`], [`pins`] and [`driver`], which has its operations on
//! guards in [`guarding`], those on pins in [`pinning`], and walks in [`walking`]; what only one of them can do, in
//! [`slab`], [`pool`] and [`lent`].

mod call;
pub(crate) mod configurations;
pub(crate) mod driver;
mod guard;
mod guarding;
pub(crate) mod guess;
pub(crate) mod guessed;
mod interlude;
mod keys;
mod lent;
pub(crate) mod operations;
mod oracle;
mod pinning;
mod pins;
pub(crate) mod pool;
#[cfg(test)]
mod raw_keys;
#[cfg(test)]
mod sequences;
pub(crate) mod slab;
mod store;
pub(crate) mod value;
mod walking;
mod workers;

#[cfg(test)]
use std::env;
use std::{
    panic,
    sync::{Mutex, PoisonError},
    thread,
};

#[cfg(test)]
use proptest::test_runner::{Config, TestRunner};

/// Thread numbers belong to the process, and the oracle predicts them: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a test when its turn has come, on a thread of its own that has given its number back when the turn ends.
pub(crate) fn alone(test: impl FnOnce() + Send) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let result = thread::scope(|scope| scope.spawn(test).join());
    if let Err(panicked) = result {
        panic::resume_unwind(panicked);
    }
}

/// A runner of as many cases as `PROPTEST_CASES` says, or else `cases`.
#[cfg(test)]
fn runner(cases: u32) -> TestRunner {
    let cases = env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() })
}

//! Runs all operations of slabs and pools from several threads, for any length of time, and checks all results.
//!
//! ```text
//! cargo run --release -p benches --bin soak -- --minutes 30
//! ```
//!
//! The stress tests run one scenario for a third of a second; this runs everything at once for hours. A run is a
//! sequence of *rounds*:
//!
//! ```text
//!   stores ──▶ desks ──▶ workers: one thread after another, each at all desks ──▶ all have ended ──▶ the books are balanced
//!     ▲                     │ insert, get, pin, walk, send guards, remove, take, trim, panic …             │
//!     └─────────────────────┼──────────── empty, trimmed, every slot has been used ◀────────────────────────┘
//!                           └── check each value, key and walk on the way
//! ```
//!
//! - A **value** knows its key, and whether it is alive, cleared, being changed or overwritten. Its end is counted, and
//!   may insert, remove or panic.
//! - A **shadow** of each store records the last generation of each slot. So a key that is handed out twice is detected
//!   in a run of any length, with constant memory.
//! - Some entries belong to **one** worker or to none: every look-up and walk must find these, and their removal must
//!   succeed. All others may be removed at any moment.
//! - Between rounds no worker runs, and all numbers must be **exact**: values filled, ended and alive, `len`,
//!   `capacity`, `stats`. Then all entries are ended, the stores are trimmed, and the small ones are filled to the last
//!   slot.
//!
//! The first violation ends the process with a report: the violation, the store, the thread, and the last operations on
//! that key.
//!
//! In reading order: `history`, `violation` and `books`, which do not depend on stores; `value` and `shadow`, which
//! check; `store`, the common interface of slabs and pools; `arena`, a store with the data to check it, `actor`, what a
//! worker does to it, `ground`, what is done to it between rounds; `life`, the workers; `memory`, `samples`, `plot` and
//! `monitor`, what is measured and shown; `soak`, the run; `arguments`.

mod actor;
mod arena;
mod arguments;
mod books;
#[allow(dead_code, unused_imports, unused_macros, reason = "the stress tests use more of it")]
#[path = "../../tests/stress/crowds.rs"]
mod crowds;
#[path = "../../tests/stress/filling.rs"]
mod filling;
mod ground;
mod history;
mod life;
mod memory;
mod monitor;
mod plot;
#[path = "../report/random.rs"]
mod random;
mod samples;
mod shadow;
mod soak;
mod store;
#[cfg(test)]
mod tests;
mod value;
mod violation;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

const CANNOT_GO_ON: u8 = 2;

fn main() -> ExitCode {
    match soak::run(&Arguments::parse()) {
        Ok(summary) => {
            let _ = io::stdout().write_all(summary.as_bytes()); // standard output may be closed
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "soak: {error}");
            ExitCode::from(CANNOT_GO_ON)
        }
    }
}

//! The protocols of the slab, the pool, tasks and sets, each in all interleavings of a few threads, by `loom`.
//!
//! ```sh
//! RUSTFLAGS="--cfg flagstone_loom -C debug-assertions" LOOM_MAX_PREEMPTIONS=3 \
//!     cargo test --release --features loom,task --test loom -- --nocapture
//! ```
//!
//! prints for each model its bound, its executions and its time; about a minute in all. `LOOM_MAX_PREEMPTIONS=4` looks
//! further, for some minutes. For one that fails add `LOOM_LOG=trace LOOM_LOCATION=1` and the model's name.
//!
//! What a file guards stands at its top. `.ci/weaken` weakens each ordering in turn and shows which models notice.
//! Slabs and pools are as small as can be (`sizes`), values are watched (`value`), and each model must have seen all
//! outcomes that it lists (`check`), so that none passes because its threads never met.

#![cfg(flagstone_loom)]

use loom::cell; // `value` has it from here, and so can be of other tests too

#[cfg(feature = "task")]
mod bell;
mod check;
#[cfg(feature = "task")]
mod count;
mod handle;
mod mailbox;
mod sizes;
mod value;

mod attempts;
mod exclusive;
mod founding;
mod generations;
mod joining;
mod owned_entries;
mod pins;
mod pool;
mod promises;
mod publish_and_read;
mod remote;
mod removal;
#[cfg(feature = "task")]
mod sets;
mod take;
#[cfg(feature = "task")]
mod tasks;
mod threads;
mod trimming;
mod vacant;
mod walk;

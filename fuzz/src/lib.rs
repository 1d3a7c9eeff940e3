//! The sequences of `tests/model` and their oracle, driven by a fuzzer, which makes the cases from its bytes.
//!
//! | target | does |
//! | --- | --- |
//! | `operations` | runs all operations of a slab, in several configurations, on one thread or several, against the oracle |
//! | `pool` | does the same with a pool |
//! | `raw_keys` | tries keys that were never handed out, on a slab and a pool with slots in every state |
//!
//! Run `cargo fuzz run operations`, or `.ci/fuzz`, which only needs a C++ compiler. To see what an input does, run the
//! target on it with `RUST_LIBFUZZER_DEBUG_PATH=/dev/stdout`.
//!
//! Each operation comes from three bytes: the thread, and a seed for the strategy that chooses the operation. So the
//! fuzzer's changes of bytes (insert, erase, copy, splice) are changes of the sequence of operations. (Proptest can
//! take its choices directly from bytes, but discards half of the rest with each choice among alternatives.) When a
//! strategy changes, the corpus changes its meaning: `.ci/fuzz minimize` keeps the inputs that are still useful. So
//! operations that came later have a strategy and first bytes of their own.

#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use all of it")]
#[path = "../../tests/model/main.rs"]
mod model;

mod draw;
mod guesses;
mod sequence;
mod sizes;

pub use guesses::Guesses;
pub use sequence::{PoolSequence, SlabSequence};

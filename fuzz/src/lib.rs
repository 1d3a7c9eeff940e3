//! The sequences of `tests/model` and their oracle, driven by a fuzzer: cases are made from its bytes.
//!
//! | target | does |
//! | --- | --- |
//! | `operations` | all that a slab can do, in several configurations, on one thread or several, against the oracle |
//! | `pool` | the same with a pool |
//! | `raw_keys` | keys that nobody handed out, on a slab and a pool with slots in every state |
//!
//! `cargo fuzz run operations`, or `.ci/fuzz`, which needs no more than a C++ compiler. To see what an input does, run the
//! target on it with `RUST_LIBFUZZER_DEBUG_PATH=/dev/stdout`.
//!
//! Each operation comes from three bytes: which thread, and a seed for the strategy that chooses the operation. So what
//! fuzzers do to bytes (insert, erase, copy, splice) is done to sequences of operations. (Proptest can take its choices
//! straight from bytes, but gives half of what is left of them away with each choice among alternatives.) When a strategy
//! changes, the corpus means something else: `.ci/fuzz minimize` keeps what is still of use.

#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use all of it")]
#[path = "../../tests/model/main.rs"]
mod model;

mod draw;
mod guesses;
mod sequence;
mod sizes;

pub use guesses::Guesses;
pub use sequence::{PoolSequence, SlabSequence};

//! Figures that each need a process of their own, so that no allocator has another subject's free memory: bytes, and the
//! slowest insertion.

// In the child process.
mod filled;
mod many;
mod memory;
mod small;

// What there is, and the parent process.
mod experiment;
mod survey;

pub(crate) use self::experiment::Experiment;
pub(crate) use self::survey::{Survey, note, repetitions};

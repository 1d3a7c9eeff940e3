//! Faults of other crates with tasks, by their number in the list of faults. Each was reproduced in a published crate.
//!
//! The parts of fault 10 that must not compile are doctests of the types concerned.

mod endings;
mod handles;
mod queues;
mod storage;
mod wakes;

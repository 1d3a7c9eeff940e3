//! What others get wrong with tasks, each by its number in the list of them: every one was reproduced in a published crate.
//!
//! The parts of fault 10 that must not compile are doctests of the types concerned.

mod endings;
mod handles;
mod queues;
mod storage;
mod wakes;

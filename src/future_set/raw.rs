//! The unsafe core of sets of futures. Protocol and orderings: `docs/future-sets.md`.
//!
//! | file | noun | callers |
//! | --- | --- | --- |
//! | `ready_tree` | which futures were woken, and the waker of the set's owner | `leaf_waker`, `rounds`, `raw_set` |
//! | `leaf_waker` | wakers of the futures | `raw_set` |
//! | `rounds`, `polled` | the owner's walk through the tree; which futures a call has polled | `raw_set` |
//! | `future_slots`, `stack_slots` | where the futures are | `raw_set`; `StackSlots`: the safe layer |
//! | `raw_set` | a set of futures | the safe layer |

mod ready_tree;

mod leaf_waker;
mod polled;
mod rounds;

mod future_slots;
mod stack_slots;

mod raw_set;

pub(crate) use self::{future_slots::FutureSlots, raw_set::RawSet};
pub use self::{
    raw_set::{InPlace, OnHeap},
    stack_slots::StackSlots,
};

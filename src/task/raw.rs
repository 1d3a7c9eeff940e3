//! The unsafe core of the task layer. Protocol, invariants (K1 to K9) and orderings: `docs/tasks.md`.
//!
//! | file | noun | callers |
//! | --- | --- | --- |
//! | `state` | the task's word: snapshot and cell | code with a right to the task (K4) |
//! | `join_waker` | the joiner's waker | `join`, `run` |
//! | `clock` | ages of tasks | `core` |
//! | `growing` | lists that grow where the allocator must not be called | `waiting`, `sleepers` |
//! | `quietly` | wakers whose panics must not propagate | `run`, `waiting`, `local`, `root` |
//! | `header` | the part that all tasks have, beside the future; pointers to it | everything here |
//! | `slot` | header and room for the future: the slab's value; how it ends | `core`, `cell` |
//! | `cell` | future or output; the operations on them that depend on the type | `core`, by way of vtables |
//! | `system` | the operations on a core that depend on its type | vtables, slots that end, pins |
//! | `sites`, `waiting` | where tasks were spawned; claims that wait for room | `core` |
//! | `population` | how many tasks live, and when the last has ended | `core` |
//! | `lingering` | slots that references keep, and when the core may be released | `core` |
//! | `inbox`, `ready_list` | run queues: tasks that other threads pushed; the owner's own | `local` |
//! | `sleepers` | drivers that found nothing to do, and which of them are woken | `local`, `root` |
//! | `core` | slab, population and scheduler of one executor | all below |
//! | `reference` | counted references, wakers | the safe layer |
//! | `run` | a poll of a task, and its end | the holder of its token |
//! | `join` | the join handle's side | the safe layer |
//! | `spawn` | a slot becomes a task | the safe layer |
//! | `local` | the scheduler of a local executor; operations of other threads on it | the safe layer |
//! | `owner` | operations of its own thread: spawn, run, sleep, end | the safe layer |
//! | `claimed` | a slot for a future that comes later | the safe layer |
//! | `root` | the future of `block_on`, as a task | the safe layer |
//! | `scheduled` | tasks of a custom scheduler | the safe layer |
//! | `listing` | every live task, from any thread | the safe layer |
//! | `ready_tree` | which futures of a set were woken, and its owner's waker | `leaf_waker`, `rounds`, `raw_set` |
//! | `leaf_waker` | wakers of a set's futures | `raw_set` |
//! | `rounds`, `polled` | the owner's walk through the tree; which futures a call has polled | `raw_set` |
//! | `future_slots`, `stack_slots` | where a set's futures are | `raw_set`; `StackSlots`: the safe layer |
//! | `raw_set` | a set of futures | the safe layer |

mod clock;
mod growing;
mod join_waker;
mod quietly;
mod state;

mod header;

mod slot;

mod cell;
mod system;

mod lingering;
mod population;
mod sites;
mod waiting;

mod inbox;
mod ready_list;
mod sleepers;

mod core;

mod reference;
mod run;

mod join;
mod spawn;

mod claimed;
mod local;
mod owner;
mod root;

mod scheduled;

mod listing;

// Sets of futures (`docs/future-sets.md`).
mod ready_tree;

mod leaf_waker;
mod polled;
mod rounds;

mod future_slots;
mod stack_slots;

mod raw_set;

pub(crate) use self::{
    cell::{Failure, Label, Name},
    claimed::Claimed,
    core::Core,
    future_slots::FutureSlots,
    join::{Joined, RawJoin},
    listing::{Listing, Seen},
    local::Local,
    owner::Owner,
    population::NoPlace,
    raw_set::RawSet,
    reference::Reference,
    root::Root,
    scheduled::{RawRunnable, Scheduled},
    slot::{Bytes, Room},
    spawn::Origin,
};
pub use self::{
    raw_set::{InPlace, OnHeap},
    stack_slots::StackSlots,
};

//! The unsafe core of the task layer. Protocol, invariants (K1 to K9) and orderings: `docs/tasks.md`.
//!
//! | module | nouns | callers |
//! | --- | --- | --- |
//! | `growing` | lists that grow where the allocator must not be called | `core::waiting`, `local::sleepers` |
//! | `quietly` | wakers whose panics must not propagate | `core`, `local` |
//! | `core` | tasks and the core of an executor, with any scheduler | the modules below, the safe layer |
//! | `local` | the scheduler of a local executor: one thread polls, every thread wakes | the safe layer |
//! | `scheduled` | tasks of a custom scheduler, which any thread polls | the safe layer |

mod growing;
mod quietly;

mod core;

mod local;
mod scheduled;

pub(crate) use self::{
    core::{
        Core,
        cell::{Label, Name},
        join::{Joined, RawJoin},
        listing::Listing,
        outcome::Failure,
        population::NoPlace,
        reference::Reference,
        seen::Seen,
        slot::{Bytes, Room},
        spawn::Origin,
    },
    local::{Local, claimed::Claimed, owner::Owner, root::Root},
    scheduled::{Scheduled, runnable::RawRunnable},
};

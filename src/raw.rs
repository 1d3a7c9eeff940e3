//! The unsafe core of the stores; `implementation.md` has the rules. (The others with `unsafe` code are the cores of
//! tasks and of sets of futures.)
//!
//! | module | nouns | who may call it |
//! | --- | --- | --- |
//! | `memory`, `once`, `panics`, `typed` | zeroed blocks and the types that they may hold; pointers that are written once; panics while more user code must run; keys as they are handed out | everything here |
//! | `slot` | word and value; `lifecycle`: the word, as snapshot and cell; `ending`: how values are ended | the slot's owner, as the word says; every thread with a guard |
//! | `page` | slots and their lists in one block; `free_list`: the owner's list, and the stack of all other threads | the page's owner; every thread |
//! | `shards` | shards, directory, roster, and the core of a slab: find, insert, remove, walk, trim | the safe layer, `pins`, `guards` |
//! | `pins` | pin words and deferred releases; pins with guards; reading under a pin | `shards`, the safe layer |
//! | `guards` | what guards, reservations and exclusive guards are made of | the safe layer |

mod memory;
mod once;
mod panics;
mod typed;

mod slot;

mod page;

mod pins;
mod shards;

mod guards;

pub(crate) use self::{
    guards::{
        exclusive_lease::ExclusiveLease,
        hold::{Hold, Store},
        lease::{Lease, Leases, leases},
        loan::Loan,
        reservation::Reservation,
    },
    pins::pinned::{Pinned, PinnedEntries},
    shards::{
        insertion::NoRoom,
        shard_table::ShardTable,
        walk::{EntriesMut, Walk},
    },
    slot::{
        ending::{Cleared, Dropped},
        lifecycle::{NotExclusive, Unreadable},
    },
};
#[cfg(feature = "task")]
pub(crate) use self::{
    panics::{FirstPanic, Payload, end},
    shards::place::{Place, for_each_place, references_of, release_entry, share_entry, with_place},
    slot::{Slot, ending::Ending, lifecycle::LifecycleCell},
};

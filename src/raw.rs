//! The unsafe core. All `unsafe` of the crate stands below this module; `implementation.md` has the rules.
//!
//! | file | noun | who may call it |
//! | --- | --- | --- |
//! | `memory` | zeroed blocks | `page`, `shard_table` |
//! | `lifecycle` | the slot's word: snapshot and cell | whoever has a slot |
//! | `slot` | word and value | its owner of the moment, by the word |
//! | `ending` | what becomes of values: dropped, or cleared and kept | who owns the slot |
//! | `free_list` | `LocalList`, `RemoteStack` | the page's owner; everyone |
//! | `page` | slots and their lists, in one block | `shard_table` |
//! | `shard` | one owner's masks and counts | its owner; the shared side everyone |
//! | `waiters` | where `take` sleeps | `shard_table` |
//! | `table` | page pointers and shards, in one block | `shard_table` |
//! | `shard_table` | the core of a slab: find, share, count | the safe layer |
//! | `insertion`, `removal` | where slots come from and go | the safe layer, what guards are made of |
//! | `walk` | every slot in turn | the safe layer |
//! | `hold` | what keeps a slab or a pool alive for its guards | the leases |
//! | `reservation`, `lease`, `exclusive_lease` | what guards are made of | the safe layer |

// A slot, and what becomes of its value.
mod lifecycle;
mod memory;
mod panics;
mod slot;

mod ending;

// Where slots stand and wait.
mod free_list;
mod page;
mod shard;
mod table;
mod waiters;

// The core: slots are found, taken, given back.
mod shard_table;

mod removal;
mod walk;

mod insertion;

// What guards are made of.
mod hold;
mod reservation;

mod lease;

mod exclusive_lease;

pub(crate) use self::{
    ending::{Cleared, Dropped},
    exclusive_lease::ExclusiveLease,
    hold::Hold,
    lease::{Lease, leases},
    lifecycle::NotExclusive,
    reservation::Reservation,
    shard_table::ShardTable,
    walk::{EntriesMut, Walk},
};

//! The unsafe core. All `unsafe` of the crate stands below this module; `implementation.md` has the rules.
//!
//! | file | noun | who may call it |
//! | --- | --- | --- |
//! | `memory` | zeroed blocks | `page`, `shard_table` |
//! | `lifecycle` | the slot's word: snapshot and cell | whoever has a slot |
//! | `slot` | word and value | its owner of the moment, by the word |
//! | `free_list` | `LocalList`, `RemoteStack` | the page's owner; everyone |
//! | `page` | slots and their lists, in one block | `shard_table` |
//! | `shard` | one owner's masks and counts | its owner; the shared side everyone |
//! | `waiters` | where `take` sleeps | `shard_table` |
//! | `table` | page pointers and shards, in one block | `shard_table` |
//! | `shard_table` | the core of a slab: find, share, count | the safe layer |
//! | `insertion`, `removal` | where slots come from and go | the safe layer, `lease` |
//! | `walk` | every slot in turn | the safe layer |
//! | `lease` | what guards are made of | the safe layer |
//! | `hold` | what keeps a slab alive for its guards | `lease` |

mod memory;

mod lifecycle;
mod slot;

mod free_list;
mod page;
mod shard;
mod waiters;

mod table;

mod shard_table;

mod insertion;
mod removal;
mod walk;

mod hold;
mod lease;

pub(crate) use self::{
    lease::{ExclusiveLease, Lease, Reservation},
    lifecycle::NotExclusive,
    shard_table::ShardTable,
    walk::{EntriesMut, Walk},
};

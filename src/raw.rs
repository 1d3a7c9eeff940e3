//! The unsafe core. All `unsafe` of the crate stands below this module; `implementation.md` has the rules.
//!
//! | file | noun | who may call it |
//! | --- | --- | --- |
//! | `lifecycle` | the slot's word: snapshot and cell | every thread that has a slot |
//! | `memory` | zeroed blocks, and what may stand in them | `page`, `table`, `trim` |
//! | `panics` | what becomes of a panic while more user code is due | where user code is called |
//! | `slot` | word and value | its owner of the moment, by the word |
//! | `ending` | what becomes of values: dropped, or cleared and kept | who owns the slot |
//! | `free_list` | `LocalList`, `RemoteStack` | the page's owner; everyone |
//! | `page` | slots and their lists, in one block | `table`, `insertion`, `walk` |
//! | `pin` | a thread's pin word, obligations, the two barriers | `table`, `pinning` |
//! | `shard` | one owner's masks and counts | its owner; the shared side everyone |
//! | `table` | shards, page pointers and pins, in one block | `shard_table` and what adds to it |
//! | `waiters` | where `take` sleeps | `shard_table`, `removal` |
//! | `shard_table` | the core of a slab: find, share, count | the safe layer |
//! | `guard_pin` | the pin of a thread without a shard | `removal`, `pinned` |
//! | `pinning` | what pins mean for entries that end | `removal`, `exclusive_lease`, `pinned` |
//! | `removal`, `walk`, `insertion` | where slots go, every slot in turn and the end of all, where slots come from | the safe layer, what guards are made of |
//! | `trim` | memory of free pages goes back; what there is | the safe layer |
//! | `place` | slots filled in place, entries referred to by address | `task::raw` |
//! | `hold` | what keeps a slab or a pool alive for its guards | the leases |
//! | `reservation`, `lease`, `exclusive_lease`, `pinned` | what guards and pins are made of | the safe layer |

// A slot, and what becomes of its value.
mod lifecycle;
mod memory;
mod panics;
mod slot;

mod ending;

// Where slots stand and wait.
mod free_list;
mod once;
mod page;
mod pin;
mod shard;

mod directory;
mod roster;

mod founding;

mod waiters;

// The core: slots are found, taken, given back.
mod shard_table;

mod joining;

mod guard_pin;
mod pinning;

mod exclusion;

mod removal;
mod walk;

mod insertion;

mod trim;

// What guards are made of.
mod hold;
mod reservation;

mod lease;
mod pinned;

#[cfg(feature = "task")]
mod place;

mod exclusive_lease;

#[cfg(feature = "task")]
pub(crate) use self::{
    ending::Ending,
    lifecycle::LifecycleCell,
    panics::{FirstPanic, Payload, end},
    place::{Place, for_each_place, references_of, release_entry, share_entry, with_place},
    slot::Slot,
};
pub(crate) use self::{
    ending::{Cleared, Dropped},
    exclusive_lease::ExclusiveLease,
    hold::Hold,
    insertion::NoRoom,
    lease::{Lease, leases},
    lifecycle::NotExclusive,
    pinned::{Pinned, PinnedEntries},
    reservation::Reservation,
    shard_table::ShardTable,
    walk::{EntriesMut, Walk},
};

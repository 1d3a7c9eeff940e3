//! The shards of a slab, and the slab's core, which finds, takes and frees slots.
//!
//! | file | noun | who may call it |
//! | --- | --- | --- |
//! | `shard` | one thread's block: masks, counts, its pin; `available`: pages with free slots | its owner; for the shared side, every thread |
//! | `directory`, `roster` | pages by a key's bits, shards by thread number; each is replaced when it is full | all files below, `pins` |
//! | `founding` | a slab's first block | `joining` |
//! | `waiters` | where `take` and `wait_exclusive` sleep | `exclusion`, `removal`, `pins` |
//! | `shard_table` | the core of a slab: find, share, count | the safe layer |
//! | `joining` | how a thread gets a shard and a row | `insertion`, `pins` |
//! | `exclusion` | exclusive access, by an attempt or by waiting | `removal`, `guards` |
//! | `removal`, `walk`, `insertion` | how entries end and slots are freed; iteration, and the end of a slab; how slots are taken | the safe layer, `guards`, `pins` |
//! | `trim` | returns the memory of free pages; statistics | the safe layer |
//! | `place` | slots filled in place, entries referred to by address | `task::raw` |

pub(super) mod directory;
pub(super) mod roster;
pub(super) mod shard;

pub(super) mod founding;
pub(super) mod waiters;

pub(super) mod shard_table;

pub(super) mod joining;

pub(super) mod exclusion;

pub(super) mod removal;
pub(super) mod walk;

pub(super) mod insertion;

pub(super) mod trim;

#[cfg(feature = "task")]
pub(super) mod place;

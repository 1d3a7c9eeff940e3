//! Pins: threads that read without counting, and removals that take account of them.
//!
//! | file | noun | who may call it |
//! | --- | --- | --- |
//! | `pin` | a thread's pin word, deferred releases, the two barriers | `shards`, `pinning`, `pinned` |
//! | `token` | tells slabs apart | `shards`, `guard_pin` |
//! | `guard_pin` | the pin of a thread without a shard | `pinning`, `pinned` |
//! | `pinning` | how pins defer the end of values | `shards`, `guard_pin`, `pinned` |
//! | `pinned` | reading under a pin | the safe layer |

pub(super) mod pin;
pub(super) mod token;

pub(super) mod guard_pin;
pub(super) mod pinning;

pub(super) mod pinned;

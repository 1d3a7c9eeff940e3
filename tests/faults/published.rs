//! The faults of the published crate, by their numbers in the list of them, as far as they concern the slab and the pool.
//!
//! `RUSTFLAGS="--cfg flagstone_published" cargo test --test faults published` runs the same tests against it.

mod keys;
mod memory;
mod pool;
mod pool_keys;
mod pool_threads;
mod threads;

#[cfg(not(flagstone_published))]
use flagstone as subject;
#[cfg(flagstone_published)]
use sharded_slab as subject;

/// One page of one slot.
struct OneSlot;

impl subject::Config for OneSlot {
    const MAX_THREADS: usize = <subject::DefaultConfig as subject::Config>::MAX_THREADS;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
}

/// One slot, and a byte of each key for the caller.
struct ReservedByte;

impl subject::Config for ReservedByte {
    const MAX_THREADS: usize = 512;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
    const RESERVED_BITS: usize = 8;
}

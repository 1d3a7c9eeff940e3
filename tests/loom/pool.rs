//! A pool's values: made once, and kept from one entry to the next.
//!
//! The core is the slab's, and so are its models; here are those of what is a pool's own: creators that hold their
//! entry exclusively, values that stay in free slots, and user code that makes and clears them.

mod clearing;
mod creating;
mod exclusive;
mod lending;
mod lives;
mod owned;
mod threads;
mod user_code;

use crate::check::SharedPool;

/// A way to make an entry whose value has a certain number, and to let others have it.
type Create<C> = fn(SharedPool<C>, usize) -> Option<usize>;

/// By the end of the creator's guard.
fn create<C: flagstone::Config>(pool: SharedPool<C>, number: usize) -> Option<usize> {
    let mut value = pool.create()?;
    value.fill(number);
    Some(value.key())
}

/// By a closure, before any thread knows the key.
fn create_with<C: flagstone::Config>(pool: SharedPool<C>, number: usize) -> Option<usize> {
    pool.create_with(|value| value.fill(number))
}

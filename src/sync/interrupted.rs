//! Atomics that yield before each operation: sometimes, so that stress tests reach rare interleavings, or always, so
//! that `shuttle`'s scheduler decides which thread takes the next step.

use core::sync::atomic::Ordering;

#[cfg(flagstone_chaos)]
pub(super) use at_random::interrupt;

/// Lets the scheduler run another thread, or this one. A fence is not a step: under `shuttle` all operations happen in
/// one total order, in which a fence has no visible effect. So the barrier of `sync/barrier.rs` keeps the form that it
/// has on this processor. (`sleep` is `shuttle`'s plain step; `yield_now` would tell it that the thread is waiting.)
#[cfg(flagstone_shuttle)]
pub(super) fn interrupt() {
    shuttle::thread::sleep(core::time::Duration::ZERO);
}

#[cfg(flagstone_chaos)]
mod at_random {
    use std::cell::Cell;

    std::thread_local! {
        static SEED: Cell<u64> = const { Cell::new(0) };
    }

    /// Yields about once in sixteen calls, differently on each thread and in each run.
    pub(in super::super) fn interrupt() {
        let seed = SEED.get();
        let seed = if seed == 0 {
            let address = &raw const seed;
            (address.addr() as u64) ^ u64::from(std::process::id()) ^ 0x9E37_79B9_7F4A_7C15
        } else {
            seed
        };
        // Marsaglia's xorshift64: good enough to choose places, and threads share no state.
        let seed = seed ^ (seed << 13);
        let seed = seed ^ (seed >> 7);
        let seed = seed ^ (seed << 17);
        SEED.set(seed);
        if seed % 16 == 0 {
            std::thread::yield_now();
        }
    }
}

macro_rules! interrupted {
    ($name:ident $(<$parameter:ident>)?, $value:ty, $($method:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        #[repr(transparent)]
        pub(crate) struct $name$(<$parameter>)?(core::sync::atomic::$name$(<$parameter>)?);

        impl$(<$parameter>)? $name$(<$parameter>)? {
            pub(crate) const fn new(value: $value) -> Self {
                Self(core::sync::atomic::$name::new(value))
            }
            $(
                #[allow(dead_code, reason = "one list of methods serves every kind of atomic")]
                pub(crate) fn $method(&self, $($argument: $type),*) -> $result {
                    interrupt();
                    self.0.$method($($argument),*)
                }
            )*
        }
    };
}

interrupted! { AtomicUsize, usize,
    load(ordering: Ordering) -> usize;
    store(value: usize, ordering: Ordering) -> ();
    swap(value: usize, ordering: Ordering) -> usize;
    fetch_add(value: usize, ordering: Ordering) -> usize;
    fetch_sub(value: usize, ordering: Ordering) -> usize;
    fetch_and(value: usize, ordering: Ordering) -> usize;
    fetch_or(value: usize, ordering: Ordering) -> usize;
    fetch_max(value: usize, ordering: Ordering) -> usize;
    compare_exchange(old: usize, new: usize, success: Ordering, failure: Ordering) -> Result<usize, usize>;
    compare_exchange_weak(old: usize, new: usize, success: Ordering, failure: Ordering) -> Result<usize, usize>;
}

#[cfg(feature = "task")]
interrupted! { AtomicU32, u32,
    load(ordering: Ordering) -> u32;
    store(value: u32, ordering: Ordering) -> ();
    fetch_or(value: u32, ordering: Ordering) -> u32;
    compare_exchange_weak(old: u32, new: u32, success: Ordering, failure: Ordering) -> Result<u32, u32>;
}

interrupted! { AtomicPtr<T>, *mut T,
    load(ordering: Ordering) -> *mut T;
    store(value: *mut T, ordering: Ordering) -> ();
    swap(value: *mut T, ordering: Ordering) -> *mut T;
    compare_exchange(old: *mut T, new: *mut T, success: Ordering, failure: Ordering) -> Result<*mut T, *mut T>;
    compare_exchange_weak(old: *mut T, new: *mut T, success: Ordering, failure: Ordering) -> Result<*mut T, *mut T>;
}

//! Atomics that sometimes give the processor away first, so that stress tests meet rare interleavings.

use core::sync::atomic::Ordering;
use std::cell::Cell;

std::thread_local! {
    static SEED: Cell<u64> = const { Cell::new(0) };
}

/// Yields about once in sixteen calls, differently on each thread and in each run.
pub(crate) fn maybe_yield() {
    let seed = SEED.get();
    let seed = if seed == 0 {
        let address = &raw const seed;
        (address.addr() as u64) ^ u64::from(std::process::id()) ^ 0x9E37_79B9_7F4A_7C15
    } else {
        seed
    };
    // Marsaglia's xorshift64: good enough to pick places, and nothing that threads share.
    let seed = seed ^ (seed << 13);
    let seed = seed ^ (seed >> 7);
    let seed = seed ^ (seed << 17);
    SEED.set(seed);
    if seed % 16 == 0 {
        std::thread::yield_now();
    }
}

macro_rules! chaotic {
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
                    maybe_yield();
                    self.0.$method($($argument),*)
                }
            )*
        }
    };
}

chaotic! { AtomicUsize, usize,
    load(ordering: Ordering) -> usize;
    store(value: usize, ordering: Ordering) -> ();
    swap(value: usize, ordering: Ordering) -> usize;
    fetch_add(value: usize, ordering: Ordering) -> usize;
    fetch_sub(value: usize, ordering: Ordering) -> usize;
    fetch_or(value: usize, ordering: Ordering) -> usize;
    fetch_max(value: usize, ordering: Ordering) -> usize;
    compare_exchange(old: usize, new: usize, success: Ordering, failure: Ordering) -> Result<usize, usize>;
    compare_exchange_weak(old: usize, new: usize, success: Ordering, failure: Ordering) -> Result<usize, usize>;
}

chaotic! { AtomicPtr<T>, *mut T,
    load(ordering: Ordering) -> *mut T;
    store(value: *mut T, ordering: Ordering) -> ();
    swap(value: *mut T, ordering: Ordering) -> *mut T;
    compare_exchange(old: *mut T, new: *mut T, success: Ordering, failure: Ordering) -> Result<*mut T, *mut T>;
    compare_exchange_weak(old: *mut T, new: *mut T, success: Ordering, failure: Ordering) -> Result<*mut T, *mut T>;
}

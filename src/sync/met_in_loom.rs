//! `loom`'s atomics, changed such that `loom` tries every order of two accesses of which one writes.
//!
//! `loom` remembers only the last access of each atomic. Suppose that one thread loads, and another loads and then does
//! a CAS. `loom` takes the CAS to follow its own thread's load, and does not try it before the first thread's load. So
//! the write of a CAS loop that begins with a load is hidden from a thread that only loads. Here each access is
//! preceded by an access of a companion atomic, which writes nothing new and orders nothing. Two companion accesses are
//! always tried in both orders.

use loom::sync::atomic;

use super::Ordering;

macro_rules! met {
    ($name:ident $(<$parameter:ident>)?, $value:ty, $($method:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        pub(crate) struct $name$(<$parameter>)? {
            word: atomic::$name$(<$parameter>)?,
            companion: atomic::AtomicUsize,
        }

        impl$(<$parameter>)? $name$(<$parameter>)? {
            pub(crate) fn new(value: $value) -> Self {
                Self { word: atomic::$name::new(value), companion: atomic::AtomicUsize::new(0) }
            }
            $(
                pub(crate) fn $method(&self, $($argument: $type),*) -> $result {
                    // Ordering: Relaxed - it must order nothing.
                    self.companion.fetch_add(0, Ordering::Relaxed);
                    self.word.$method($($argument),*)
                }
            )*
        }
    };
}

met! { AtomicUsize, usize,
    load(ordering: Ordering) -> usize;
    store(value: usize, ordering: Ordering) -> ();
    swap(value: usize, ordering: Ordering) -> usize;
    fetch_add(value: usize, ordering: Ordering) -> usize;
    fetch_sub(value: usize, ordering: Ordering) -> usize;
    fetch_and(value: usize, ordering: Ordering) -> usize;
    fetch_or(value: usize, ordering: Ordering) -> usize;
    compare_exchange(old: usize, new: usize, success: Ordering, failure: Ordering) -> Result<usize, usize>;
    compare_exchange_weak(old: usize, new: usize, success: Ordering, failure: Ordering) -> Result<usize, usize>;
}

met! { AtomicU32, u32,
    load(ordering: Ordering) -> u32;
    fetch_or(value: u32, ordering: Ordering) -> u32;
    compare_exchange_weak(old: u32, new: u32, success: Ordering, failure: Ordering) -> Result<u32, u32>;
}

met! { AtomicPtr<T>, *mut T,
    load(ordering: Ordering) -> *mut T;
    swap(value: *mut T, ordering: Ordering) -> *mut T;
    compare_exchange(old: *mut T, new: *mut T, success: Ordering, failure: Ordering) -> Result<*mut T, *mut T>;
    compare_exchange_weak(old: *mut T, new: *mut T, success: Ordering, failure: Ordering) -> Result<*mut T, *mut T>;
}

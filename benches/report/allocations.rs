//! Counts the bytes that are requested from the allocator and not yet freed.
//!
//! These are the requested bytes, not what the allocator rounds them up to, so they do not depend on the allocator.
//! Outside of [`bytes_left_by`] an allocation only checks a flag.

#![expect(unsafe_code, reason = "an allocator is unsafe by its interface")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicIsize};

/// The system's allocator, which also counts bytes.
struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// Whether bytes are counted.
static COUNTS: AtomicBool = AtomicBool::new(false);

/// The bytes that were requested, minus those that were freed.
static BYTES: AtomicIsize = AtomicIsize::new(0);

/// Runs the function, and returns how many more bytes are allocated when it calls the closure that it gets than before.
pub(crate) fn bytes_left_by(measure: impl FnOnce(&dyn Fn() -> isize) -> isize) -> isize {
    BYTES.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
    let bytes = measure(&|| BYTES.load(Relaxed));
    COUNTS.store(false, Relaxed);
    bytes
}

/// Counts, if bytes are counted.
#[inline]
fn count(bytes: isize) {
    if COUNTS.load(Relaxed) {
        BYTES.fetch_add(bytes, Relaxed);
    }
}

// SAFETY: every call is passed on to `System`, and its result is returned.
unsafe impl GlobalAlloc for Counted {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.dealloc(memory, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.realloc(memory, layout, size) }
    }
}

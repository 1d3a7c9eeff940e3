//! The global allocator, which is chosen when the process starts.

#![expect(unsafe_code, reason = "an allocator is unsafe by its interface, and so is the environment")]

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{CStr, c_char};
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

/// The environment variable that selects the allocator.
pub(crate) const VARIABLE: &str = "FLAGSTONE_BENCH_ALLOCATOR";

/// The allocators that it can name.
pub(crate) const NAMES: [&str; 3] = ["system", "bare", "mimalloc"];

#[global_allocator]
static ALLOCATOR: Chosen = Chosen;

/// Passes every call on to the selected allocator.
struct Chosen;

/// The system's allocator without its `alloc_zeroed` and `realloc`: the default methods write the zeroes, and copy.
struct Bare;

// The values of `CHOICE`.
const UNDECIDED: u8 = 0;
const SYSTEM: u8 = 1;
const BARE: u8 = 2;
const MIMALLOC: u8 = 3;

/// The selected allocator.
static CHOICE: AtomicU8 = AtomicU8::new(UNDECIDED);

/// Returns the selected allocator.
#[inline]
fn choice() -> u8 {
    // Ordering: Relaxed - nothing is published; all threads make the same decision.
    match CHOICE.load(Relaxed) {
        UNDECIDED => decide(),
        choice => choice,
    }
}

/// Reads the environment at the first allocation of the process.
#[cold]
fn decide() -> u8 {
    // `std::env` allocates.
    unsafe extern "C" {
        fn getenv(name: *const c_char) -> *const c_char;
    }
    // SAFETY: the name is a C string; nothing in this process changes the environment.
    let value = unsafe { getenv(c"FLAGSTONE_BENCH_ALLOCATOR".as_ptr()) };
    let choice = if value.is_null() {
        SYSTEM
    } else {
        // SAFETY: not null, so a C string of the environment, which nothing changes.
        match unsafe { CStr::from_ptr(value) }.to_bytes() {
            b"bare" => BARE,
            b"mimalloc" => MIMALLOC,
            _ => SYSTEM,
        }
    };
    CHOICE.store(choice, Relaxed);
    choice
}

// SAFETY: the choice never changes once it is made, so all calls reach the same allocator.
unsafe impl GlobalAlloc for Chosen {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match choice() {
            // SAFETY: the caller keeps to the contract, which is the same.
            BARE => unsafe { Bare.alloc(layout) },
            // SAFETY: the same.
            MIMALLOC => unsafe { MiMalloc.alloc(layout) },
            // SAFETY: the same.
            _ => unsafe { System.alloc(layout) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match choice() {
            // SAFETY: the caller keeps to the contract, which is the same.
            BARE => unsafe { Bare.alloc_zeroed(layout) },
            // SAFETY: the same.
            MIMALLOC => unsafe { MiMalloc.alloc_zeroed(layout) },
            // SAFETY: the same.
            _ => unsafe { System.alloc_zeroed(layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        match choice() {
            // SAFETY: the caller keeps to the contract, which is the same.
            BARE => unsafe { Bare.dealloc(memory, layout) },
            // SAFETY: the same.
            MIMALLOC => unsafe { MiMalloc.dealloc(memory, layout) },
            // SAFETY: the same.
            _ => unsafe { System.dealloc(memory, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match choice() {
            // SAFETY: the caller keeps to the contract, which is the same.
            BARE => unsafe { Bare.realloc(memory, layout, size) },
            // SAFETY: the same.
            MIMALLOC => unsafe { MiMalloc.realloc(memory, layout, size) },
            // SAFETY: the same.
            _ => unsafe { System.realloc(memory, layout, size) },
        }
    }
}

// SAFETY: every call is passed on to `System`.
unsafe impl GlobalAlloc for Bare {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.dealloc(memory, layout) }
    }
}

//! Blocks of zeroed memory: a header, followed by arrays whose length is known only at run time.
//!
//! A fresh large block is zeroed only by the system, so memory that is not used yet costs nothing on systems that back
//! it when it is first written.

use core::{alloc::Layout, ptr::NonNull};
use std::alloc;

/// A type whose blank value is all zero bytes.
///
/// # Safety
///
/// A value of zero bytes must be valid and need no destructor. (Neither holds for the types of `loom`, under which
/// `blank` makes such a value.)
pub(crate) unsafe trait Blank: Sized {
    #[cfg(flagstone_loom)]
    fn blank() -> Self;
}

/// A cache line of its own. What other threads write must not share a cache line with what the owner reads (false
/// sharing).
#[repr(align(64))]
pub(crate) struct CacheLine<T>(pub(crate) T);

// SAFETY: it is blank if its contents are.
unsafe impl<B: Blank> Blank for CacheLine<B> {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self(B::blank())
    }
}

/// The alignment that allocators give in any case. For a larger alignment they may zero by hand, which would write all
/// of the memory.
const CHEAP_ALIGNMENT: usize = 2 * size_of::<usize>();

/// Up to this size memory is zeroed by hand. Requests for zeroed memory take several times as long in common
/// allocators, and so few bytes are used soon anyway.
const ZEROED_BY_HAND: usize = 4096;

/// What is needed to free a block of memory.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// Its provenance is the whole allocation.
    allocation: NonNull<u8>,
    size: usize,
}

impl Block {
    /// Allocates zeroed memory. Returns the block, and its start, aligned as requested. `None` if the allocator refuses
    /// memory.
    pub(crate) fn allocate_zeroed(wanted: Layout) -> Option<(Self, NonNull<u8>)> {
        // Request an alignment that costs nothing, and room to align by hand.
        let slack = wanted.align().saturating_sub(CHEAP_ALIGNMENT);
        let size = wanted.size().checked_add(slack)?;
        debug_assert!(size > 0, "every block has a header");
        let padded = Layout::from_size_align(size, CHEAP_ALIGNMENT).ok()?;
        let allocation = if size <= ZEROED_BY_HAND {
            // SAFETY: the size is not zero.
            let allocation = NonNull::new(unsafe { alloc::alloc(padded) })?;
            // SAFETY: the allocation has `size` bytes.
            unsafe { allocation.write_bytes(0, size) };
            allocation
        } else {
            // SAFETY: the size is not zero.
            NonNull::new(unsafe { alloc::alloc_zeroed(padded) })?
        };
        let skipped = allocation.addr().get().wrapping_neg() & (wanted.align() - 1);
        // SAFETY: `skipped` is at most the slack that was added (less than that where the allocator aligned better), so
        // the result and `wanted.size()` bytes behind it lie in the allocation.
        let start = unsafe { allocation.add(skipped) };
        Some((Self { allocation, size }, start))
    }

    /// Frees the memory.
    ///
    /// # Safety
    ///
    /// Nothing uses the memory any more, and it is freed once.
    pub(crate) unsafe fn deallocate(self) {
        // SAFETY: `allocate_zeroed` has made such a layout of these numbers.
        let padded = unsafe { Layout::from_size_align_unchecked(self.size, CHEAP_ALIGNMENT) };
        // SAFETY: the allocation came from `allocate_zeroed`, with this very layout.
        unsafe { alloc::dealloc(self.allocation.as_ptr(), padded) };
    }
}

/// Returns to the system the whole memory pages within `size` bytes at `start`, and returns the number of their bytes.
/// The address space stays reserved. Afterwards the memory is zero, or unchanged where the system refuses. Some kernels
/// leave explicit huge pages (`hugetlb`) unchanged although they report success.
///
/// Only on Linux and Android. Elsewhere nothing happens.
///
/// # Safety
///
/// The bytes lie in a block, in memory that is not a private mapping of a file. Only the caller needs what is in them.
/// Other threads read there only atomically, and accept zeros as well as what was there.
pub(crate) unsafe fn discard(start: NonNull<u8>, size: usize) -> usize {
    #[cfg(all(any(target_os = "linux", target_os = "android"), not(flagstone_loom), not(miri)))]
    {
        // The system may clear the tags of tagged memory, and our pointers are tagged.
        if cfg!(target_arch = "aarch64") && start.addr().get() >> (usize::BITS - 8) != 0 {
            return 0;
        }
        // SAFETY: `sysconf` has no preconditions.
        let Ok(page) = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }) else { return 0 };
        let first = first_discarded(start.addr().get(), page) - start.addr().get();
        let length = size.saturating_sub(first) & !(page - 1);
        let place = start.as_ptr().wrapping_add(first);
        // SAFETY: whole pages that the caller may discard, not of a file, so they read as zeros afterwards.
        if length > 0 && unsafe { libc::madvise(place.cast(), length, libc::MADV_DONTNEED) } == 0 {
            return length;
        }
    }
    let _ = (start, size);
    0
}

/// Returns the address at which discarding memory at `start` begins: the first whole memory page, or one page later if
/// that might be the first of a huge page.
///
/// In explicit huge pages (`hugetlb`) Linux 5.18 to 6.0 rounds the *end* of a range up to the next huge page, and so
/// clears memory behind the range. All kernels refuse a range that does not begin at a huge page, and the smallest huge
/// pages have sixteen pages.
#[allow(dead_code, reason = "nothing is given back on other systems, nor in models")]
fn first_discarded(start: usize, page: usize) -> usize {
    let first = start.next_multiple_of(page);
    if first % (16 * page) == 0 { first + page } else { first }
}

/// Makes `count` blank values at `start`. Only `loom` needs more than the zeros.
///
/// # Safety
///
/// Zeroed memory for `count` values of `B` is at `start`, and no other thread knows it.
pub(crate) unsafe fn make_blank<B: Blank>(start: NonNull<B>, count: usize) {
    #[cfg(flagstone_loom)]
    for index in 0..count {
        // SAFETY: the caller says that there is memory for `count` values.
        let place = unsafe { start.add(index) };
        // SAFETY: as above.
        unsafe { place.write(B::blank()) };
    }
    #[cfg(not(flagstone_loom))]
    let _ = (start, count);
}

/// Drops `count` blank values at `start`, which only `loom`'s types need.
///
/// # Safety
///
/// `make_blank` made them, and no thread uses them any more.
pub(crate) unsafe fn drop_blank<B: Blank>(start: NonNull<B>, count: usize) {
    #[cfg(flagstone_loom)]
    for index in 0..count {
        // SAFETY: the caller says that there are `count` values.
        let place = unsafe { start.add(index) };
        // SAFETY: as above, and each is dropped once.
        unsafe { place.drop_in_place() };
    }
    #[cfg(not(flagstone_loom))]
    let _ = (start, count);
}

#[cfg(test)]
mod tests;

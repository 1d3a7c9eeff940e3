//! Blocks of zeroed memory: a header and, behind it, arrays that a type cannot describe.
//!
//! Nothing but the system's zeroing has touched a fresh block, so memory that is not used yet costs nothing on systems
//! that back it when it is first written.

use core::{alloc::Layout, ptr::NonNull};
use std::alloc;

/// A type whose blank value is all zero bytes.
///
/// # Safety
///
/// A value of zero bytes must be valid and need no destructor. (Under `loom`, whose types are neither, `blank` makes
/// such a value.)
pub(crate) unsafe trait Blank: Sized {
    #[cfg(flagstone_loom)]
    fn blank() -> Self;
}

/// The alignment that allocators give without being asked, and so without zeroing by hand, which would touch it all.
const CHEAP_ALIGNMENT: usize = 2 * size_of::<usize>();

/// Up to this size memory is zeroed by hand: calls for zeroed memory take several times as long in common allocators, and
/// so few bytes are touched soon anyway.
const ZEROED_BY_HAND: usize = 4096;

/// What must be kept to give a block of memory back.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// Its provenance is the whole allocation.
    allocation: NonNull<u8>,
    size: usize,
}

impl Block {
    /// Allocates zeroed memory: the block, and where it begins, aligned as asked. `None` if there is no memory.
    pub(crate) fn allocate_zeroed(wanted: Layout) -> Option<(Self, NonNull<u8>)> {
        // An alignment that costs nothing, and room to align by hand.
        let slack = wanted.align().saturating_sub(CHEAP_ALIGNMENT);
        let size = wanted.size().checked_add(slack)?;
        debug_assert!(size > 0, "every block has a header");
        let padded = Layout::from_size_align(size, CHEAP_ALIGNMENT).ok()?;
        let allocation = if size <= ZEROED_BY_HAND {
            // SAFETY: the size is not zero.
            let allocation = NonNull::new(unsafe { alloc::alloc(padded) })?;
            // SAFETY: the allocation has as many bytes.
            unsafe { allocation.write_bytes(0, size) };
            allocation
        } else {
            // SAFETY: the size is not zero.
            NonNull::new(unsafe { alloc::alloc_zeroed(padded) })?
        };
        let skipped = allocation.addr().get().wrapping_neg() & (wanted.align() - 1);
        // SAFETY: `skipped` is at most the slack that was added (less than that where the allocator aligned better), so the
        // result and `wanted.size()` bytes behind it lie in the allocation.
        let start = unsafe { allocation.add(skipped) };
        Some((Self { allocation, size }, start))
    }

    /// Gives the memory back.
    ///
    /// # Safety
    ///
    /// Nothing uses the memory any more, and it is given back once.
    pub(crate) unsafe fn deallocate(self) {
        // SAFETY: `allocate_zeroed` has made such a layout of these numbers.
        let padded = unsafe { Layout::from_size_align_unchecked(self.size, CHEAP_ALIGNMENT) };
        // SAFETY: the allocation came from `allocate_zeroed`, with this very layout.
        unsafe { alloc::dealloc(self.allocation.as_ptr(), padded) };
    }
}

/// Gives the system its pages back that lie whole within `size` bytes at `start`, and returns how many bytes those have.
/// The addresses stay. What was there is zero afterwards, or as it was where the system refuses: memory in huge pages of
/// its own kind (`hugetlb`) is left as it is by some kernels, which say that it is gone.
///
/// On Linux and Android; elsewhere nothing happens.
///
/// # Safety
///
/// The bytes lie in a block, in memory that is no private mapping of a file. Nobody but the caller needs what is in them;
/// whoever else reads there does so atomically, and it is all the same to him whether he finds zeros.
pub(crate) unsafe fn discard(start: NonNull<u8>, size: usize) -> usize {
    #[cfg(all(any(target_os = "linux", target_os = "android"), not(flagstone_loom), not(miri)))]
    {
        // Of memory with tags the system may clear the tags, and our pointers have them.
        if cfg!(target_arch = "aarch64") && start.addr().get() >> (usize::BITS - 8) != 0 {
            return 0;
        }
        // SAFETY: a question with no conditions.
        let Ok(page) = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }) else { return 0 };
        let first = first_discarded(start.addr().get(), page) - start.addr().get();
        let length = size.saturating_sub(first) & !(page - 1);
        let place = start.as_ptr().wrapping_add(first);
        // SAFETY: whole pages of the caller's, of no file, so that they read as zeros afterwards.
        if length > 0 && unsafe { libc::madvise(place.cast(), length, libc::MADV_DONTNEED) } == 0 {
            return length;
        }
    }
    let _ = (start, size);
    0
}

/// Where giving back begins of memory at `start`: at the first whole page of the system, or one later where that might begin a
/// huge page.
///
/// Of memory in huge pages of its own kind (`hugetlb`) Linux 5.18 to 6.0 rounds the *end* of a range up to the next huge page,
/// and so clears what lies behind it. All kernels refuse a range that does not begin with a huge page, and the smallest of
/// those have sixteen pages.
#[allow(dead_code, reason = "nothing is given back on other systems, nor in models")]
fn first_discarded(start: usize, page: usize) -> usize {
    let first = start.next_multiple_of(page);
    if first % (16 * page) == 0 { first + page } else { first }
}

/// Makes `count` blank values at `start`, where `loom` needs more than zeros.
///
/// # Safety
///
/// Zeroed memory for `count` values of `B` is at `start`, and nobody else knows it.
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

/// Ends `count` blank values at `start`, which only `loom`'s types need.
///
/// # Safety
///
/// `make_blank` made them, and nobody uses them any more.
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

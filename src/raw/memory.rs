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

/// What must be kept to give a block back.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// Where the block begins, aligned as asked; its provenance is the whole allocation.
    pub(crate) start: NonNull<u8>,
    allocation: NonNull<u8>,
}

/// The layout to ask the allocator for: `wanted`, but with an alignment that costs nothing, and room to align by hand.
fn padded(wanted: Layout) -> Option<Layout> {
    let slack = wanted.align().saturating_sub(CHEAP_ALIGNMENT);
    Layout::from_size_align(wanted.size().checked_add(slack)?, wanted.align().min(CHEAP_ALIGNMENT)).ok()
}

impl Block {
    /// Allocates zeroed memory; `None` if there is none.
    pub(crate) fn allocate_zeroed(wanted: Layout) -> Option<Self> {
        let padded = padded(wanted)?;
        debug_assert!(padded.size() > 0, "every block has a header");
        // SAFETY: the size is not zero.
        let allocation = NonNull::new(unsafe { alloc::alloc_zeroed(padded) })?;
        let skipped = allocation.addr().get().wrapping_neg() & (wanted.align() - 1);
        // SAFETY: `skipped` is at most the slack that `padded` added (less than that where the allocator aligned
        // better), so the result and `wanted.size()` bytes behind it lie in the allocation.
        let start = unsafe { allocation.add(skipped) };
        Some(Self { start, allocation })
    }

    /// Gives the memory back.
    ///
    /// # Safety
    ///
    /// The block came from `allocate_zeroed` with the same layout, and nobody uses it any more.
    pub(crate) unsafe fn deallocate(self, wanted: Layout) {
        let Some(padded) = padded(wanted) else { unreachable!("a block was allocated with this layout") };
        // SAFETY: the caller says that `allocate_zeroed` made the block, with this very layout.
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
        let first = start.addr().get().next_multiple_of(page) - start.addr().get();
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

//! The value of a slot: a header and the room for a future.

use core::{
    cell::UnsafeCell,
    mem::{MaybeUninit, offset_of},
    ptr::NonNull,
};

use super::header::{Header, TaskPointer};
use crate::config::Config;
#[cfg(not(flagstone_loom))]
use crate::raw::Slot;

/// The configuration of the slab of tasks.
///
/// The first page may be large. So it has few generations, and more references to a task can be counted: 67,108,864
/// on 64 bits. Pages are [shorter](crate::raw::ShardTable::with_short_pages) than that until there are many tasks.
#[derive(Debug)]
pub(crate) struct TaskConfig;

impl Config for TaskConfig {
    const INITIAL_PAGE_SIZE: usize = if cfg!(flagstone_loom) {
        2
    } else if usize::BITS >= 64 {
        4096
    } else {
        64
    };
    #[cfg(all(target_pointer_width = "64", not(flagstone_loom)))]
    const MAX_PAGES: usize = 16;
    #[cfg(flagstone_loom)]
    const MAX_THREADS: usize = 4;
    #[cfg(flagstone_loom)]
    const MAX_PAGES: usize = 2;
}

/// Room for a future in a slot, of a size that the storage chooses.
#[allow(unreachable_pub, reason = "a sealed trait names it, and no other crate can")]
pub trait Room: Sized + 'static {
    const BYTES: usize;
    /// Its alignment in a slot of a page.
    const ALIGN: usize = room_align::<Self>();
}

/// Returns the alignment of the room in a slot: that of the header, or 16 if the slots' size and the room's offset in
/// them are multiples of 16, since pages align their slots to cache lines. (`Typed::make_room` checks it.)
#[cfg_attr(flagstone_loom, allow(clippy::extra_unused_type_parameters, reason = "the models' slots are not those"))]
const fn room_align<R>() -> usize {
    #[cfg(not(flagstone_loom))]
    {
        let place = Header::BEHIND_WORD + offset_of!(TaskSlot<R>, room);
        if place % 16 == 0 && size_of::<Slot<TaskSlot<R>>>() % 16 == 0 {
            return 16;
        }
    }
    align_of::<Header>()
}

/// Room for that number of bytes, and at least for a pointer to the future's box, if the future is in one.
#[repr(C)]
#[allow(unreachable_pub, missing_debug_implementations, reason = "a sealed trait names it, and no other crate can")]
pub union Bytes<const BYTES: usize> {
    _bytes: [MaybeUninit<u8>; BYTES],
    _boxed: *mut (),
}

impl<const BYTES: usize> Room for Bytes<BYTES> {
    const BYTES: usize = BYTES;
}

/// A task in its slot.
#[repr(C)]
pub(crate) struct TaskSlot<R> {
    header: Header,
    /// The state says what is in it, and which thread may touch it (K1).
    room: UnsafeCell<MaybeUninit<R>>,
}

// SAFETY: it is shared between threads by the rules of the state word (K1 to K4): what is in the room is touched only
// by the threads that they allow, and a future or output that is not `Send` only on its own thread (K5).
unsafe impl<R> Sync for TaskSlot<R> {}

// SAFETY: as above; the thread that ends it, which may be any, frees memory only.
unsafe impl<R> Send for TaskSlot<R> {}

impl<R: Room> TaskSlot<R> {
    /// Checks that the slot's word is right before its value.
    #[cfg(not(flagstone_loom))]
    const _WORD_IS_BEFORE_VALUE: () = assert!(offset_of!(Slot<Self>, value) == Header::BEHIND_WORD);

    /// Returns the room of a task in such a slot.
    ///
    /// # Safety
    ///
    /// The task's slot is of this type.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn room(task: TaskPointer) -> *mut () {
        #[cfg(not(flagstone_loom))]
        let () = Self::_WORD_IS_BEFORE_VALUE;
        // SAFETY: the room lies in the same value.
        unsafe { task.as_ptr().byte_add(offset_of!(Self, room)) }.cast()
    }

    /// Returns the room in a slot's value.
    #[inline(always)]
    pub(in crate::task::raw) fn room_of(value: NonNull<Self>) -> *mut () {
        // SAFETY: the room lies in the value.
        unsafe { value.as_ptr().byte_add(offset_of!(Self, room)) }.cast()
    }

    /// Writes the header into a reserved slot. Returns the task, which is not published yet.
    ///
    /// # Safety
    ///
    /// `place` is that of a reserved slot.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn write_header(place: NonNull<Self>, header: Header) -> TaskPointer {
        let place = place.cast::<Header>();
        // SAFETY: the slot is the caller's, and begins with the header.
        unsafe { place.write(header) };
        TaskPointer::new(place)
    }
}

impl<R> Drop for TaskSlot<R> {
    /// Frees memory only: the future and the output were dropped or moved out before (K5).
    fn drop(&mut self) {
        let task = TaskPointer::new(NonNull::from(&mut *self).cast());
        // SAFETY: the slot is borrowed mutably.
        let vtable = unsafe { task.vtable() };
        // For `loom`: all accesses to the future, the output and the joiner's waker happened before.
        self.header.room_access.with_mut(|_| ());
        self.header.join_waker.end();
        if vtable.closes {
            // SAFETY: as above; no thread touches the task afterwards.
            unsafe { (vtable.close)(task) };
        }
    }
}

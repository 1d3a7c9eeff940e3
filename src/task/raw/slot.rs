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

/// How the slots of tasks are arranged.
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
    /// How it is aligned in a slot of a page.
    const ALIGN: usize = room_align::<Self>();
}

/// As aligned as the header; and to 16 where the slots' size and the room's place in them are multiples of that, for pages align
/// their slots to cache lines. (`Typed::make_room` looks.)
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

/// So many bytes, and at least a pointer: where the future is in a box, to that.
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
    /// What is in it says the state; who may touch it too (K1).
    room: UnsafeCell<MaybeUninit<R>>,
}

// SAFETY: it is shared between threads by the rules of the state word (K1 to K4): what is in the room is touched only by
// whom they allow, and a future or output that is not `Send` on its own thread only (K5).
unsafe impl<R> Sync for TaskSlot<R> {}

// SAFETY: likewise; on whatever thread it ends, memory alone is freed.
unsafe impl<R> Send for TaskSlot<R> {}

impl<R: Room> TaskSlot<R> {
    /// Where the word of the slot stands: right before its value.
    #[cfg(not(flagstone_loom))]
    const _WORD_IS_BEFORE_VALUE: () = assert!(offset_of!(Slot<Self>, value) == Header::BEHIND_WORD);

    /// The room of a task in such a slot.
    ///
    /// # Safety
    ///
    /// The task's slot is of this type.
    #[inline(always)]
    pub(super) unsafe fn room(task: TaskPointer) -> *mut () {
        #[cfg(not(flagstone_loom))]
        let () = Self::_WORD_IS_BEFORE_VALUE;
        // SAFETY: the room lies in the same value.
        unsafe { task.as_ptr().byte_add(offset_of!(Self, room)) }.cast()
    }

    /// The room in a slot's value.
    #[inline(always)]
    pub(super) fn room_of(value: NonNull<Self>) -> *mut () {
        // SAFETY: the room lies in the value.
        unsafe { value.as_ptr().byte_add(offset_of!(Self, room)) }.cast()
    }

    /// Makes what was reserved a task, which is not published yet.
    ///
    /// # Safety
    ///
    /// `place` is that of a reserved slot.
    #[inline(always)]
    pub(super) unsafe fn write_header(place: NonNull<Self>, header: Header) -> TaskPointer {
        let place = place.cast::<Header>();
        // SAFETY: the slot is the caller's, and begins with the header.
        unsafe { place.write(header) };
        TaskPointer::new(place)
    }
}

impl<R> Drop for TaskSlot<R> {
    /// Memory only: future and output are gone (K5).
    fn drop(&mut self) {
        let task = TaskPointer::new(NonNull::from(&mut *self).cast());
        // SAFETY: the slot is borrowed mutably.
        let vtable = unsafe { task.vtable() };
        // For `loom`: whoever touched future, output or joiner's waker did so before.
        self.header.room_access.with_mut(|_| ());
        self.header.join_waker.end();
        if vtable.closes {
            // SAFETY: as above; nobody touches the task afterwards.
            unsafe { (vtable.close)(task) };
        }
    }
}

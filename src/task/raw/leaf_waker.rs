//! Wakers of a set's futures: the address of a leaf's anchor, with the bit's number in its low bits.

use core::{
    cell::Cell,
    mem::ManuallyDrop,
    ptr,
    task::{RawWaker, RawWakerVTable, Waker},
};
use std::sync::Arc;

use super::ready_tree::{Anchor, ReadyTree};
use crate::sync;

sync::thread_local_const! {
    /// The tree of the set that this thread is polling. It makes wakes faster, and is right or null.
    static POLLED_HERE: Cell<*const ReadyTree> = Cell::new(ptr::null());
}

/// While it lives, this thread polls a set.
pub(super) struct Polling {
    /// The set around it, if it is polled by one of that set's futures.
    before: *const ReadyTree,
}

impl Polling {
    /// The owner of the set, on this thread, goes about to poll.
    #[inline(always)]
    pub(super) fn begin(tree: &Arc<ReadyTree>) -> Self {
        Self { before: POLLED_HERE.with(|polled| polled.replace(Arc::as_ptr(tree))) }
    }
}

impl Drop for Polling {
    #[inline(always)]
    fn drop(&mut self) {
        POLLED_HERE.with(|polled| polled.set(self.before));
    }
}

/// How far from its address an anchor may be named, for one of its leaf's bits each.
const BIT_NUMBERS: usize = align_of::<Anchor>() - 1;
const _: () = assert!(usize::BITS as usize <= BIT_NUMBERS + 1 && size_of::<Anchor>() > BIT_NUMBERS);

static WAKER: RawWakerVTable = RawWakerVTable::new(clone_waker, wake_owned, wake_by_ref, drop_waker);

/// The waker that the poll of a future is given: it is not counted, and is not dropped.
///
/// # Safety
///
/// There is a future of this index; the caller keeps the tree while the waker is used.
#[inline(always)]
pub(super) unsafe fn unowned_waker(tree: &Arc<ReadyTree>, index: usize) -> ManuallyDrop<Waker> {
    // SAFETY: as of this function.
    let (anchor, bit) = unsafe { tree.anchor(index) };
    // SAFETY: an anchor has at least as many bytes as a leaf has bits.
    let data = unsafe { anchor.byte_add(bit as usize) };
    // SAFETY: the vtable's functions do what wakers must; the waker is not dropped, so it need not be counted.
    ManuallyDrop::new(unsafe { Waker::new(data.as_ptr().cast_const().cast(), &WAKER) })
}

/// # Safety
///
/// `data` is that of a waker of this vtable, which lives while what is returned is used.
#[inline(always)]
unsafe fn anchor_of<'a>(data: *const ()) -> (&'a Anchor, usize) {
    let number = data.addr() & BIT_NUMBERS;
    // SAFETY: it was made from an anchor's address and the number.
    let anchor = unsafe { data.byte_sub(number) }.cast::<Anchor>();
    // SAFETY: as of this function, the tree lives.
    (unsafe { &*anchor }, 1 << number)
}

unsafe fn clone_waker(data: *const ()) -> RawWaker {
    // SAFETY: it is a waker's.
    let (anchor, _) = unsafe { anchor_of(data) };
    // SAFETY: the tree is in an `Arc`, which the waker keeps, or who polls.
    unsafe { Arc::increment_strong_count(anchor.tree()) };
    RawWaker::new(data, &WAKER)
}

unsafe fn wake_owned(data: *const ()) {
    // SAFETY: it is a waker's.
    let (anchor, _) = unsafe { anchor_of(data) };
    // SAFETY: the waker's count is this one's from now on. It is dropped at last, also after a panic.
    let _tree = unsafe { Arc::from_raw(anchor.tree()) };
    // SAFETY: the tree is kept.
    unsafe { wake_by_ref(data) };
}

#[inline]
unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: it is a waker's.
    let (anchor, bit) = unsafe { anchor_of(data) };
    if POLLED_HERE.with(Cell::get) == anchor.tree() {
        // SAFETY: this thread is inside the owner's poll.
        unsafe { anchor.mark_own(bit) };
    } else {
        // SAFETY: the waker keeps the tree, or who polls.
        unsafe { anchor.mark(bit) };
    }
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: it is a waker's.
    let (anchor, _) = unsafe { anchor_of(data) };
    // SAFETY: the waker's count was this one's.
    drop(unsafe { Arc::from_raw(anchor.tree()) });
}

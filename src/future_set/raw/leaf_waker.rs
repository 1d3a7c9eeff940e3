//! Wakers of a set's futures: the address of a leaf's anchor, with the bit's number in its low bits.

use core::{
    cell::Cell,
    mem::ManuallyDrop,
    ptr,
    task::{RawWaker, RawWakerVTable, Waker},
};
use std::sync::Arc;

use super::ready_tree::{ReadyTree, anchor_of, mark_own};
use crate::sync;

sync::thread_local_const! {
    /// The tree of the set that this thread is polling, or null. It makes wakes faster.
    static POLLED_HERE: Cell<*const ReadyTree> = Cell::new(ptr::null());
}

/// Marks that this thread polls a set, until it is dropped.
pub(super) struct Polling {
    /// The tree of the outer set, if one of that set's futures polls this set; or null.
    before: *const ReadyTree,
}

impl Polling {
    /// Begins a poll of the set by its owner on this thread.
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

static WAKER: RawWakerVTable = RawWakerVTable::new(clone_waker, wake_owned, wake_by_ref, drop_waker);

/// Returns the waker that is passed to the poll of a future: it is not counted, and is not dropped.
///
/// # Safety
///
/// The name is that of a future of a tree that the caller keeps alive, in its `Arc`, while the waker is used.
#[inline(always)]
pub(super) unsafe fn unowned_waker(name: *const ()) -> ManuallyDrop<Waker> {
    // SAFETY: the vtable's functions do what wakers must; the waker is not dropped, so it need not be counted.
    ManuallyDrop::new(unsafe { Waker::new(name, &WAKER) })
}

unsafe fn clone_waker(data: *const ()) -> RawWaker {
    // SAFETY: it is a waker's.
    let (anchor, _) = unsafe { anchor_of(data) };
    // SAFETY: the tree is in an `Arc`, which the waker keeps, or the poller.
    unsafe { Arc::increment_strong_count(anchor.tree()) };
    RawWaker::new(data, &WAKER)
}

unsafe fn wake_owned(data: *const ()) {
    // SAFETY: it is a waker's.
    let (anchor, _) = unsafe { anchor_of(data) };
    // SAFETY: the waker's count is this one's from now on. It is dropped at the end, also after a panic.
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
        unsafe { mark_own(data) };
    } else {
        // SAFETY: the waker keeps the tree, or the poller does.
        unsafe { anchor.mark(bit, data) };
    }
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: it is a waker's.
    let (anchor, _) = unsafe { anchor_of(data) };
    // SAFETY: the waker's count was this one's.
    drop(unsafe { Arc::from_raw(anchor.tree()) });
}

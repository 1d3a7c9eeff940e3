//! Counted references to a task: those of wakers and handles. The count is that of the slot's lifecycle word.

use core::{
    mem::ManuallyDrop,
    ptr::NonNull,
    task::{RawWaker, RawWakerVTable, Waker},
};

use super::{
    header::{Header, TaskPointer},
    seen::Show,
    slot::TaskConfig,
    state::{Cancelled, Woken},
};
use crate::raw::{release_entry, share_entry};

/// A counted reference to a task. The thread that releases the last one, which may be any, frees memory only (K5).
pub(crate) struct Reference(TaskPointer);

// SAFETY: all that can be done through it is atomic, or reads what is not written any more: the state, the lifecycle
// word, the site; a submission is made to a `Sync` scheduler. Neither future nor output is touched.
unsafe impl Send for Reference {}

// SAFETY: as above.
unsafe impl Sync for Reference {}

impl Reference {
    /// Adds a reference.
    ///
    /// # Safety
    ///
    /// The caller has a right to the task (K4).
    ///
    /// # Panics
    ///
    /// If the count of references is at its limit.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn new(task: TaskPointer) -> Self {
        // SAFETY: as of this function.
        let key = unsafe { task.header() }.key;
        // SAFETY: as of this function.
        share_entry::<TaskConfig>(unsafe { task.lifecycle() }, key);
        Self(task)
    }

    /// # Safety
    ///
    /// A reference to the task was counted, and no `Reference` represents it yet.
    pub(in crate::task::raw) unsafe fn of_counted(task: TaskPointer) -> Self {
        Self(task)
    }

    #[inline(always)]
    pub(in crate::task::raw) fn header(&self) -> &Header {
        // SAFETY: the reference is counted, so the slot is not freed (K4).
        unsafe { self.0.header() }
    }

    fn key(&self) -> usize {
        self.header().key
    }

    /// Returns the number of the task's executor, and the key of its slot.
    pub(crate) fn id(&self) -> (usize, usize) {
        (self.header().site().executor, self.key())
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.header().state.has_ended()
    }

    /// Wakes the task. Lock-free.
    #[inline(always)]
    pub(crate) fn wake(&self) {
        // SAFETY: the reference is a right to the task.
        unsafe { wake(self.0) };
    }

    /// Cancels the task. Returns `false` if the task has ended already, or cannot be cancelled because it is a root.
    /// Lock-free.
    pub(crate) fn cancel(&self) -> bool {
        // SAFETY: the reference is a right to the task.
        unsafe { cancel(self.0) }
    }

    /// Shows the task.
    pub(crate) fn see(&self, show: &mut Show<'_>) {
        // SAFETY: the reference is a right to the task.
        let vtable = unsafe { self.0.vtable() };
        // SAFETY: as above.
        unsafe { (vtable.see)(self.0, show) };
    }

    /// Returns a waker that holds this reference.
    pub(crate) fn into_waker(self) -> Waker {
        let this = ManuallyDrop::new(self);
        // SAFETY: the vtable's functions do what wakers must, with a counted reference; the count passes to the waker.
        unsafe { Waker::new(data(this.0), &WAKER) }
    }
}

impl Clone for Reference {
    fn clone(&self) -> Self {
        // SAFETY: the reference is a right to the task.
        unsafe { Self::new(self.0) }
    }
}

impl Drop for Reference {
    #[inline(always)]
    fn drop(&mut self) {
        let key = self.key();
        // SAFETY: the reference is counted until it is released.
        if release_entry::<TaskConfig>(unsafe { self.0.lifecycle() }, key) {
            // SAFETY: the slot is now the caller's, and the task is still in it.
            let vtable = unsafe { self.0.vtable() };
            // SAFETY: that was the last reference to the removed entry.
            unsafe { (vtable.finish)(self.0) };
        }
    }
}

/// # Safety
///
/// The caller has a right to the task (K4).
#[inline(always)]
pub(in crate::task::raw) unsafe fn wake(task: TaskPointer) {
    // SAFETY: as of this function.
    if unsafe { task.header() }.state.wake() == Woken::Submit {
        // SAFETY: as of this function.
        let vtable = unsafe { task.vtable() };
        // SAFETY: the wake got the token.
        unsafe { (vtable.submit)(task) };
    }
}

/// # Safety
///
/// The caller has a right to the task (K4).
pub(in crate::task::raw) unsafe fn cancel(task: TaskPointer) -> bool {
    // SAFETY: as of this function.
    if unsafe { task.vtable() }.is_root {
        // A root ends with the call that it belongs to.
        return false;
    }
    // SAFETY: as of this function.
    match unsafe { task.header() }.state.cancel() {
        Cancelled::Ended => return false,
        Cancelled::WillEnd => {}
        Cancelled::Submit => {
            // SAFETY: as of this function.
            let vtable = unsafe { task.vtable() };
            // SAFETY: the cancellation got the token.
            unsafe { (vtable.submit)(task) };
        }
    }
    true
}

/// Returns the waker that is passed to a poll: it is not counted, and is not dropped.
///
/// # Safety
///
/// The caller has a right to the task (K4) for as long as the waker is used.
#[inline(always)]
pub(in crate::task::raw) unsafe fn unowned_waker(task: TaskPointer) -> ManuallyDrop<Waker> {
    // SAFETY: the vtable's functions do what wakers must; the waker is not dropped, so it need not be counted.
    ManuallyDrop::new(unsafe { Waker::new(data(task), &WAKER) })
}

static WAKER: RawWakerVTable = RawWakerVTable::new(clone_waker, wake_owned, wake_by_ref, drop_waker);

fn data(task: TaskPointer) -> *const () {
    task.as_ptr().cast_const().cast()
}

/// # Safety
///
/// `data` is that of a waker of this vtable.
#[inline(always)]
unsafe fn task_of(data: *const ()) -> TaskPointer {
    // SAFETY: it was made from a task's address.
    TaskPointer::new(unsafe { NonNull::new_unchecked(data.cast_mut().cast()) })
}

unsafe fn clone_waker(of: *const ()) -> RawWaker {
    // SAFETY: it is a waker's.
    let task = unsafe { task_of(of) };
    // SAFETY: the waker is a right to the task.
    let reference = ManuallyDrop::new(unsafe { Reference::new(task) });
    RawWaker::new(data(reference.0), &WAKER)
}

unsafe fn wake_owned(of: *const ()) {
    // SAFETY: it is a waker's, and the waker's count is this reference's from now on.
    let reference = Reference(unsafe { task_of(of) });
    reference.wake();
}

unsafe fn wake_by_ref(of: *const ()) {
    // SAFETY: it is a waker's.
    let task = unsafe { task_of(of) };
    // SAFETY: the waker is a right to the task.
    unsafe { wake(task) };
}

unsafe fn drop_waker(of: *const ()) {
    // SAFETY: it is a waker's, and the waker's count is this reference's from now on.
    drop(Reference(unsafe { task_of(of) }));
}

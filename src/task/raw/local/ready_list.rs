//! The owner's own queue: tasks linked through their headers, first in, first out.

use core::ptr::{self, NonNull};

use super::inbox::reversed;
use crate::{
    sync::Ordering,
    task::raw::core::header::{Header, TaskPointer},
};

/// The run queue of the owner: tasks that wait for their poll, whose tokens the list holds. Plain memory of the owner.
pub(in crate::task::raw) struct ReadyList {
    first: *mut Header,
    last: *mut Header,
}

impl ReadyList {
    pub(in crate::task::raw) const fn new() -> Self {
        Self { first: ptr::null_mut(), last: ptr::null_mut() }
    }

    #[inline(always)]
    pub(in crate::task::raw) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// # Safety
    ///
    /// The caller holds the task's token, and gives it away.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn push(&mut self, task: TaskPointer) {
        // SAFETY: the token keeps the task (K4).
        // Ordering: Relaxed - one thread at a time.
        unsafe { task.header() }.next.store(ptr::null_mut(), Ordering::Relaxed);
        match NonNull::new(self.last) {
            None => self.first = task.as_ptr(),
            // SAFETY: the list holds its token.
            // Ordering: as above.
            Some(last) => unsafe { TaskPointer::new(last).header() }.next.store(task.as_ptr(), Ordering::Relaxed),
        }
        self.last = task.as_ptr();
    }

    /// Takes the first task, with its token.
    #[inline(always)]
    pub(in crate::task::raw) fn pop(&mut self) -> Option<TaskPointer> {
        let first = TaskPointer::new(NonNull::new(self.first)?);
        // SAFETY: the list holds its token.
        // Ordering: Relaxed - as in `push`.
        self.first = unsafe { first.header() }.next.load(Ordering::Relaxed);
        if self.first.is_null() {
            self.last = ptr::null_mut();
        }
        Some(first)
    }

    /// Puts the tasks of a stack behind all others, the first pushed first, and returns their number.
    ///
    /// # Safety
    ///
    /// The stack was taken from an inbox, with the tokens of all its tasks, which the caller gives away.
    pub(in crate::task::raw) unsafe fn append_stack(&mut self, stack: TaskPointer) -> usize {
        // SAFETY: as of this function.
        let (first, count) = unsafe { reversed(stack) };
        match NonNull::new(self.last) {
            None => self.first = first.as_ptr(),
            // SAFETY: the list holds its token.
            // Ordering: Relaxed - as in `push`.
            Some(last) => unsafe { TaskPointer::new(last).header() }.next.store(first.as_ptr(), Ordering::Relaxed),
        }
        // The first of the stack is the last of the reversed list.
        self.last = stack.as_ptr();
        count
    }

    /// Forgets all tasks and their tokens.
    pub(in crate::task::raw) fn clear(&mut self) {
        *self = Self::new();
    }
}

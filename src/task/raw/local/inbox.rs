//! Tasks that other threads woke: a stack onto which any thread pushes, and which the owner takes whole.
//!
//! One word says whether all drivers sleep, or the owner has ended, or else which tasks are on the stack. So that word
//! orders a push against going to sleep, and no wake can be lost between them (K7).

use core::ptr;

use crate::{
    sync::{Ordering, met::AtomicPtr},
    task::raw::core::header::{Header, TaskPointer},
};

/// The stack's head: null, the last task pushed, or one of two marks.
pub(in crate::task::raw) struct Inbox(AtomicPtr<Header>);

/// The result of a push.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::task::raw) enum Pushed {
    /// A driver is awake, or another push wakes one: it looks before it sleeps.
    Seen,
    /// The executor sleeps, and this push has taken its mark away: wake its drivers.
    WakeDrivers,
    /// The owner has ended. The task is not on the stack.
    Closed,
}

/// Returns the mark that all drivers of the executor sleep, and nothing is on the stack.
fn asleep() -> *mut Header {
    ptr::without_provenance_mut(1)
}

/// Returns the mark that the owner has ended, and nothing is on the stack.
fn closed() -> *mut Header {
    ptr::without_provenance_mut(LAST_MARK)
}

/// No task has an address this small.
const LAST_MARK: usize = 2;

impl Inbox {
    pub(in crate::task::raw) fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Pushes a task. Lock-free.
    ///
    /// # Safety
    ///
    /// The caller holds the task's token, and gives it away unless the owner has ended. Besides, it has a right to the
    /// task for the time of the call (K4).
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn push(&self, task: TaskPointer) -> Pushed {
        // SAFETY: the caller has a right to the task.
        let header = unsafe { task.header() };
        // Ordering: Relaxed - compared below.
        let mut head = self.0.load(Ordering::Relaxed);
        loop {
            if head == closed() {
                return Pushed::Closed;
            }
            let was_asleep = head == asleep();
            // Ordering: Relaxed - published by the CAS.
            header.next.store(if was_asleep { ptr::null_mut() } else { head }, Ordering::Relaxed);
            // Ordering: Release - pairs with the Acquire in `take_all`; publishes the link, and a new task. Acquire -
            // pairs with the Release in `fall_asleep`: the owner's waker was put in place before.
            match self.0.compare_exchange_weak(head, task.as_ptr(), Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if was_asleep => return Pushed::WakeDrivers,
                Ok(_) => return Pushed::Seen,
                Err(seen) => head = seen,
            }
        }
    }

    /// Takes all tasks, the last pushed first. A mark stays: only a push, or the thread that wakes the sleepers, takes
    /// it away. Called by the owner.
    #[inline(always)]
    pub(in crate::task::raw) fn take_all(&self) -> Option<TaskPointer> {
        // Ordering: Relaxed - a look; a task that is not seen now is seen before the owner sleeps.
        if self.0.load(Ordering::Relaxed).addr() <= LAST_MARK {
            return None;
        }
        self.take(ptr::null_mut())
    }

    /// Takes all tasks when the owner has ended. There will be no more.
    pub(in crate::task::raw) fn close(&self) -> Option<TaskPointer> {
        self.take(closed())
    }

    fn take(&self, mark: *mut Header) -> Option<TaskPointer> {
        // Ordering: Acquire - pairs with the Release in `push` of all that are taken: each continues the others'
        // release sequences.
        let head = self.0.swap(mark, Ordering::Acquire);
        debug_assert!(head != closed(), "an inbox is closed once, at last");
        if head == asleep() { None } else { ptr::NonNull::new(head).map(TaskPointer::new) }
    }

    /// Marks that all drivers sleep, whose wakers were put in place before. Returns whether the mark is set: it is not
    /// if a task is on the stack. Called by the owner.
    pub(in crate::task::raw) fn fall_asleep(&self) -> bool {
        // Ordering: Release - pairs with the Acquire in `push`; publishes the wakers. Failure is Relaxed: if the mark
        // is still set, no push has taken it, and the push that will take it locks the sleepers after the wakers were
        // put in place.
        match self.0.compare_exchange(ptr::null_mut(), asleep(), Ordering::Release, Ordering::Relaxed) {
            Ok(_) => true,
            Err(head) => head == asleep(),
        }
    }

    /// Takes the mark away. Returns whether it was set: then no push wakes the drivers. Called by the owner.
    pub(in crate::task::raw) fn wake_up(&self) -> bool {
        // Ordering: Acquire - pairs with the Release in `fall_asleep`, as in `push`.
        self.0.compare_exchange(asleep(), ptr::null_mut(), Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
}

/// Reverses a stack of tasks: the first pushed comes first. Returns also their number. Called by the owner.
///
/// # Safety
///
/// The stack was taken from an inbox, with the tokens of all its tasks.
pub(in crate::task::raw) unsafe fn reversed(mut task: TaskPointer) -> (TaskPointer, usize) {
    let (mut turned, mut count) = (ptr::null_mut(), 1);
    loop {
        // SAFETY: the caller holds the token.
        let link = &unsafe { task.header() }.next;
        // Ordering: Relaxed, twice - the stack was taken with Acquire, and is the caller's.
        let next = link.load(Ordering::Relaxed);
        link.store(turned, Ordering::Relaxed);
        match ptr::NonNull::new(next) {
            None => return (task, count),
            Some(next) => (turned, task, count) = (task.as_ptr(), TaskPointer::new(next), count + 1),
        }
    }
}

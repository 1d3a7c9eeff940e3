//! Polling a task, and ending it.

use core::task::Context;

use super::{
    header::{Header, TaskPointer},
    outcome::Failure,
    reference::unowned_waker,
    state::{Heir, Rested, Snapshot},
};
use crate::task::raw::quietly;

/// The right to poll a task, and to end it. One exists from a task's wake to the end of its poll (K1).
#[must_use]
pub(crate) struct Token(TaskPointer);

/// The result of a poll.
#[must_use]
pub(crate) enum Ran {
    /// The task waits for a wake.
    Rests,
    /// It was woken or cancelled meanwhile: it must be submitted again.
    Again(Token),
    /// The task has ended.
    Ended,
    /// The task has ended without a poll: it was cancelled before.
    EndedUnpolled,
}

impl Token {
    /// # Safety
    ///
    /// The caller holds the task's token, and gives it away.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn new(task: TaskPointer) -> Self {
        Self(task)
    }

    #[inline(always)]
    pub(in crate::task::raw) fn pointer(&self) -> TaskPointer {
        self.0
    }

    /// Returns whether the task was cancelled.
    pub(in crate::task::raw) fn is_cancelled(&self) -> bool {
        // SAFETY: the token is a right to the task.
        unsafe { self.0.header() }.state.peek().is_cancelled()
    }

    /// Returns the task. The caller now holds the token, without a value that represents it.
    #[inline(always)]
    pub(in crate::task::raw) fn into_pointer(self) -> TaskPointer {
        self.0
    }

    /// Polls the task, or ends it if it was cancelled.
    ///
    /// # Safety
    ///
    /// A future that is not `Send` belongs to the current thread (K5). The task is no root.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn run(self) -> Ran {
        let task = self.0;
        // SAFETY: the token is a right to the task, until it is given up or the task ends.
        let header = unsafe { task.header() };
        let vtable = header.site().vtable;
        let seen = header.state.begin_poll();
        if seen.is_cancelled() {
            // SAFETY: as above, and the future belongs here.
            unsafe { end(task, Failure::Cancelled) };
            return Ran::EndedUnpolled;
        }
        header.begin_poll();
        // SAFETY: the token is a right to the task, and is held during the poll.
        let waker = unsafe { unowned_waker(task) };
        // SAFETY: the token is the right to the future.
        let ended = unsafe { (vtable.poll)(task, &mut Context::from_waker(&waker)) };
        header.end_poll();
        if ended {
            // SAFETY: the output is in its place.
            unsafe { settle(task) };
            return Ran::Ended;
        }
        match rest(header, seen) {
            Rested::GivenUp => Ran::Rests,
            Rested::Submit => Ran::Again(self),
        }
    }

    /// Ends the task without polling it.
    ///
    /// # Safety
    ///
    /// As of [`Self::run`].
    pub(in crate::task::raw) unsafe fn end(self, failure: Failure) {
        // SAFETY: as of this function.
        unsafe { end(self.0, failure) };
    }
}

/// Gives up the token after a poll that began with `seen`, unless the task was woken or cancelled meanwhile.
///
/// The caller holds the token of the task of `header`, and touches neither if it is given up.
#[inline(always)]
pub(in crate::task::raw) fn rest(header: &Header, seen: Snapshot) -> Rested {
    let wakes = seen.wakes();
    if header.state.peek().wakes() != wakes {
        return Rested::Submit;
    }
    // Before giving up the token, since the header may be freed afterwards.
    header.count_wakes(wakes);
    let rested = header.state.rest(seen);
    if rested == Rested::Submit {
        header.uncount_wakes(wakes);
    }
    rested
}

/// Drops the future of a task, and ends the task with a failure.
///
/// # Safety
///
/// The caller has the right to end the task (K1), which has not ended, on the thread to which the future belongs (K5).
pub(in crate::task::raw) unsafe fn end(task: TaskPointer, failure: Failure) {
    // SAFETY: the caller has a right to the task.
    let vtable = unsafe { task.vtable() };
    // SAFETY: as of this function.
    unsafe { (vtable.fail)(task, failure) };
    // SAFETY: the failure is in the output's place.
    unsafe { settle(task) };
}

/// Ends a task: wakes its joiner, and removes the task unless the join handle does.
///
/// # Safety
///
/// The caller has the right to end the task (K1), and its output is in its place. The caller touches it no more.
#[inline(always)]
pub(in crate::task::raw) unsafe fn settle(task: TaskPointer) {
    // SAFETY: the caller has a right to the task, until `end` says that the join handle removes it.
    let header = unsafe { task.header() };
    let vtable = header.site().vtable;
    let mut joiner = None;
    let heir = match header.state.end() {
        Heir::AfterWaking => {
            // SAFETY: the state says that a waker is there, and that it is the ender's now (K2).
            joiner = Some(unsafe { header.join_waker.take() });
            header.state.hand_over()
        }
        heir => heir,
    };
    match heir {
        Heir::JoinHandle => {}
        Heir::Ender { output_is_there } => {
            if output_is_there {
                // SAFETY: the state says that the output is in place, and the caller's alone (K3).
                unsafe { (vtable.drop_output)(task) };
            }
            // SAFETY: the caller is the remover (K3).
            unsafe { (vtable.remove)(task) };
        }
        Heir::AfterWaking => unreachable!("the joiner is woken once"),
    }
    // The waker is no longer the task's own, so the task may be freed.
    if let Some(joiner) = joiner {
        quietly::wake(joiner);
    }
}

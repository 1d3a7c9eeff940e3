//! The right to poll a task of a custom scheduler.

use core::{cell::Cell, mem::ManuallyDrop, ptr};

use crate::{
    sync,
    task::raw::core::{
        header::TaskPointer,
        outcome::Failure,
        reference::Reference,
        run::{Ran, Token},
    },
};

/// A task's token, for any thread. Dropping it ends the task.
pub(crate) struct RawRunnable(Token);

sync::thread_local_const! {
    /// The innermost call of this thread that gives a task back to its scheduler after a poll.
    static SUBMITTING: Cell<*const Submitting> = Cell::new(ptr::null());
}

/// A call that gives a task back to its scheduler after a poll. If the scheduler runs the task inside this call, and
/// the task must be given back again, this call does so. Otherwise the stack would grow each time that a task yields.
struct Submitting {
    task: TaskPointer,
    /// Whether the task's token is here.
    again: Cell<bool>,
    /// The call below on the thread's stack.
    below: *const Self,
}

impl Submitting {
    fn submit(task: RawRunnable) {
        let pointer = task.pointer();
        if let Some(below) = Self::of(pointer) {
            below.again.set(true);
            // The token now belongs to that call.
            let _ = task.into_token().into_pointer();
            return;
        }
        let mut next = Some(task);
        while let Some(task) = next {
            let this = Self { task: pointer, again: Cell::new(false), below: SUBMITTING.with(Cell::get) };
            SUBMITTING.with(|submitting| submitting.set(&raw const this));
            // User code, which may panic: then `this` ends the task, if it holds the task's token.
            task.schedule();
            next = this.take();
        }
    }

    /// Returns the call on this thread's stack that gives this task to its scheduler. (If that task was removed by now,
    /// another task in its slot may use the call as well.)
    fn of<'a>(task: TaskPointer) -> Option<&'a Self> {
        let mut next = SUBMITTING.with(Cell::get);
        loop {
            // SAFETY: what is in the list is on this thread's stack, and removes itself when it is dropped.
            let this = unsafe { next.as_ref() }?;
            if this.task == task {
                return Some(this);
            }
            next = this.below;
        }
    }

    fn take(&self) -> Option<RawRunnable> {
        // SAFETY: the mark says that the token is here, once.
        self.again.replace(false).then(|| RawRunnable(unsafe { Token::new(self.task) }))
    }
}

impl Drop for Submitting {
    fn drop(&mut self) {
        SUBMITTING.with(|submitting| submitting.set(self.below));
        drop(self.take());
    }
}

// SAFETY: it is the right to poll and to drop a future that is `Send`, whose output is `Send`: so are all tasks of a
// core that hands out such tokens.
unsafe impl Send for RawRunnable {}

// SAFETY: a shared reference gives only counted references and what they show.
unsafe impl Sync for RawRunnable {}

impl RawRunnable {
    /// # Safety
    ///
    /// As of [`Token::new`]; the task is `Send`, and so is its output.
    pub(in crate::task::raw) unsafe fn new(task: TaskPointer) -> Self {
        // SAFETY: as of this function.
        Self(unsafe { Token::new(task) })
    }

    fn pointer(&self) -> TaskPointer {
        self.0.pointer()
    }

    fn into_token(self) -> Token {
        let this = ManuallyDrop::new(self);
        // SAFETY: the token is not used again.
        unsafe { Token::new(this.pointer()) }
    }

    pub(crate) fn reference(&self) -> Reference {
        // SAFETY: the token is a right to the task.
        unsafe { Reference::new(self.pointer()) }
    }

    /// Polls the task. Returns `true` if it was woken meanwhile, and so is scheduled again.
    pub(crate) fn run(self) -> bool {
        // SAFETY: the future is `Send`, so it belongs to every thread; such cores have no roots.
        match unsafe { self.into_token().run() } {
            Ran::Rests | Ran::Ended | Ran::EndedUnpolled => false,
            Ran::Again(token) => {
                Submitting::submit(Self(token));
                true
            }
        }
    }

    /// Gives the token to the scheduler.
    pub(crate) fn schedule(self) {
        let task = self.into_token().into_pointer();
        // SAFETY: the token is a right to the task.
        let vtable = unsafe { task.vtable() };
        // SAFETY: the token is given away. Until the scheduler has it, it is the right to the task; `submit` keeps the
        // core from then on.
        unsafe { (vtable.submit)(task) };
    }
}

impl Drop for RawRunnable {
    fn drop(&mut self) {
        // SAFETY: it is dropped once, and not used afterwards.
        let token = unsafe { Token::new(self.pointer()) };
        let failure = if token.is_cancelled() { Failure::Cancelled } else { Failure::ShutDown };
        // SAFETY: the future is `Send`, so it belongs to every thread.
        unsafe { token.end(failure) };
    }
}

//! Tasks of a custom scheduler.

use core::{
    cell::{Cell, UnsafeCell},
    mem::ManuallyDrop,
    ptr::{self, NonNull},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    cell::{Failure, Label},
    core::{Core, Rare, Submit},
    header::TaskPointer,
    join::RawJoin,
    population::Closed,
    reference::Reference,
    run::{Ran, Token},
    spawn::{Origin, Prepared},
    state::Cancelled,
};
use crate::{
    raw::end as end_payload,
    sync::{self, Ordering, fence},
    task::{
        schedule::{Runnable, Schedule},
        spawn_error::Refusal,
        storage::Storage,
    },
};

/// The scheduler of a core whose tasks any thread may poll. All of them are `Send`, which the safe layer requires.
pub(crate) struct Scheduled<S>(UnsafeCell<Option<Arc<S>>>, Rare);

// SAFETY: the scheduler is `Send` and `Sync`; its place is written once, when no thread submits any more.
unsafe impl<S: Schedule> Sync for Scheduled<S> {}

impl<S: Schedule> Scheduled<S> {
    pub(crate) fn new(schedule: &Arc<S>) -> Self {
        Self(UnsafeCell::new(Some(Arc::clone(schedule))), Rare::new())
    }
}

impl<S: Schedule> Submit for Scheduled<S> {
    unsafe fn submit<M: Storage>(core: NonNull<Core<Self, M>>, task: TaskPointer) {
        // SAFETY: the caller has a right to the task during the call, so the core lives (K6).
        let place = unsafe { core.as_ref() }.scheduler.0.get();
        // SAFETY: the task lives, since its token exists, so the place is not written (`none_lives`).
        let schedule = unsafe { &*place };
        // It may run the task at once, which may end the core and the scheduler: so the scheduler is kept meanwhile.
        let schedule = Arc::clone(schedule.as_ref().expect("the scheduler is there while a task lives"));
        // SAFETY: the caller gives the token away.
        schedule.schedule(Runnable::new(RawRunnable(unsafe { Token::new(task) })));
    }

    const HAS_OWNER: bool = false;

    fn rare(&self) -> &Rare {
        &self.1
    }

    unsafe fn none_lives(&self) {
        // SAFETY: no thread submits, now or later, so nothing else uses the place.
        let schedule = unsafe { (*self.0.get()).take() };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(schedule))) {
            end_payload(payload);
        }
    }
}

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

    /// The call on this thread's stack that gives this task to its scheduler. (If that task was removed by now, another
    /// task in its slot may use the call as well.)
    fn of<'a>(task: TaskPointer) -> Option<&'a Self> {
        let mut next = SUBMITTING.with(Cell::get);
        loop {
            // SAFETY: what is in the list is on this thread's stack, and takes itself out when it is dropped.
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
        // SAFETY: the token is given away. Until the scheduler has it, it is the right to the task; `submit` keeps the core
        // from then on.
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

impl<S: Schedule, M: Storage> Core<Scheduled<S>, M> {
    /// Spawns a future, or returns it. The caller keeps the core.
    pub(crate) fn spawn<F, L>(&self, origin: Origin, label: L, future: F) -> Result<RawJoin<F::Output>, (F, Refusal)>
    where
        F: Future<Output: Send> + Send + 'static,
        L: Label,
    {
        match Prepared::new(self, Self::reserve_by_other) {
            Ok(prepared) => {
                let (join, token) = prepared.make(origin, self.now(), label, || future);
                // Ordering: SeqCst - pairs with the fence in `shut_down`: either that finds the task, or it is seen
                // here that the executor shuts down.
                fence(Ordering::SeqCst);
                if self.is_closed() {
                    join.cancel();
                }
                RawRunnable(token).schedule();
                Ok(join)
            }
            Err(reason) => Err((future, reason)),
        }
    }

    /// Nothing is spawned from now on, and every task ends: here, if it waits for a wake; else where it is polled next.
    pub(crate) fn shut_down(self: &Arc<Self>) {
        if self.close() == Closed::Before {
            return;
        }
        // Ordering: SeqCst - pairs with the fence in `spawn`.
        fence(Ordering::SeqCst);
        self.for_each(|task| {
            // SAFETY: the entry is pinned, so its slot is not freed meanwhile.
            if unsafe { task.header() }.state.cancel() == Cancelled::Submit {
                // SAFETY: the cancellation got the token.
                let token = unsafe { Token::new(task) };
                // SAFETY: the future is `Send`, so it belongs to every thread.
                unsafe { token.end(Failure::ShutDown) };
            }
        });
        self.trim_after_end();
    }
}

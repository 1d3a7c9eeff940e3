//! The join handle's side of a task. K2 says which side may touch the waker's field in which state, K3 the output.

use core::{
    marker::PhantomData,
    mem::MaybeUninit,
    task::{Context, Poll, Waker},
};

use super::{
    header::{Header, TaskPointer},
    outcome::Outcome,
    reference::{Reference, cancel},
    state::{Joining, Left},
};

/// The data of a join handle: the right to the entry's presence, which it inherits when the task ends, and to its
/// output.
pub(crate) struct RawJoin<T> {
    task: TaskPointer,
    taken: bool,
    _output: PhantomData<T>,
}

// SAFETY: it moves an output of the task out, or drops it, on another thread (hence `T: Send`). All else is atomic, or
// guarded by the state (K2, K3).
unsafe impl<T: Send> Send for RawJoin<T> {}

// SAFETY: a shared reference gives counted references, and what they show. `T: Send` makes it `Sync` exactly where it
// is `Send`, and promises nothing for outputs that stay on their thread.
unsafe impl<T: Send> Sync for RawJoin<T> {}

/// An outcome, and whether the task was cancelled before it ended.
pub(crate) struct Joined<T> {
    pub(crate) outcome: Outcome<T>,
    pub(crate) was_cancelled: bool,
}

impl<T> RawJoin<T> {
    /// # Safety
    ///
    /// The task was made with a join handle, for which this was not called before; its output is a `T`.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn new(task: TaskPointer) -> Self {
        Self { task, taken: false, _output: PhantomData }
    }

    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: while the state says that there is a join handle, only that handle removes the entry (K3, K4).
        unsafe { self.task.header() }
    }

    /// Returns the number of the task's executor, and the key of its slot.
    pub(crate) fn id(&self) -> (usize, usize) {
        (self.header().site().executor, self.header().key)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.header().state.has_ended()
    }

    pub(crate) fn cancel(&self) -> bool {
        // SAFETY: the handle is a right to the task.
        unsafe { cancel(self.task) }
    }

    pub(crate) fn reference(&self) -> Reference {
        // SAFETY: the handle is a right to the task.
        unsafe { Reference::new(self.task) }
    }

    /// Returns the output, or registers the context's waker, which is woken when the output is ready.
    ///
    /// # Panics
    ///
    /// If the output was taken already.
    #[inline(always)]
    pub(crate) fn poll_output(&mut self, context: &mut Context<'_>) -> Poll<Joined<T>> {
        assert!(!self.taken, "flagstone: a `JoinHandle` was polled after it had returned the output");
        let was_cancelled = match self.header().state.joining() {
            Joining::Ended { was_cancelled } => was_cancelled,
            joining => match self.register(joining, context.waker()) {
                None => return Poll::Pending,
                Some(was_cancelled) => was_cancelled,
            },
        };
        let mut outcome = MaybeUninit::<Outcome<T>>::uninit();
        // SAFETY: the handle is a right to the task.
        let vtable = unsafe { self.task.vtable() };
        // SAFETY: the task has ended, so the output is in place and the handle's; and it is a `T`.
        unsafe { (vtable.take_output)(self.task, outcome.as_mut_ptr().cast()) };
        self.taken = true;
        // SAFETY: it was just written.
        let outcome = unsafe { outcome.assume_init() };
        Poll::Ready(Joined { outcome, was_cancelled })
    }

    /// Registers `waker`, to be woken when the task ends. If the task has ended, returns whether it was cancelled.
    fn register(&mut self, joining: Joining, waker: &Waker) -> Option<bool> {
        let header = self.header();
        let place = &header.join_waker;
        if joining == Joining::Registered {
            // SAFETY: a waker is in place, and only the handle writes while the task has not ended (K2).
            if unsafe { place.will_wake(waker) } {
                return None;
            }
            match header.state.unregister() {
                Joining::Ended { was_cancelled } => return Some(was_cancelled),
                Joining::Empty | Joining::Registered => {}
            }
            // SAFETY: the state says that the field is the handle's, and a waker is in it.
            let before = unsafe { place.take() };
            // User code, which may panic: the field already counts as empty.
            drop(before);
        }
        // User code, which may panic: nothing is registered then.
        let waker = waker.clone();
        // SAFETY: the state says that the field is the handle's, and empty (K2).
        unsafe { place.put(waker) };
        match header.state.register() {
            Joining::Ended { was_cancelled } => {
                // SAFETY: as above: the thread that ended the task saw no waker, and does not look.
                drop(unsafe { place.take() });
                Some(was_cancelled)
            }
            Joining::Empty | Joining::Registered => None,
        }
    }
}

impl<T> Drop for RawJoin<T> {
    #[inline(always)]
    fn drop(&mut self) {
        let header = self.header();
        // A copy, since the task may be freed afterwards. It is a waker only if the state says so.
        // SAFETY: any other thread that looks at the field meanwhile only reads, too (K2).
        let waker = unsafe { header.join_waker.copy() };
        match header.state.leave(self.taken) {
            Left::Nothing => {}
            // SAFETY: the state says that a waker was there, and is the handle's again.
            Left::DropWaker => drop(unsafe { waker.assume_init() }),
            Left::Inherited => {
                // SAFETY: the handle is the remover, so the task still exists (K3).
                let vtable = unsafe { self.task.vtable() };
                if !self.taken {
                    // SAFETY: the task has ended, and its output is in place and the handle's.
                    unsafe { (vtable.drop_output)(self.task) };
                }
                // SAFETY: the handle is the remover, and is being dropped.
                unsafe { (vtable.remove)(self.task) };
            }
        }
    }
}

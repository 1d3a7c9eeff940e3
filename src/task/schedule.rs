//! Custom schedulers, and the runnables that they are given.

use core::fmt;

use super::{raw::RawRunnable, task_id::TaskId, task_ref::TaskRef};

/// A scheduler for the tasks of a [`Tasks`](super::Tasks): for instance, it puts them in a queue from which threads
/// take and [run](Runnable::run) them.
///
/// Closures are schedulers:
///
/// ```
/// use std::sync::mpsc;
/// use flagstone::task::{Runnable, Tasks};
///
/// let (sender, queue) = mpsc::channel::<Runnable>();
/// let tasks = Tasks::new(move |task| { let _ = sender.send(task); });
/// let worker = std::thread::spawn(move || queue.into_iter().for_each(|task| { task.run(); }));
///
/// tasks.spawn(async { println!("on the worker's thread") }).detach();
/// # while !tasks.is_empty() { std::thread::yield_now(); }
/// drop(tasks); // and the sender with it, so the worker ends
/// worker.join().unwrap();
/// ```
pub trait Schedule: Send + Sync + 'static {
    /// Accepts a task that is to be polled: it was spawned, woken or cancelled.
    ///
    /// Called by the thread that spawned, woke or cancelled the task. It should not block for long. It may run the task
    /// at once: a task that wakes itself in such a poll is given back to the scheduler when this call has returned, so
    /// repeated polls use no more stack. A task that is woken or spawned in that poll then runs inside it, on the same
    /// stack.
    ///
    /// A queued task keeps its scheduler alive. So if the queue is part of the scheduler, empty it at the end: after
    /// [`shutdown`](super::Tasks::shutdown), drop the queued tasks, or run them. Otherwise tasks and queue keep each
    /// other alive for ever.
    ///
    /// # Panics
    ///
    /// A panic propagates to the code that spawned, woke or cancelled the task. If it drops the runnable, the task
    /// ends.
    fn schedule(&self, task: Runnable);
}

impl<S: Fn(Runnable) + Send + Sync + 'static> Schedule for S {
    fn schedule(&self, task: Runnable) {
        self(task);
    }
}

/// The right to poll a task once. A task has at most one.
///
/// Dropping it ends the task: the future is dropped at once, and the joiner learns that the executor has ended.
#[must_use = "a runnable that is dropped ends its task"]
pub struct Runnable(RawRunnable);

impl Runnable {
    pub(crate) fn new(runnable: RawRunnable) -> Self {
        Self(runnable)
    }

    /// Polls the task. If the task was cancelled, ends it.
    ///
    /// Returns whether the task was woken meanwhile, and so is scheduled again. A panic of the task is caught, and the
    /// task's join handle returns it.
    pub fn run(self) -> bool {
        self.0.run()
    }

    /// Gives the task to its scheduler again.
    pub fn schedule(self) {
        self.0.schedule();
    }

    /// Returns the task's id.
    ///
    /// # Panics
    ///
    /// If the task has as many [references](TaskRef) as can be counted.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.task().id()
    }

    /// Returns a reference to the task.
    ///
    /// # Panics
    ///
    /// If the task has as many references as can be counted.
    #[must_use]
    pub fn task(&self) -> TaskRef {
        TaskRef::new(self.0.reference())
    }
}

// A panic leaves shared state consistent: user code runs only where no operation is half done.
impl core::panic::UnwindSafe for Runnable {}
impl core::panic::RefUnwindSafe for Runnable {}

impl fmt::Debug for Runnable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Runnable").field(&self.id()).finish()
    }
}

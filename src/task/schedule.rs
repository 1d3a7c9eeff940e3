//! A scheduler of one's own, and what it is given.

use core::fmt;

use super::{raw::RawRunnable, task_id::TaskId, task_ref::TaskRef};

/// Who polls the tasks of a [`Tasks`](super::Tasks): puts them in a queue, say, from which threads take and
/// [run](Runnable::run) them.
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
    /// A task is to be polled: it was spawned, woken or cancelled.
    ///
    /// Called by the thread that did that. It should not block for long, and may run the task at once: a task that wakes itself
    /// in such a poll is given back to the scheduler when this has returned, so it uses no stack for each poll. What a task wakes
    /// or spawns in it runs inside its poll then, on its stack.
    ///
    /// A task that is queued keeps its scheduler. So if the queue is part of the scheduler, empty it when all is to end: after
    /// [`shutdown`](super::Tasks::shutdown) drop what is queued, or run it. Else tasks and queue keep each other for ever.
    fn schedule(&self, task: Runnable);
}

impl<S: Fn(Runnable) + Send + Sync + 'static> Schedule for S {
    fn schedule(&self, task: Runnable) {
        self(task);
    }
}

/// The right to poll a task once. There is at most one of a task.
///
/// Dropped, it ends the task: the future is dropped at once, and the joiner learns that the executor has ended.
#[must_use = "a runnable that is dropped ends its task"]
pub struct Runnable(RawRunnable);

impl Runnable {
    pub(crate) fn new(runnable: RawRunnable) -> Self {
        Self(runnable)
    }

    /// Polls the task; if it was cancelled, ends it.
    ///
    /// Returns whether it was woken meanwhile, and so is scheduled again. A panic of the task is caught, and is its joiner's.
    pub fn run(self) -> bool {
        self.0.run()
    }

    /// Gives the task to its scheduler again.
    pub fn schedule(self) {
        self.0.schedule();
    }

    /// Returns the task's id.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.task().id()
    }

    /// Returns a reference to the task.
    #[must_use]
    pub fn task(&self) -> TaskRef {
        TaskRef::new(self.0.reference())
    }
}

// A panic leaves what is shared whole: user code runs where nothing is half done.
impl core::panic::UnwindSafe for Runnable {}
impl core::panic::RefUnwindSafe for Runnable {}

impl fmt::Debug for Runnable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Runnable").field(&self.id()).finish()
    }
}

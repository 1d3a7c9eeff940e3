//! `embassy-executor`, on a host: its raw executor, polled and parked by hand.
//!
//! It shows the cost of a smaller interface. A task has neither a join handle nor an output and nothing owns it: its
//! memory is static, one block for each task and for ever. It cannot be cancelled, and wakers are not counted.

use embassy_executor::raw::{Executor, TaskStorage};
use std::ptr;
use std::thread::{self, Thread};

/// The name in tables, plots and on the command line.
pub(crate) const NAME: &str = "embassy, no join handles";

/// A raw executor of this thread.
#[derive(Clone, Copy)]
pub(crate) struct Embassy(&'static Executor);

impl Embassy {
    /// Makes an executor, which like everything here is never freed.
    pub(crate) fn new() -> Self {
        let owner: &'static Thread = Box::leak(Box::new(thread::current()));
        let context = ptr::from_ref(owner).cast_mut().cast();
        Self(Box::leak(Box::new(Executor::new(context))))
    }

    /// Makes the memory of `tasks` tasks, which run the futures that the function makes.
    pub(crate) fn storages<A, F: Future>(tasks: usize, _future: impl Fn(A) -> F) -> &'static [TaskStorage<F>] {
        (0..tasks).map(|_| TaskStorage::new()).collect::<Vec<_>>().leak()
    }

    /// Spawns the future into that memory. No task may be running there.
    #[inline]
    pub(crate) fn spawn<F: Future>(self, storage: &'static TaskStorage<F>, future: impl FnOnce() -> F) {
        self.0.spawner().spawn(storage.spawn(future).expect("no task runs there"));
    }

    /// Runs tasks until the condition holds, and sleeps while there is nothing to do.
    #[inline]
    pub(crate) fn run_until(self, done: impl Fn() -> bool) {
        loop {
            self.poll();
            if done() {
                return;
            }
            thread::park();
        }
    }

    /// Polls each task that is queued.
    #[inline]
    #[expect(unsafe_code, reason = "the raw executor trusts the user not to poll within a poll")]
    fn poll(self) {
        // SAFETY: `Embassy` is not `Send`, so this is the executor's thread; no future here calls this.
        unsafe { self.0.poll() }
    }
}

/// Called by an executor whose queue is no longer empty, with the context that it was given.
#[expect(unsafe_code, reason = "it is found by its name, and the context is a pointer")]
#[unsafe(export_name = "__pender")]
fn unpark(context: *mut ()) {
    // SAFETY: `Embassy::new` gives each executor a pointer to a thread that it leaks.
    let owner = unsafe { &*context.cast::<Thread>() };
    owner.unpark();
}

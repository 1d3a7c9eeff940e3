//! Running tasks.

use core::{
    future::{Future, poll_fn},
    panic::Location,
    pin::pin,
    task::{Context, Poll},
};

use super::{LocalExecutor, Tick};
use crate::{
    sync,
    task::{raw::Root, storage::Storage},
};

impl<M: Storage> LocalExecutor<M> {
    /// Runs tasks until `future` is ready, and returns its output. The thread parks while there is nothing to do.
    ///
    /// Tasks that have not ended by then stay, for the next call. Calls may be nested: the inner call runs all tasks
    /// except those whose polls it interrupts, and each level uses stack.
    ///
    /// # Panics
    ///
    /// If `future` panics, or there is no memory for its slot.
    ///
    /// # Deadlocks
    ///
    /// A nested call never runs the tasks that are below it on the stack. If its future waits for one of them, it waits
    /// for ever.
    ///
    /// A call that blocks the thread stops all its tasks. So [`Slab::take`](crate::Slab::take) in a task waits for ever
    /// for a guard that another task of this thread holds. Instead, await a signal from that task, or use
    /// [`Slab::try_take`](crate::Slab::try_take).
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let root = Root::new(self.owner(), Location::caller());
        let mut context = Context::from_waker(&self.unparker);
        loop {
            match root.poll(future.as_mut(), &mut context) {
                Poll::Ready(output) => return output,
                Poll::Pending => sync::thread::park(),
            }
        }
    }

    /// Runs tasks until `future` is ready, inside another executor: each poll of the returned future drives this one.
    ///
    /// It returns to the other executor after some polls: 256, or fewer where most tasks that it polled are woken on
    /// this thread right afterwards. That happens in tokio: all tasks together use up tokio's budget for the task that
    /// polls the returned future. `tokio::task::unconstrained` around it avoids that.
    ///
    /// Several such futures of one executor may wait at the same time; each runs all tasks. When a task is woken while
    /// all of these futures sleep, one of them is woken in each executor that polls some of them: the one that fell
    /// asleep last. So poll or drop a future that was woken: while it is kept and not polled, tasks may wait.
    ///
    /// If a task of the same executor polls the returned future, the other tasks run within that poll. Each such future
    /// that is being polled uses a frame of the stack.
    ///
    /// # Panics
    ///
    /// When the returned future is polled: if `future` panics, or there is no memory for its slot.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::LocalExecutor;
    ///
    /// // Any executor would do.
    /// let (outer, inner) = (LocalExecutor::new(), LocalExecutor::new());
    /// let task = inner.spawn(async { 1 });
    /// assert_eq!(outer.block_on(inner.run_until(task)).unwrap(), 1);
    /// ```
    #[track_caller]
    pub fn run_until<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<'_, F, M> {
        let location = Location::caller();
        async move {
            let mut future = pin!(future);
            let root = Root::new(self.owner(), location);
            poll_fn(|context| root.poll_inside(future.as_mut(), context)).await
        }
    }

    /// Polls at most `budget` tasks, as long as some are ready, and returns what happened. Ending a cancelled task
    /// takes as much of the budget as a poll.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::{LocalExecutor, yield_now};
    ///
    /// let executor = LocalExecutor::new();
    /// executor.spawn(async { yield_now().await }).detach();
    /// let tick = executor.tick(1);
    /// assert_eq!((tick.polled, tick.completed, tick.woken_inside, tick.has_remaining), (1, 0, 1, true));
    /// let tick = executor.tick(10);
    /// assert_eq!((tick.polled, tick.completed, tick.has_remaining), (1, 1, false));
    /// ```
    pub fn tick(&self, budget: usize) -> Tick {
        let owner = self.owner();
        let driving = owner.drive();
        let before = owner.counts();
        owner.run(budget);
        let has_remaining = owner.has_ready();
        let after = owner.counts();
        drop(driving);
        Tick {
            polled: after.polled.wrapping_sub(before.polled),
            completed: after.completed.wrapping_sub(before.completed),
            spawned: after.spawned.wrapping_sub(before.spawned),
            woken_inside: after.woken_inside.wrapping_sub(before.woken_inside),
            woken_outside: after.woken_outside.wrapping_sub(before.woken_outside),
            has_remaining,
        }
    }
}

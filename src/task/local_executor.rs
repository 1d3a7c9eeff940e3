//! An executor for one thread.

mod room;

use core::{
    fmt,
    future::{Future, poll_fn},
    marker::PhantomData,
    panic::Location,
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::{sync::Arc, task::Wake};

use super::{
    builder::Builder,
    claim::{Claim, ClaimFuture},
    join_handle::JoinHandle,
    local_spawner::LocalSpawner,
    raw::{Owner, Root},
    registry::Registry,
    spawn_error::SpawnError,
    spawner::Spawner,
    storage::{BoxStorage, Storage},
};
use crate::sync;

/// Runs tasks on one thread: futures that need not be `Send`, each in a slot of a slab.
///
/// Tasks run while the executor is driven: by [`block_on`](Self::block_on), by [`run_until`](Self::run_until) inside
/// another executor, or step by step by [`tick`](Self::tick). Several executors may live on one thread. Any thread may
/// wake a task, cancel it, wait for it, or [spawn](Self::spawner).
///
/// A task ends when its future completes or panics, when it is cancelled, or with the executor. When the executor is
/// dropped, all futures are dropped, on its thread, and joiners learn that it has
/// [shut down](super::JoinError::is_shut_down). A panic of a task is caught, and the task's join handle returns it; the
/// executor and all other tasks go on.
///
/// # Costs
///
/// A task takes 64 bytes beside its future on 64 bits. Spawning takes a free slot off a list, without an atomic
/// read-modify-write (RMW). It allocates only if a page is full, if the future is put [in a box](BoxStorage), or for
/// the first task of its type that is spawned at this place of the source. A wake is one RMW; from another thread it is
/// two, the second for the push. A poll is one RMW, to give up the task's token, or none if the task was woken
/// meanwhile.
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use flagstone::task::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// let sum = Rc::new(Cell::new(0));
/// let tasks: Vec<_> = (1..=10)
///     .map(|number| {
///         let sum = Rc::clone(&sum);
///         executor.spawn(async move { sum.set(sum.get() + number) })
///     })
///     .collect();
/// executor.block_on(async {
///     for task in tasks {
///         task.await.unwrap();
///     }
/// });
/// assert_eq!(sum.get(), 55);
/// ```
///
/// The executor stays on its thread, and so do its futures:
///
/// ```compile_fail,E0277
/// fn sent<T: Send>() {}
/// sent::<flagstone::task::LocalExecutor>();
/// ```
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<flagstone::task::LocalExecutor>();
/// ```
///
/// ```
/// fn sent_and_shared<T: Send + Sync>() {}
/// sent_and_shared::<flagstone::task::Spawner<flagstone::task::BoxStorage>>();
/// ```
pub struct LocalExecutor<M: Storage = BoxStorage> {
    spawner: LocalSpawner<M>,
    unparker: Waker,
    _stays_here: PhantomData<*const ()>,
}

/// Counts what happened in one [`tick`](LocalExecutor::tick).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tick {
    /// Number of polls of tasks. Polls of futures of `block_on` are not counted.
    pub polled: usize,
    /// Number of tasks that ended.
    pub completed: usize,
    /// Number of tasks that were spawned on this thread.
    pub spawned: usize,
    /// Number of tasks that were scheduled because they were woken or cancelled on this thread.
    pub woken_inside: usize,
    /// Number of tasks that were scheduled because they were spawned, woken or cancelled on other threads, and that
    /// this tick has found.
    pub woken_outside: usize,
    /// Whether a task is still scheduled.
    pub has_remaining: bool,
}

/// Wakes a thread that is parked.
struct Unparker(sync::thread::Thread);

impl Wake for Unparker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

impl LocalExecutor {
    /// Returns an executor for any number of tasks. A future of more than 192 bytes is put in a box.
    #[must_use]
    pub fn new() -> Self {
        Self::with_storage(BoxStorage::new())
    }

    /// Returns an executor for at most `tasks` tasks at a time. Their slots are made now, as far as there is memory;
    /// [`reserve`](Self::reserve) reports whether there is. A future of more than 192 bytes is put in a box.
    #[must_use]
    pub fn with_capacity(tasks: usize) -> Self {
        Self::with_storage(BoxStorage::with_capacity(tasks))
    }
}

impl Default for LocalExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Storage> LocalExecutor<M> {
    /// Returns an executor whose tasks are kept in this storage.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::{LocalExecutor, SlabStorage};
    ///
    /// // At most a thousand tasks, and no allocation from here on.
    /// let executor = LocalExecutor::with_storage(SlabStorage::<256>::with_capacity(1000));
    /// assert_eq!(executor.capacity(), Some(1000));
    /// ```
    #[must_use]
    pub fn with_storage(storage: M) -> Self {
        Self {
            spawner: LocalSpawner::new(Owner::new(&storage)),
            unparker: Waker::from(Arc::new(Unparker(sync::thread::current()))),
            _stays_here: PhantomData,
        }
    }

    fn owner(&self) -> &Owner<M> {
        self.spawner.owner()
    }

    /// Spawns a future: makes it a task, which is polled when the executor is driven.
    ///
    /// Constant time; wait-free, except for the allocator when a page is full or the future goes in a box.
    ///
    /// # Panics
    ///
    /// If [`try_spawn`](Self::try_spawn) is refused.
    #[inline]
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        self.spawner.spawn(future)
    }

    /// Spawns a future, if there is room.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], with the future, if the storage is full, or the future is too large or too aligned for it.
    #[inline]
    #[track_caller]
    pub fn try_spawn<F: Future + 'static>(&self, future: F) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
        self.spawner.try_spawn(future)
    }

    /// Returns a builder that sets a task's name and kind before it spawns the task.
    pub fn builder(&self) -> Builder<'_, LocalSpawner<M>> {
        self.spawner.builder()
    }

    /// Claims a slot for a future that comes later. Returns `None` if there is no room.
    #[must_use = "a claim that is dropped gives its slot back"]
    pub fn try_claim(&self) -> Option<Claim<M>> {
        self.spawner.try_claim()
    }

    /// Claims a slot as soon as one is free, for a future that comes later.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::LocalExecutor;
    ///
    /// let executor = LocalExecutor::with_capacity(2);
    /// executor.block_on(async {
    ///     for number in 0..100 {
    ///         // Never more than two at a time.
    ///         executor.claim().await.spawn(async move { number }).unwrap().detach();
    ///     }
    /// });
    /// ```
    pub fn claim(&self) -> ClaimFuture<M> {
        self.spawner.claim()
    }

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

    /// Returns a handle that spawns tasks on this thread, for tasks to keep.
    #[must_use]
    pub fn local_spawner(&self) -> LocalSpawner<M> {
        self.spawner.clone()
    }

    /// Returns a handle that spawns tasks from any thread.
    #[must_use]
    pub fn spawner(&self) -> Spawner<M> {
        self.owner().let_others_spawn();
        Spawner::new(self.owner().core().clone())
    }

    /// Returns a handle that lists the tasks, from any thread.
    #[must_use]
    pub fn registry(&self) -> Registry {
        self.spawner.registry()
    }

    /// Returns the number of live tasks: those that have not ended, those whose join handles still exist, and slots
    /// that are claimed. Wakers of removed tasks do not count.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owner().core().len()
    }

    /// Returns whether [`len`](Self::len) is zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<M: Storage> Drop for LocalExecutor<M> {
    fn drop(&mut self) {
        self.owner().close();
    }
}

// A panic leaves shared state consistent: user code runs only where no operation is half done.
impl<M: Storage> core::panic::UnwindSafe for LocalExecutor<M> {}
impl<M: Storage> core::panic::RefUnwindSafe for LocalExecutor<M> {}

impl<M: Storage> fmt::Debug for LocalExecutor<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LocalExecutor")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

//! An executor for one thread.

// The methods, in reading order.
mod make;

mod spawn;

mod run;

mod handles;

mod room;

use core::{fmt, marker::PhantomData, task::Waker};
use std::{sync::Arc, task::Wake};

use super::{
    local_spawner::LocalSpawner,
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

impl Default for LocalExecutor {
    fn default() -> Self {
        Self::new()
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

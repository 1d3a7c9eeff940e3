//! `tokio`: its set of thread-local tasks, and its single-threaded runtime.

use super::{Runtime, Spawner};
use crate::tasks::workload::spawn_and_await::drive;
use tokio::runtime;
use tokio::task::{self, JoinHandle};

/// Makes a single-threaded runtime without timers and I/O.
fn current_thread() -> runtime::Runtime {
    runtime::Builder::new_current_thread().build().expect("a runtime can be made")
}

/// A single-threaded runtime. Its tasks must be `Send`.
pub(crate) struct CurrentThread(runtime::Runtime);

/// Spawns on the current runtime.
pub(crate) struct SpawnSend;

impl Runtime for CurrentThread {
    const NAME: &'static str = "tokio, current thread";

    type Spawner = SpawnSend;

    fn with_capacity(_tasks: usize) -> Self {
        Self(current_thread())
    }

    fn spawner(&self) -> SpawnSend {
        SpawnSend
    }

    fn block_on<F: Future + 'static>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl Spawner for SpawnSend {
    type Handle = JoinHandle<u64>;

    #[inline]
    fn spawn<F>(&self, future: F) -> Self::Handle
    where
        F: Future<Output = u64> + Send + 'static,
    {
        task::spawn(future)
    }

    #[inline]
    fn output(joined: Result<u64, task::JoinError>) -> u64 {
        joined.expect("no task panics")
    }

    fn drive(self, iterations: u64) -> Self::Handle {
        task::spawn(drive(self, iterations))
    }
}

/// A set of tasks that need not be `Send`, in such a runtime.
pub(crate) struct LocalSet {
    tasks: task::LocalSet,
    runtime: runtime::Runtime,
}

/// Spawns on the current set.
pub(crate) struct SpawnLocal;

impl Runtime for LocalSet {
    const NAME: &'static str = "tokio, LocalSet";

    type Spawner = SpawnLocal;

    fn with_capacity(_tasks: usize) -> Self {
        Self { tasks: task::LocalSet::new(), runtime: current_thread() }
    }

    fn spawner(&self) -> SpawnLocal {
        SpawnLocal
    }

    fn block_on<F: Future + 'static>(&mut self, future: F) -> F::Output {
        self.tasks.block_on(&self.runtime, future)
    }
}

impl Spawner for SpawnLocal {
    type Handle = JoinHandle<u64>;

    #[inline]
    fn spawn<F>(&self, future: F) -> Self::Handle
    where
        F: Future<Output = u64> + Send + 'static,
    {
        task::spawn_local(future)
    }

    #[inline]
    fn output(joined: Result<u64, task::JoinError>) -> u64 {
        joined.expect("no task panics")
    }

    fn drive(self, iterations: u64) -> Self::Handle {
        task::spawn_local(drive(self, iterations))
    }
}

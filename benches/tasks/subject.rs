//! The subjects: single-threaded executors, behind traits that are resolved statically.
//!
//! Every workload is generic over [`Runtime`], so each executor gets its own copy of every loop and its calls are
//! inlined there, as they would be in a program that uses it. [`embassy`] has neither join handles nor an owner of the
//! tasks, so it has its own version of each workload.

pub(crate) mod async_executor;
pub(crate) mod embassy;
pub(crate) mod flagstone;
pub(crate) mod nexus;
pub(crate) mod tokio;

use self::async_executor::{AsyncExecutor, AsyncExecutorStatic};
use self::flagstone::{Flagstone, FlagstoneSlab};
use self::nexus::Nexus;
use self::tokio::{CurrentThread, LocalSet};

/// The room for a future in a slot, in bytes, of the executors that have slots.
pub(crate) const ROOM: usize = 192;

/// How many more slots than live tasks are needed by executors that free a slot some time after its task was joined.
pub(crate) const SPARE: usize = 100;

/// An executor of one thread.
pub(crate) trait Runtime: Sized + 'static {
    /// The name in tables, plots and on the command line.
    const NAME: &'static str;

    /// Two numbers of tasks that almost fill its arrays, which grow by doubling.
    const FILLED_BY: [usize; 2] = [1 << 10, 1 << 11];

    /// What its tasks spawn with.
    type Spawner: Spawner;

    /// Makes an executor for at most `tasks` live tasks. Preallocates the memory for them if the executor can.
    fn with_capacity(tasks: usize) -> Self;

    /// Returns a spawner for use inside [`block_on`](Self::block_on).
    fn spawner(&self) -> Self::Spawner;

    /// Runs the future, and the tasks meanwhile.
    fn block_on<F: Future + 'static>(&mut self, future: F) -> F::Output;
}

/// What spawns from inside of an executor.
pub(crate) trait Spawner: Sized + 'static {
    /// What waits for a task.
    type Handle: Future + Unpin + 'static;

    /// Spawns a task. `Send`, since one runtime asks for it.
    fn spawn<F>(&self, future: F) -> Self::Handle
    where
        F: Future<Output = u64> + Send + 'static;

    /// Returns the task's output from the handle's.
    fn output(joined: <Self::Handle as Future>::Output) -> u64;

    /// Spawns [`workload::spawn_and_await::drive`](super::workload::spawn_and_await::drive), of
    /// which only each runtime knows whether it is `Send`.
    fn drive(self, iterations: u64) -> Self::Handle;
}

/// An operation on each executor.
pub(crate) trait Visitor {
    /// What it returns.
    type Output;

    /// Applies it to the executor `R`.
    fn visit<R: Runtime>(&self) -> Self::Output;
}

/// The names of the other executors that have join handles.
pub(crate) const WITH_JOIN_HANDLES: [&str; 5] =
    [LocalSet::NAME, CurrentThread::NAME, AsyncExecutor::NAME, AsyncExecutorStatic::NAME, Nexus::NAME];

/// Visits every executor that has join handles.
pub(crate) fn every<V: Visitor>(visitor: &V) -> Vec<V::Output> {
    vec![
        visitor.visit::<Flagstone>(),
        visitor.visit::<FlagstoneSlab>(),
        visitor.visit::<LocalSet>(),
        visitor.visit::<CurrentThread>(),
        visitor.visit::<AsyncExecutor>(),
        visitor.visit::<AsyncExecutorStatic>(),
        visitor.visit::<Nexus>(),
    ]
}

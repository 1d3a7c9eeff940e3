//! `async-executor`: an executor that owns its tasks, and one that is leaked and need not own them.

use super::{Runtime, Spawner};
use crate::tasks::workload::spawn_and_await::drive;
use async_executor::{LocalExecutor, StaticLocalExecutor, Task};
use futures_lite::future;
use std::rc::Rc;

/// An executor that is shared with its tasks.
pub(crate) struct AsyncExecutor(Rc<LocalExecutor<'static>>);

impl Runtime for AsyncExecutor {
    const NAME: &'static str = "async-executor";

    type Spawner = Rc<LocalExecutor<'static>>;

    fn with_capacity(_tasks: usize) -> Self {
        Self(Rc::new(LocalExecutor::new()))
    }

    fn spawner(&self) -> Self::Spawner {
        Rc::clone(&self.0)
    }

    fn block_on<F: Future + 'static>(&mut self, future: F) -> F::Output {
        future::block_on(self.0.run(future))
    }
}

impl Spawner for Rc<LocalExecutor<'static>> {
    type Handle = Task<u64>;

    #[inline]
    fn spawn<F>(&self, future: F) -> Self::Handle
    where
        F: Future<Output = u64> + Send + 'static,
    {
        LocalExecutor::spawn(self, future)
    }

    #[inline]
    fn output(joined: u64) -> u64 {
        joined
    }

    fn drive(self, iterations: u64) -> Self::Handle {
        LocalExecutor::spawn(&Rc::clone(&self), drive(self, iterations))
    }
}

/// An executor that lives for ever.
pub(crate) struct AsyncExecutorStatic(&'static StaticLocalExecutor);

impl Runtime for AsyncExecutorStatic {
    const NAME: &'static str = "async-executor, static";

    type Spawner = &'static StaticLocalExecutor;

    fn with_capacity(_tasks: usize) -> Self {
        Self(LocalExecutor::new().leak())
    }

    fn spawner(&self) -> Self::Spawner {
        self.0
    }

    fn block_on<F: Future + 'static>(&mut self, future: F) -> F::Output {
        future::block_on(self.0.run(future))
    }
}

impl Spawner for &'static StaticLocalExecutor {
    type Handle = Task<u64>;

    #[inline]
    fn spawn<F>(&self, future: F) -> Self::Handle
    where
        F: Future<Output = u64> + Send + 'static,
    {
        StaticLocalExecutor::spawn(self, future)
    }

    #[inline]
    fn output(joined: u64) -> u64 {
        joined
    }

    fn drive(self, iterations: u64) -> Self::Handle {
        StaticLocalExecutor::spawn(self, drive(self, iterations))
    }
}

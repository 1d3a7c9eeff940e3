//! Flagstone's tasks: in slots or boxes, which is the default, and in preallocated slots.

use super::{ROOM, Runtime, Spawner};
use crate::tasks::workload::spawn_and_await::drive;
use flagstone::task::{BoxStorage, JoinError, JoinHandle, LocalExecutor, LocalSpawner, SlabStorage, Storage};

/// The first page of its slab has 1,024 slots, the second 2,048. Some are left for what else is in the slab.
const FULL_PAGES: [usize; 2] = [(1 << 10) - 8, (3 << 10) - 8];

/// The executor that `LocalExecutor::new` returns.
pub(crate) struct Flagstone(LocalExecutor<BoxStorage>);

impl Runtime for Flagstone {
    const NAME: &'static str = "flagstone";

    const FILLED_BY: [usize; 2] = FULL_PAGES;

    type Spawner = LocalSpawner<BoxStorage>;

    fn with_capacity(_tasks: usize) -> Self {
        Self(LocalExecutor::new())
    }

    fn spawner(&self) -> Self::Spawner {
        self.0.local_spawner()
    }

    fn block_on<F: Future + 'static>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

/// Slots only, all of them allocated at the beginning.
pub(crate) struct FlagstoneSlab(LocalExecutor<SlabStorage<ROOM>>);

impl Runtime for FlagstoneSlab {
    const NAME: &'static str = "flagstone, slots alone";

    const FILLED_BY: [usize; 2] = FULL_PAGES;

    type Spawner = LocalSpawner<SlabStorage<ROOM>>;

    fn with_capacity(tasks: usize) -> Self {
        Self(LocalExecutor::with_storage(SlabStorage::with_capacity(tasks)))
    }

    fn spawner(&self) -> Self::Spawner {
        self.0.local_spawner()
    }

    fn block_on<F: Future + 'static>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl<M: Storage + 'static> Spawner for LocalSpawner<M> {
    type Handle = JoinHandle<u64>;

    #[inline]
    fn spawn<F>(&self, future: F) -> Self::Handle
    where
        F: Future<Output = u64> + Send + 'static,
    {
        LocalSpawner::spawn(self, future)
    }

    #[inline]
    fn output(joined: Result<u64, JoinError<u64>>) -> u64 {
        joined.expect("no task panics")
    }

    fn drive(self, iterations: u64) -> Self::Handle {
        let spawner = self.clone();
        LocalSpawner::spawn(&spawner, drive(self, iterations))
    }
}

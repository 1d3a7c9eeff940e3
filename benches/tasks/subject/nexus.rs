//! `nexus-async-rt`, with its tasks in a slab of slots.
//!
//! It allows one runtime per thread at a time, so it can take part only once in each workload.

use super::{ROOM, Runtime, Spawner};
use crate::tasks::workload::spawn_and_await::drive;
use nexus_async_rt::{JoinHandle, TASK_HEADER_SIZE, spawn_slab};
use nexus_rt::{World, WorldBuilder};
use nexus_slab::byte::bounded::Slab;

/// The runtime, and the resources that it needs.
pub(crate) struct Nexus {
    runtime: nexus_async_rt::Runtime,
    _world: Box<World>,
}

/// Spawns on the current runtime.
pub(crate) struct SpawnSlab;

impl Runtime for Nexus {
    const NAME: &'static str = "nexus-async-rt, slab";

    type Spawner = SpawnSlab;

    #[expect(unsafe_code, reason = "its slab trusts the user to stay on one thread")]
    fn with_capacity(tasks: usize) -> Self {
        let mut world = Box::new(WorldBuilder::new().build());
        // SAFETY: the runtime, which is given the slab, is neither `Send` nor `Sync`.
        let slab = unsafe { Slab::<{ TASK_HEADER_SIZE + ROOM }>::with_capacity(tasks) };
        let runtime = nexus_async_rt::Runtime::builder(&mut world).queue_capacity(tasks).slab_bounded(slab).build();
        Self { runtime, _world: world }
    }

    fn spawner(&self) -> SpawnSlab {
        SpawnSlab
    }

    fn block_on<F: Future + 'static>(&mut self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

impl Spawner for SpawnSlab {
    type Handle = JoinHandle<u64>;

    #[inline]
    fn spawn<F>(&self, future: F) -> Self::Handle
    where
        F: Future<Output = u64> + Send + 'static,
    {
        spawn_slab(future)
    }

    #[inline]
    fn output(joined: u64) -> u64 {
        joined
    }

    fn drive(self, iterations: u64) -> Self::Handle {
        spawn_slab(drive(self, iterations))
    }
}

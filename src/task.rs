//! Tasks that live in the slots of a slab, and executors for them (feature `task`).
//!
//! Each task is an entry of a slab. Its slot does not move, so the future is polled in place. Its key is its id. A walk
//! over the slab lists every live task. A task takes 64 bytes beside its future on 64 bits, and spawning it usually
//! allocates nothing ([costs](LocalExecutor#costs)).
//!
//! | I want to | call |
//! | --- | --- |
//! | run futures on this thread, `Send` or not | [`LocalExecutor::spawn`], [`LocalExecutor::block_on`] |
//! | do so inside tokio, or beside a reactor | [`LocalExecutor::run_until`]; step by step: [`LocalExecutor::tick`] |
//! | get a task's output | [`JoinHandle`], a future |
//! | end a task early | [`JoinHandle::cancel`], [`AbortHandle`], [`Registry::cancel`] |
//! | spawn from a task; from another thread | [`LocalExecutor::local_spawner`]; [`LocalExecutor::spawner`] |
//! | bound the number of tasks, and the memory | [`LocalExecutor::with_capacity`], [`LocalExecutor::claim`], [`SlabStorage`] |
//! | allocate beforehand; give the memory of a peak back | [`LocalExecutor::reserve`]; [`LocalExecutor::trim`] |
//! | see what runs | [`LocalExecutor::registry`], [`Builder`] |
//! | run tasks on threads of my own | [`Tasks`], [`Schedule`], [`Runnable`] |
//! | run a bounded number of futures inside one task, in any executor | [`FutureSet`](crate::FutureSet) |
//!
//! # Coming from other crates
//!
//! | maitake | nexus-async-rt | async-executor | here |
//! | --- | --- | --- | --- |
//! | `LocalScheduler`, `LocalStaticScheduler` | `Runtime` | `LocalExecutor` | [`LocalExecutor`] |
//! | `Scheduler` and its `Schedule` | | `Executor` | [`Tasks`] and [`Schedule`] |
//! | `spawn` | `spawn_boxed`, `spawn_slab` | `spawn` | [`LocalExecutor::spawn`]; where the future lives says the [`Storage`] |
//! | `spawn_allocated`, `Storage`, `BoxStorage` | `SlabClaim`, `SpawnSlab` | | [`Storage`], [`SlabStorage`], [`BoxStorage`] |
//! | | `try_claim_slab`, `claim_slab` | | [`LocalExecutor::try_claim`], [`LocalExecutor::claim`], [`Claim`] |
//! | `build_task`, `task::Builder` | | | [`LocalExecutor::builder`], [`Builder`] |
//! | `tick`, `tick_n`, `Tick` | | `try_tick`, `tick` | [`LocalExecutor::tick`], [`Tick`] |
//! | | `block_on` | `run` | [`LocalExecutor::block_on`], [`LocalExecutor::run_until`] |
//! | `LocalSpawner` | | | [`Spawner`]; [`LocalSpawner`] on the same thread |
//! | `TaskRef`, `TaskId` | | | [`TaskRef`], [`TaskId`] |
//! | `JoinHandle`, `JoinError` | `JoinHandle` | `Task` | [`JoinHandle`], [`JoinError`] |
//! | `JoinHandle::cancel`, `TaskRef::cancel` | `JoinHandle::abort` | `Task::cancel` | [`JoinHandle::cancel`], [`AbortHandle::abort`], [`TaskRef::cancel`] |
//! | | | `Task::detach` | [`JoinHandle::detach`], or dropping it |
//! | `future::yield_now` | | (futures-lite) | [`yield_now()`] |
//!
//! A handle that is dropped detaches its task, as in maitake and tokio; async-executor's cancels it.
//!
//! # Where user code runs
//!
//! The thread that runs a task polls and drops its future: for a [`LocalExecutor`] that is always its own thread. The
//! output is dropped there too, unless there is a join handle to receive it. The thread that ends a task calls the
//! waker of its join handle. A panic in any of these stops neither the executor nor another task.

// Names and numbers.
mod task_id;
mod yield_now;

// Where futures live; why one does not.
mod spawn_error;
mod storage;

// The unsafe core.
#[allow(unsafe_code, reason = "the second module that may, behind a safe interface")]
mod raw;

// What there is of a task.
mod info;
mod task_ref;

mod abort_handle;
mod join_error;
mod registry;

mod join_handle;

// Spawning and polling.
mod builder;
mod schedule;

mod claim;
mod spawner;
mod tasks;

mod local_spawner;

mod local_executor;

pub use self::{
    abort_handle::AbortHandle,
    builder::Builder,
    claim::{Claim, ClaimFuture},
    info::{TaskInfo, TaskState},
    join_error::JoinError,
    join_handle::JoinHandle,
    local_executor::{LocalExecutor, Tick},
    local_spawner::LocalSpawner,
    registry::Registry,
    schedule::{Runnable, Schedule},
    spawn_error::{Refusal, SpawnError},
    spawner::Spawner,
    storage::{BoxStorage, SlabStorage, Storage},
    task_id::{ParseTaskIdError, TaskId},
    task_ref::TaskRef,
    tasks::Tasks,
    yield_now::{YieldNow, yield_now},
};

//! Which types may be sent to other threads, shared between them, moved when pinned, and used after a panic.

use std::{
    cell::Cell,
    panic::{RefUnwindSafe, UnwindSafe},
    rc::Rc,
    sync::{Arc, MutexGuard},
};

use flagstone::task::{
    AbortHandle, BoxStorage, Builder, Claim, ClaimFuture, JoinError, JoinHandle, LocalExecutor, LocalSpawner, Refusal,
    Registry, Runnable, Schedule, SlabStorage, SpawnError, Spawner, TaskId, TaskInfo, TaskRef, TaskState, Tasks, Tick,
    YieldNow,
};

use crate::implements::implements;

type Plain = Arc<u8>;
type NotSync = Cell<u8>; // `Send` alone
type NotSend = MutexGuard<'static, u8>; // `Sync` alone
type Neither = Rc<u8>;

const BOTH: [bool; 2] = [true, true];
const SEND: [bool; 2] = [true, false];
const SYNC: [bool; 2] = [false, true];
const NONE: [bool; 2] = [false, false];

/// Whether a type is `Send`, and whether it is `Sync`.
macro_rules! of {
    ($($type:ty),* $(,)?) => {
        [$([implements!($type: Send), implements!($type: Sync)]),*]
    };
}

#[test]
fn what_runs_tasks_stays_on_its_thread() {
    assert_eq!(
        of![LocalExecutor, LocalExecutor<SlabStorage>, LocalSpawner<BoxStorage>, LocalSpawner<SlabStorage>],
        [NONE; 4]
    );
    assert_eq!(of![Builder<'static, LocalSpawner<BoxStorage>>], [NONE; 1]);
    // A future that is spawned into a claim need not be `Send`.
    let [[claim, _], [waiting, _]] = of![Claim<BoxStorage>, ClaimFuture<BoxStorage>];
    assert!(!claim && !waiting);
}

#[test]
fn what_names_tasks_goes_anywhere() {
    assert_eq!(of![TaskId, TaskRef, AbortHandle, Registry, TaskInfo, TaskState, Tick, Refusal], [BOTH; 8]);
    assert_eq!(of![Spawner<BoxStorage>, Spawner<SlabStorage>, Builder<'static, Spawner<BoxStorage>>], [BOTH; 3]);
    assert!(implements!(YieldNow: Send));
}

#[test]
fn what_has_an_output_goes_where_that_may() {
    let handles = of![JoinHandle<Plain>, JoinHandle<NotSync>, JoinHandle<NotSend>, JoinHandle<Neither>];
    assert_eq!(handles, [BOTH, BOTH, NONE, NONE]);
    let errors = of![JoinError<Plain>, JoinError<NotSync>, JoinError<NotSend>, JoinError<Neither>];
    // A payload is only `Send`, but is returned only by value.
    assert_eq!(errors.map(|[send, _]| send), [true, true, false, false]);
    assert!(!errors[1][1] && !errors[3][1], "an output is seen through a shared error");
    let refused = of![SpawnError<Plain>, SpawnError<NotSync>, SpawnError<NotSend>, SpawnError<Neither>];
    assert_eq!(refused, [BOTH, SEND, SYNC, NONE]);
}

#[test]
fn what_a_scheduler_has_goes_anywhere() {
    struct Anywhere;
    impl Schedule for Anywhere {
        fn schedule(&self, _: Runnable) {}
    }
    assert_eq!(of![Tasks<Anywhere>, Tasks<Anywhere, SlabStorage>], [BOTH; 2]);
    assert!(implements!(Runnable: Send));
    type Function = fn(Runnable);
    assert!(implements!(Function: Schedule) && !implements!(Rc<u8>: Schedule));
}

#[test]
fn all_that_is_no_future_of_others_is_unpin() {
    type Pinned = std::marker::PhantomPinned;

    assert!(implements!(JoinHandle<Pinned>: Unpin) && implements!(JoinError<Plain>: Unpin));
    assert!(implements!(TaskRef: Unpin) && implements!(AbortHandle: Unpin) && implements!(Registry: Unpin));
    assert!(implements!(Runnable: Unpin) && implements!(Tasks<fn(Runnable)>: Unpin));
    assert!(implements!(LocalExecutor: Unpin) && implements!(Spawner<BoxStorage>: Unpin));
    assert!(implements!(Claim<BoxStorage>: Unpin) && implements!(LocalSpawner<BoxStorage>: Unpin));
    assert!(implements!(TaskInfo: Unpin) && implements!(YieldNow: Unpin));
}

#[test]
fn all_that_is_no_future_of_others_may_be_looked_at_after_a_panic() {
    assert!(implements!(JoinHandle<Plain>: UnwindSafe) && implements!(JoinHandle<Plain>: RefUnwindSafe));
    assert!(implements!(TaskRef: UnwindSafe) && implements!(TaskRef: RefUnwindSafe));
    assert!(implements!(AbortHandle: UnwindSafe) && implements!(AbortHandle: RefUnwindSafe));
    assert!(implements!(Registry: UnwindSafe) && implements!(Registry: RefUnwindSafe));
    assert!(implements!(Spawner<BoxStorage>: UnwindSafe) && implements!(Spawner<BoxStorage>: RefUnwindSafe));
    assert!(implements!(LocalExecutor: UnwindSafe) && implements!(LocalExecutor: RefUnwindSafe));
    assert!(implements!(Tasks<fn(Runnable)>: UnwindSafe) && implements!(Tasks<fn(Runnable)>: RefUnwindSafe));
    assert!(implements!(Runnable: UnwindSafe) && implements!(TaskInfo: UnwindSafe) && implements!(TaskId: UnwindSafe));
}

#[test]
fn errors_are_errors_and_copies_are_copies() {
    type Boxed = Box<dyn std::error::Error + Send + Sync>;

    assert!(implements!(JoinError<Rc<u8>>: std::error::Error) && implements!(SpawnError<Rc<u8>>: std::error::Error));
    assert!(implements!(Boxed: From<SpawnError<u8>>));
    assert!(implements!(TaskId: Copy) && implements!(Refusal: Copy) && implements!(TaskId: Ord));
    assert!(implements!(TaskRef: Clone) && implements!(AbortHandle: Clone) && implements!(Registry: Clone));
    assert!(!implements!(JoinHandle<u8>: Clone) && !implements!(Claim<BoxStorage>: Clone));
}

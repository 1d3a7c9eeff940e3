//! How executors end: with their thread, inside a task of another executor, in large numbers, and never.

use std::{
    cell::{Cell, RefCell},
    future::pending,
    mem,
    rc::Rc,
    sync::{Mutex, atomic::AtomicPtr},
    thread,
};

use flagstone::task::{JoinHandle, LocalExecutor, Spawner, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, elsewhere, joined, poll_once, sleeper},
    value::Ledger,
};

on_every_storage! {
    an_executor_in_a_thread_local_ends_with_its_thread
    a_forgotten_executor_does_no_harm
    an_executor_may_be_dropped_inside_another_ones_task
    many_executors_come_and_go
}

fn an_executor_in_a_thread_local_ends_with_its_thread<M: Stored>() {
    struct Local<M: Stored> {
        executor: RefCell<Option<LocalExecutor<M>>>,
    }

    // There are no generic statics.
    fn run<M: Stored>(
        local: &'static thread::LocalKey<Local<M>>,
        used_before: bool,
    ) -> (JoinHandle<u8>, JoinHandle<u8>, Spawner<M>, usize) {
        let ledger = Ledger::new();
        let handles = elsewhere(|| {
            // Thread-locals are dropped in the order in which they were first used, or in reverse: the crate has its
            // own.
            if used_before {
                local.with(|_| ());
            } else {
                drop(M::executor().spawn(async {}));
            }
            let executor = M::executor();
            local.with(|local| {
                let [kept, dropped] = [(); 2].map(|()| ledger.value());
                let finished = executor.spawn(async { 7 });
                executor.spawn(async move { (pending::<()>().await, kept).1 }).detach();
                executor.tick(usize::MAX);
                let sleeping = executor.spawn(async move {
                    pending::<()>().await;
                    dropped.id() as u8
                });
                let spawner = executor.spawner();
                *local.executor.borrow_mut() = Some(executor);
                (finished, sleeping, spawner)
            })
        });
        (handles.0, handles.1, handles.2, ledger.dropped())
    }

    thread_local! {
        static SLAB: Local<crate::storages::Slab> = const { Local { executor: RefCell::new(None) } };
        static BOXED: Local<crate::storages::Boxed> = const { Local { executor: RefCell::new(None) } };
    }
    fn check<M: Stored>(ended: (JoinHandle<u8>, JoinHandle<u8>, Spawner<M>, usize)) {
        let (finished, sleeping, spawner, dropped) = ended;
        assert_eq!(dropped, 2, "its thread has dropped the futures");
        assert_eq!(joined(finished).unwrap(), 7);
        assert!(joined(sleeping).unwrap_err().is_shut_down());
        assert!(spawner.try_spawn(async {}).is_err());
    }
    for used_before in [true, false] {
        if std::any::TypeId::of::<M>() == std::any::TypeId::of::<crate::storages::Slab>() {
            check(run(&SLAB, used_before));
        } else {
            check(run(&BOXED, used_before));
        }
    }
}

fn a_forgotten_executor_does_no_harm<M: Stored>() {
    let drops = Rc::new(Cell::new(0));
    let executor = M::executor();
    let (sleeping, waker) = sleeper(&executor);
    let (counted, finished) = (Rc::clone(&drops), executor.spawn(async { 7 }));
    executor
        .spawn(async move {
            let _counted = OnDrop(move || counted.set(counted.get() + 1));
            pending::<()>().await;
        })
        .detach();
    executor.tick(usize::MAX);
    let (spawner, registry) = (executor.spawner(), executor.registry());
    // Leaked, except that leak detectors find it here.
    static FORGOTTEN: Mutex<Vec<AtomicPtr<()>>> = Mutex::new(Vec::new());
    FORGOTTEN.lock().unwrap().push(AtomicPtr::new(Box::into_raw(Box::new(executor)).cast()));
    elsewhere(|| waker.wake_by_ref());
    assert!(sleeping.cancel());
    assert_eq!(joined(finished).unwrap(), 7);
    let late = spawner.try_spawn(async {});
    assert!(registry.len() >= 2 && !sleeping.is_finished());
    elsewhere(move || drop((waker, sleeping, spawner, registry)));
    drop(late);
    assert_eq!(drops.get(), 0);
}

fn an_executor_may_be_dropped_inside_another_ones_task<M: Stored>() {
    let ledger = Ledger::new();
    let (outer, inner) = (M::executor(), M::executor());
    let value = ledger.value();
    let mut handle = inner.spawn(async move { (value, pending::<()>().await).1 });
    inner.tick(1);
    let task = outer.spawn(async move {
        yield_now().await;
        assert!(poll_once(&mut handle).is_pending());
        drop(inner);
        handle.await.unwrap_err().is_shut_down()
    });
    assert!(outer.block_on(task).unwrap());
    assert_eq!(ledger.dropped(), 1);
}

fn many_executors_come_and_go<M: Stored>() {
    let ledger = Ledger::new();
    let mut left = Vec::new();
    for round in 0..300 {
        let executor = M::executor();
        let (value, other) = (ledger.value(), ledger.value());
        let (handle, sleeping) =
            (executor.spawn(async move { value }), executor.spawn(async move { (pending::<()>().await, other).1 }));
        executor.tick(2);
        left.push((handle, sleeping.task().waker(), executor.spawner()));
        if round % 7 == 0 {
            let left = mem::take(&mut left);
            elsewhere(move || drop(left));
        }
    }
}

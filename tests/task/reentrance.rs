//! Tasks that use their own executor, and other tasks, from inside their polls and destructors.

use std::{
    cell::{Cell, RefCell},
    future::{Future, pending},
    rc::Rc,
};

use flagstone::task::{JoinHandle, LocalSpawner, Refusal, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, attempt},
    value::Ledger,
};

on_every_storage! {
    a_task_spawns_in_its_poll
    a_task_spawns_in_its_destructor
    a_task_that_spawns_while_the_executor_is_dropped_is_refused
    a_task_cancels_and_drops_others_in_its_destructor
    tasks_join_each_other_in_a_ring
    a_task_blocks_on_another_executor
    a_tree_of_tasks_spawns_and_joins
    an_output_that_spawns_in_its_destructor
}

fn a_task_spawns_in_its_poll<M: Stored>() {
    let executor = M::executor();
    let (spawner, done) = (executor.local_spawner(), Rc::new(Cell::new(0)));
    fn spawn<M: Stored>(spawner: LocalSpawner<M>, done: Rc<Cell<usize>>, depth: usize) -> JoinHandle<()> {
        let inner = spawner.clone();
        spawner.spawn(async move {
            done.set(done.get() + 1);
            if depth > 0 {
                let one = spawn(inner.clone(), Rc::clone(&done), depth - 1);
                spawn(inner, done, depth - 1).detach();
                one.await.unwrap();
            }
        })
    }
    executor.block_on(spawn(spawner, Rc::clone(&done), 6)).unwrap();
    executor.tick(usize::MAX);
    assert_eq!((done.get(), executor.len()), ((1 << 7) - 1, 0));
}

fn a_task_spawns_in_its_destructor<M: Stored>() {
    let executor = M::small_executor(2);
    let done = Rc::new(Cell::new(0));
    for cancelled in [false, true] {
        let (spawner, counted) = (executor.local_spawner(), Rc::clone(&done));
        let spawns = OnDrop(move || {
            let counted = Rc::clone(&counted);
            spawner.spawn(async move { counted.set(counted.get() + 1) }).detach();
        });
        let handle = executor.spawn(async move {
            let _spawns = spawns;
            if cancelled {
                pending::<()>().await;
            }
        });
        executor.tick(1);
        assert!(handle.cancel() == cancelled);
        executor.tick(usize::MAX);
        drop(handle);
    }
    assert_eq!((done.get(), executor.len()), (2, 0));
}

fn a_task_that_spawns_while_the_executor_is_dropped_is_refused<M: Stored>() {
    let ledger = Rc::new(Ledger::new());
    let refused = Rc::new(RefCell::new(Vec::new()));
    let executor = M::executor();
    for queued in [true, false] {
        let (spawner, other) = (executor.local_spawner(), executor.spawner());
        let (reasons, ledger) = (Rc::clone(&refused), Rc::clone(&ledger));
        let spawns = OnDrop(move || {
            let value = ledger.value();
            match spawner.try_spawn(async move { drop(value) }) {
                // Spawned too late to run: it is dropped with all others.
                Ok(handle) => handle.detach(),
                Err(error) => reasons.borrow_mut().push(error.reason()),
            }
            let value = ledger.value();
            match other.try_spawn(async move { drop(value) }) {
                Ok(handle) => handle.detach(),
                Err(error) => reasons.borrow_mut().push(error.reason()),
            }
            assert!(spawner.try_claim().is_none_or(|claim| claim.spawn(async {}).is_err()));
        });
        let handle = executor.spawn(async move {
            let _spawns = spawns;
            pending::<()>().await;
        });
        handle.detach();
        if !queued {
            executor.tick(usize::MAX);
        }
    }
    drop(executor);
    assert!(refused.borrow().iter().all(|&reason| reason == Refusal::ShutDown), "{refused:?}");
    assert_eq!(ledger.dropped(), 4);
    assert_eq!(Rc::strong_count(&ledger), 1);
}

fn a_task_cancels_and_drops_others_in_its_destructor<M: Stored>() {
    let ledger = Ledger::new();
    for ends_by_shutdown in [false, true] {
        let executor = M::executor();
        let others: Vec<_> = (0..4)
            .map(|_| {
                let value = ledger.value();
                executor.spawn(async move {
                    pending::<()>().await;
                    value
                })
            })
            .collect();
        let mut others = Some(others);
        let first = executor.spawn(async move {
            let _last = OnDrop(move || {
                for other in others.take().into_iter().flatten() {
                    other.cancel();
                }
            });
            yield_now().await;
            if ends_by_shutdown {
                pending::<()>().await;
            }
        });
        executor.tick(4);
        first.detach();
        if !ends_by_shutdown {
            executor.tick(usize::MAX);
            assert_eq!(executor.len(), 0);
        }
        drop(executor);
    }
    assert_eq!(ledger.dropped(), 8);
}

fn tasks_join_each_other_in_a_ring<M: Stored>() {
    const TASKS: usize = 5;

    let executor = M::executor();
    let handles: Rc<RefCell<Vec<Option<JoinHandle<usize>>>>> = Rc::default();
    let mut tasks = Vec::new();
    for index in 0..TASKS {
        let all = Rc::clone(&handles);
        let handle = executor.spawn(async move {
            let next = all.borrow_mut()[(index + 1) % TASKS].take().unwrap();
            next.await.unwrap_or(100) + index
        });
        tasks.push(handle.task());
        handles.borrow_mut().push(Some(handle));
    }
    executor.tick(usize::MAX);
    assert_eq!(executor.len(), TASKS, "each waits for another one");
    assert!(tasks[2].cancel());
    executor.tick(usize::MAX);
    assert!(tasks.iter().all(flagstone::task::TaskRef::is_finished));
    assert_eq!(executor.registry().tasks().len(), 0);
}

fn a_task_blocks_on_another_executor<M: Stored>() {
    let executor = M::executor();
    let handle = executor.spawn(async {
        let inner = M::executor();
        let task = inner.spawn(async {
            yield_now().await;
            7
        });
        let seven = inner.block_on(task).unwrap();
        yield_now().await;
        inner.block_on(async { yield_now().await });
        seven
    });
    assert_eq!(executor.block_on(handle).unwrap(), 7);
    // On its own executor: whatever the task does, both go on afterwards.
    let shared = Rc::new(M::executor());
    let also = Rc::clone(&shared);
    let handle = shared.spawn(async move { attempt(|| also.block_on(async { 7 })).map_or(7, |seven| seven) });
    assert_eq!(shared.block_on(handle).unwrap(), 7);
    assert_eq!(shared.block_on(shared.spawn(async { 8 })).unwrap(), 8);
}

fn a_tree_of_tasks_spawns_and_joins<M: Stored>() {
    fn count<M: Stored>(spawner: LocalSpawner<M>, depth: u32) -> std::pin::Pin<Box<dyn Future<Output = usize>>> {
        Box::pin(async move {
            let children: Vec<_> = (0..depth).map(|_| spawner.spawn(count(spawner.clone(), depth - 1))).collect();
            let mut all = 1;
            for child in children {
                all += child.await.unwrap();
            }
            all
        })
    }
    let executor = M::executor();
    assert_eq!(executor.block_on(count(executor.local_spawner(), 6)), 1957);
    assert_eq!(executor.len(), 0);
}

fn an_output_that_spawns_in_its_destructor<M: Stored>() {
    let executor = M::small_executor(2);
    let done = Rc::new(Cell::new(0));
    for kept in [false, true] {
        let (spawner, counted) = (executor.local_spawner(), Rc::clone(&done));
        let handle = executor.spawn(async move {
            OnDrop(move || {
                let counted = Rc::clone(&counted);
                spawner.spawn(async move { counted.set(counted.get() + 1) }).detach();
            })
        });
        let handle = kept.then_some(handle);
        executor.tick(usize::MAX);
        drop(handle);
        executor.tick(usize::MAX);
        assert_eq!((done.get(), executor.len()), (1 + usize::from(kept), 0));
    }
}

//! Tasks that use their own executor, their own handle, or themselves, from inside their polls and destructors.

use std::{
    cell::{Cell, RefCell},
    future::{Future, pending},
    pin::pin,
    rc::Rc,
    task::{Context, Poll},
};

use flagstone::task::{JoinHandle, LocalExecutor, LocalSpawner, Refusal, TaskRef, TaskState, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, attempt, joined, poll, poll_fn},
    value::Ledger,
};

on_every_storage! {
    a_task_spawns_in_its_poll
    a_task_spawns_in_its_destructor
    a_task_that_spawns_while_the_executor_is_dropped_is_refused
    a_task_cancels_itself
    a_task_awaits_itself
    a_task_drops_its_own_handle
    a_tasks_output_drops_its_own_handle
    a_task_cancels_and_drops_others_in_its_destructor
    a_task_wakes_itself_in_its_destructor
    tasks_join_each_other_in_a_ring
    a_task_lists_all_tasks_and_itself
    a_task_blocks_on_another_executor
    a_tree_of_tasks_spawns_and_joins
    an_output_that_spawns_in_its_destructor
}

/// A task that knows its own handle.
fn with_its_handle<M: Stored, F: Future<Output: 'static> + 'static>(
    executor: &LocalExecutor<M>,
    task: impl FnOnce(Rc<Cell<Option<JoinHandle<F::Output>>>>) -> F,
) -> Rc<Cell<Option<JoinHandle<F::Output>>>> {
    let handle = Rc::new(Cell::new(None));
    handle.set(Some(executor.spawn(task(Rc::clone(&handle)))));
    handle
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
                // Taken too late to run: it is dropped with all others.
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

fn a_task_cancels_itself<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    // Pending after that, woken after that, and ready after that.
    for way in 0..3 {
        let value = ledger.value();
        let polls = Rc::new(Cell::new(0));
        let counted = Rc::clone(&polls);
        let handle = with_its_handle(&executor, |itself| {
            poll_fn(move |context: &mut Context<'_>| {
                counted.set(counted.get() + 1);
                let handle = itself.take().unwrap();
                assert!(handle.cancel());
                assert!(!handle.is_finished());
                itself.set(Some(handle));
                match way {
                    0 => Poll::Pending,
                    1 => {
                        context.waker().wake_by_ref();
                        Poll::Pending
                    }
                    _ => Poll::Ready(value.id()),
                }
            })
        });
        executor.tick(usize::MAX);
        let error = joined(handle.take().unwrap()).unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(error.into_output(), (way == 2).then_some(way));
        assert_eq!((polls.get(), ledger.dropped(), executor.len()), (1, way + 1, 0));
    }
}

fn a_task_awaits_itself<M: Stored>() {
    let executor = M::executor();
    // It never ends; but it is cancelled, and dropped, as any other.
    let waiting = |cancelled: bool| {
        let handle = with_its_handle(&executor, |itself| async move {
            let handle = itself.take().unwrap();
            let task = handle.task();
            let mut handle = pin!(handle);
            poll_fn(|context| {
                assert!(handle.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
            if cancelled {
                task.cancel();
            }
            handle.await.unwrap();
        });
        executor.tick(usize::MAX);
        assert!(handle.take().is_none());
    };
    waiting(true);
    assert_eq!(executor.len(), 0);
    waiting(false);
    assert_eq!(executor.len(), 1);
    executor.registry().tasks().into_iter().for_each(|task| assert!(executor.registry().cancel(task.id)));
    executor.tick(usize::MAX);
    assert_eq!(executor.len(), 0);
    waiting(false);
}

fn a_task_drops_its_own_handle<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    // In its poll, after having been polled itself, and in its destructor.
    for way in 0..3 {
        let value = ledger.value();
        let handle = with_its_handle(&executor, |itself| async move {
            let dropped = Rc::clone(&itself);
            let _last = OnDrop(move || drop(dropped.take()));
            match way {
                0 => drop(itself.take()),
                1 => {
                    let mut handle = itself.take().unwrap();
                    poll_fn(|context| Poll::Ready(poll(&mut handle, context.waker()).is_pending())).await;
                    yield_now().await;
                }
                _ => {}
            }
            value
        });
        executor.tick(usize::MAX);
        assert!(handle.take().is_none());
        assert_eq!((ledger.dropped(), executor.len()), (way + 1, 0));
    }
}

fn a_tasks_output_drops_its_own_handle<M: Stored>() {
    let executor = M::executor();
    // Taken out of the handle, that is; an output that owned its handle for good would own itself, and stay for ever.
    let drops = Rc::new(Cell::new(0));
    let counted = Rc::clone(&drops);
    let handle = with_its_handle(&executor, |itself| async move {
        let output: Box<dyn std::any::Any> = Box::new(OnDrop(move || {
            counted.set(counted.get() + 1);
            drop(itself.take());
        }));
        output
    });
    executor.tick(usize::MAX);
    let finished = handle.take().unwrap();
    assert!(finished.is_finished());
    handle.set(Some(finished));
    drop(handle.take());
    assert_eq!((drops.get(), executor.len()), (1, 0));
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

fn a_task_wakes_itself_in_its_destructor<M: Stored>() {
    let executor = M::small_executor(1);
    for round in 0..20 {
        let cancelled = round % 2 == 0;
        let its_own = Rc::new(RefCell::new(None::<TaskRef>));
        let task = Rc::clone(&its_own);
        let last = OnDrop(move || {
            let task = task.take().unwrap();
            task.waker().wake();
            task.wake();
        });
        let handle = executor.spawn(poll_fn(move |_| {
            let _captured = &last;
            if cancelled { Poll::Pending } else { Poll::Ready(()) }
        }));
        *its_own.borrow_mut() = Some(handle.task());
        executor.tick(usize::MAX);
        assert_eq!(handle.cancel(), cancelled);
        executor.tick(usize::MAX);
        assert!(its_own.borrow().is_none(), "the future was dropped");
        let tick = executor.tick(usize::MAX);
        assert_eq!((tick.polled, tick.has_remaining), (0, false));
        assert_eq!(joined(handle).is_err(), cancelled);
        assert_eq!(executor.len(), 0);
    }
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

fn a_task_lists_all_tasks_and_itself<M: Stored>() {
    let executor = M::executor();
    let registry = executor.registry();
    let handle = with_its_handle(&executor, |itself| async move {
        let handle = itself.take().unwrap();
        let id = handle.id();
        assert_eq!(registry.info(id).unwrap().state, TaskState::Running);
        assert!(registry.tasks().iter().any(|task| task.id == id && task.polls <= 1));
        yield_now().await;
        assert_eq!(registry.get(id).unwrap().info().polls, 2);
        assert!(!registry.to_string().is_empty() && !registry.json().to_string().is_empty());
        itself.set(Some(handle));
    });
    executor.tick(usize::MAX);
    joined(handle.take().unwrap()).unwrap();
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
    // On its own executor: whatever that does, both go on afterwards.
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

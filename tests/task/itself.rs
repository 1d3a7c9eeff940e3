//! Tasks that act on themselves.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::pin,
    rc::Rc,
    task::{Context, Poll},
};

use flagstone::task::{JoinHandle, LocalExecutor, TaskRef, TaskState, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, joined, poll, poll_fn},
    value::Ledger,
};

on_every_storage! {
    a_task_cancels_itself
    a_task_awaits_itself
    a_task_drops_its_own_handle
    a_tasks_output_drops_its_own_handle
    a_task_wakes_itself_in_its_destructor
    a_task_lists_all_tasks_and_itself
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
    // It never ends; but it is cancelled, and dropped, like any other task.
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
    // The output is taken out of the handle first: an output that kept its handle would own itself, and be leaked.
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

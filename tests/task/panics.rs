//! Panics in user code: joiners' wakers and destructors, at a task's end and at shutdown.

use std::{
    cell::Cell,
    future::pending,
    rc::Rc,
    sync::{Arc, Mutex, mpsc},
    task::Poll,
};

use flagstone::task::{JoinHandle, Runnable, Tasks};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, asleep, attempt, elsewhere, joined, poll, poll_fn, said, sleeper},
    value::Ledger,
    wakers::{Fuse, Panics, Wakes},
};

on_every_storage! {
    a_joiners_waker_that_panics_does_no_harm
    a_joiners_waker_that_panics_while_the_executor_is_dropped_does_no_harm
    a_joiners_waker_that_panics_in_its_drop_does_not_stay
    a_joiner_that_changes_its_waker_is_woken_with_the_last_one
    every_future_is_dropped_though_each_destructor_panics
    panics_of_outputs_nobody_wants_go_nowhere
    a_panic_in_a_main_future_leaves_the_executor_whole
    a_payload_that_panics_in_its_drop_does_no_harm
    a_panic_while_a_panic_unwinds_the_executor_drops_all
    a_schedulers_panic_loses_no_future
}

fn a_joiners_waker_that_panics_does_no_harm<M: Stored>() {
    let ledger = Ledger::new();
    for panics in Panics::ALL {
        for cancelled in [false, true] {
            let executor = M::executor();
            let fuse = Fuse::new(panics, 0);
            let value = ledger.value();
            let mut handle = executor.spawn(async move { value });
            let waker = fuse.waker();
            let polled = attempt(|| poll(&mut handle, &waker).is_pending());
            assert_eq!(polled.is_err(), panics == Panics::Clone, "{panics:?}");
            let _ = attempt(|| drop(waker));
            let bystander = executor.spawn(async { 7 });
            if cancelled {
                assert!(handle.cancel());
            }
            // The executor does not panic.
            let tick = attempt(|| executor.tick(usize::MAX)).expect("a joiner's panic is the joiner's");
            assert_eq!(tick.completed, 2, "{panics:?}");
            assert!(fuse.has_panicked(), "{panics:?}");
            assert_eq!(joined(bystander).unwrap(), 7);
            assert_eq!(joined(handle).is_err_and(|error| error.is_cancelled()), cancelled, "{panics:?}");
            assert_eq!((executor.len(), fuse.alive()), (0, 0), "{panics:?}: a task or a waker is left");
        }
    }
}

fn a_joiners_waker_that_panics_while_the_executor_is_dropped_does_no_harm<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let mut handles = Vec::new();
    let wakes = Wakes::new();
    for round in 0..6 {
        let value = ledger.value();
        let mut handle = executor.spawn(async move {
            let _value = value;
            pending::<()>().await;
        });
        let fuse = Fuse::new(Panics::Wake, 0);
        let waker = if round % 2 == 0 { fuse.waker() } else { wakes.waker() };
        assert!(poll(&mut handle, &waker).is_pending());
        handles.push(handle);
    }
    attempt(|| drop(executor)).expect("a joiner's panic is the joiner's");
    assert_eq!((ledger.dropped(), wakes.count()), (6, 3));
    for handle in handles {
        assert!(joined(handle).unwrap_err().is_shut_down());
    }
}

fn a_joiners_waker_that_panics_in_its_drop_does_not_stay<M: Stored>() {
    let executor = M::executor();
    // Replaced by another waker, and dropped with the handle.
    let fuses = [Fuse::new(Panics::Drop, 1), Fuse::new(Panics::Drop, 1)];
    let (mut handle, waker) = sleeper(&executor);
    for fuse in &fuses {
        let waker = fuse.waker();
        let _ = attempt(|| poll(&mut handle, &waker).is_pending());
        drop(waker);
    }
    let _ = attempt(|| drop(handle));
    waker.wake();
    attempt(|| executor.tick(usize::MAX)).expect("no task is woken");
    assert_eq!(executor.len(), 0);
    assert!(fuses.iter().all(|fuse| fuse.alive() == 0), "a waker is left");
}

fn a_joiner_that_changes_its_waker_is_woken_with_the_last_one<M: Stored>() {
    let executor = M::executor();
    let (mut handle, waker) = sleeper(&executor);
    let wakes: Vec<_> = (0..4).map(|_| Wakes::new()).collect();
    for index in [0, 1, 1, 2, 0, 3] {
        assert!(poll(&mut handle, &wakes[index].waker()).is_pending());
    }
    // Then moved to another thread, and polled there.
    let handle = elsewhere(|| {
        let mut handle = handle;
        assert!(poll(&mut handle, &wakes[2].waker()).is_pending());
        handle
    });
    waker.wake();
    executor.tick(usize::MAX);
    assert_eq!(wakes.iter().map(|wakes| wakes.count()).collect::<Vec<_>>(), [0, 0, 1, 0]);
    joined(handle).unwrap();
    assert!(wakes.iter().all(|wakes| Arc::strong_count(wakes) == 1), "a waker is left");
}

fn every_future_is_dropped_though_each_destructor_panics<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let handles: Vec<_> = (0..9)
        .map(|round| {
            let bomb = ledger.bomb();
            let handle = executor.spawn(async move {
                let _bomb = bomb;
                pending::<()>().await;
            });
            (round % 3 > 0).then_some(handle)
        })
        .collect();
    executor.tick(5);
    let _ = attempt(|| drop(executor));
    assert_eq!(ledger.dropped(), 9);
    for handle in handles.into_iter().flatten() {
        let error = joined(handle).unwrap_err();
        assert!(error.is_panic() || error.is_shut_down());
    }
}

fn panics_of_outputs_nobody_wants_go_nowhere<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    for _ in 0..4 {
        let bomb = ledger.bomb();
        executor.spawn(async move { bomb }).detach();
    }
    let tick = attempt(|| executor.tick(usize::MAX)).expect("the outputs are not joined");
    assert_eq!((tick.polled, tick.completed, executor.len(), ledger.dropped()), (4, 4, 0, 4));
    // Cancelled as it completed, and no joiner asks.
    let bomb = ledger.bomb();
    let task = Rc::new(Cell::new(None::<JoinHandle<_>>));
    let its_own = Rc::clone(&task);
    task.set(Some(executor.spawn(async move {
        let handle = its_own.take().unwrap();
        assert!(handle.cancel());
        drop(handle);
        bomb
    })));
    attempt(|| executor.tick(usize::MAX)).expect("the outputs are not joined");
    assert_eq!((executor.len(), ledger.dropped()), (0, 5));
}

fn a_panic_in_a_main_future_leaves_the_executor_whole<M: Stored>() {
    let executor = M::executor();
    let (sleeping, waker) = sleeper(&executor);
    for _ in 0..3 {
        let panicked = attempt(|| executor.block_on(async { panic!("the main future") }));
        assert_eq!(said(&*panicked.unwrap_err()), "the main future");
        assert_eq!(executor.block_on(executor.spawn(async { 7 })).unwrap(), 7);
    }
    elsewhere(|| waker.wake());
    executor.block_on(sleeping).unwrap();
    assert_eq!(executor.len(), 0);
}

fn a_payload_that_panics_in_its_drop_does_no_harm<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    for joined_first in [false, true] {
        let bomb = Mutex::new(ledger.bomb());
        let handle = executor.spawn(async move { std::panic::panic_any(bomb) });
        if joined_first {
            executor.tick(usize::MAX);
            let error: flagstone::task::JoinError<()> = joined(handle).unwrap_err();
            attempt(|| drop(error)).unwrap_err();
        } else {
            drop(handle);
            attempt(|| executor.tick(usize::MAX)).expect("the payload is not joined");
        }
        assert_eq!(executor.len(), 0);
    }
    assert_eq!(executor.block_on(executor.spawn(async { 7 })).unwrap(), 7);
}

fn a_panic_while_a_panic_unwinds_the_executor_drops_all<M: Stored>() {
    let ledger = Ledger::new();
    let handles = Cell::new(Vec::new());
    attempt(|| {
        let executor = M::executor();
        for _ in 0..3 {
            let value = ledger.value();
            let handle = executor.spawn(async move {
                let _value = value;
                pending::<()>().await;
            });
            let mut all = handles.take();
            all.push(handle);
            handles.set(all);
        }
        executor.tick(2);
        executor.block_on(async { panic!("and the executor is dropped by it") })
    })
    .unwrap_err();
    assert_eq!(ledger.dropped(), 3);
    for handle in handles.take() {
        assert!(joined(handle).unwrap_err().is_shut_down());
    }
}

fn a_schedulers_panic_loses_no_future<M: Stored>() {
    let ledger = Ledger::new();
    let queue = Arc::new(Mutex::new(Vec::<Runnable>::new()));
    let (push, (sender, panics)) = (Arc::clone(&queue), mpsc::channel::<()>());
    let panics = Mutex::new(panics);
    let tasks = Tasks::with_storage(
        move |task| {
            assert!(panics.lock().unwrap().try_recv().is_err(), "a scheduler panics");
            push.lock().unwrap().push(task);
        },
        M::unbounded(),
    );
    // At spawn, at a wake, and after a poll.
    sender.send(()).unwrap();
    let value = ledger.value();
    let spawned = attempt(|| tasks.spawn(async move { drop(value) }));
    if let Ok(handle) = spawned {
        assert!(joined(handle).unwrap_err().is_shut_down());
    }
    assert_eq!((ledger.dropped(), tasks.len()), (1, 0));
    let value = ledger.value();
    let (wakers, waiting) = mpsc::channel();
    let handle = tasks.spawn(async move {
        let _value = value;
        asleep(|waker| wakers.send(waker).unwrap()).await;
    });
    let task = queue.lock().unwrap().pop().unwrap();
    assert!(!task.run());
    sender.send(()).unwrap();
    let _ = attempt(|| waiting.recv().unwrap().wake());
    assert_eq!(ledger.dropped(), 2, "its runnable was dropped");
    assert!(joined(handle).unwrap_err().is_shut_down());
    let value = ledger.value();
    let handle = tasks.spawn(poll_fn(move |context| {
        value.id();
        context.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    let task = queue.lock().unwrap().pop().unwrap();
    sender.send(()).unwrap();
    let _ = attempt(|| task.run());
    assert_eq!(ledger.dropped(), 3, "its runnable was dropped");
    let _last = OnDrop(|| assert!(queue.lock().unwrap().is_empty()));
    assert!(joined(handle).unwrap_err().is_shut_down());
}

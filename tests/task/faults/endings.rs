//! Faults 4, 7, 11, 12, 15: how tasks end.

use std::{
    cell::RefCell,
    future::pending,
    rc::Rc,
    sync::mpsc,
    task::{Context, Poll, Waker},
};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, asleep, attempt, elsewhere, joined, poll, poll_fn, said},
    value::Ledger,
    wakers::Wakes,
};

on_every_storage! {
    fault_04_an_executor_is_used_again_after_a_task_panicked
    fault_07_cancelling_a_sleeping_task_drops_its_future_and_wakes_its_joiner
    fault_11_after_a_panic_a_task_has_its_own_waker
    fault_11_after_a_panic_in_a_nested_executor_the_outer_task_has_its_own_waker
    fault_12_an_executor_that_is_dropped_drops_its_queued_tasks
    fault_15_a_task_that_panics_gives_its_slot_back
}

fn fault_04_an_executor_is_used_again_after_a_task_panicked<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let value = ledger.value();
    let bystander = executor.spawn(async move {
        for _ in 0..5 {
            flagstone::task::yield_now().await;
        }
        value
    });
    for round in 0..3 {
        let value = ledger.value();
        let panicking = executor.spawn(async move {
            let _value = value;
            flagstone::task::yield_now().await;
            panic!("round {round}");
        });
        let error = executor.block_on(panicking).unwrap_err();
        assert!(error.is_panic() && !error.is_cancelled() && !error.is_shut_down());
        assert_eq!(said(&*error.into_panic()), format!("round {round}"));
        assert_eq!(executor.block_on(executor.spawn(async { 7 })).unwrap(), 7);
    }
    assert_eq!(executor.block_on(bystander).unwrap().id(), 0);
    assert_eq!(executor.len(), 0);
}

fn fault_07_cancelling_a_sleeping_task_drops_its_future_and_wakes_its_joiner<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    for way in 0..5 {
        let value = ledger.value();
        let mut handle = executor.spawn(async move {
            pending::<()>().await;
            drop(value);
        });
        let (wakes, id) = (Wakes::new(), handle.id());
        executor.tick(usize::MAX);
        assert!(poll(&mut handle, &wakes.waker()).is_pending());
        assert!(match way {
            0 => handle.cancel(),
            1 => handle.abort_handle().abort(),
            2 => handle.task().cancel(),
            3 => executor.registry().cancel(id),
            _ => elsewhere(|| handle.cancel()),
        });
        let tick = executor.tick(usize::MAX);
        assert_eq!((tick.polled, tick.completed), (0, 1), "{tick:?}");
        assert_eq!((ledger.dropped(), wakes.count()), (way + 1, 1));
        let error = joined(handle).unwrap_err();
        assert!(error.is_cancelled() && error.output().is_none());
        assert_eq!(executor.len(), 0);
    }
}

fn fault_11_after_a_panic_a_task_has_its_own_waker<M: Stored>() {
    let executor = M::executor();
    let (sender, receiver) = mpsc::channel::<Waker>();
    let kept = sender.clone();
    let panicking = executor.spawn(poll_fn(move |context: &mut Context<'_>| {
        let (kept, waker) = (kept.clone(), context.waker());
        // The waker is used while the panic unwinds too.
        let _used = OnDrop(|| {
            waker.wake_by_ref();
            kept.send(waker.clone()).unwrap();
        });
        panic!("in the poll");
        #[allow(unreachable_code, reason = "the type of the closure")]
        Poll::Ready(())
    }));
    assert!(executor.block_on(panicking).unwrap_err().is_panic());
    let of_the_dead = receiver.recv().unwrap();

    let sleeping = executor.spawn(async move { asleep(|waker| sender.send(waker).unwrap()).await });
    executor.tick(usize::MAX);
    let of_the_living = receiver.recv().unwrap();
    assert!(!of_the_dead.will_wake(&of_the_living));
    of_the_dead.wake();
    assert_eq!(executor.tick(usize::MAX).polled, 0);
    of_the_living.wake();
    assert_eq!(executor.tick(usize::MAX).polled, 1);
    joined(sleeping).unwrap();
}

fn fault_11_after_a_panic_in_a_nested_executor_the_outer_task_has_its_own_waker<M: Stored>() {
    let executor = M::executor();
    let outer = executor.spawn(poll_fn(|context: &mut Context<'_>| {
        let nested = M::executor();
        attempt(|| nested.block_on(async { panic!("the main future of the nested one") })).unwrap_err();
        let error = nested.block_on(nested.spawn(async { panic!("a task of the nested one") })).unwrap_err();
        assert!(error.is_panic());
        context.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    let polls = |count| {
        for _ in 0..count {
            assert_eq!(executor.tick(1).polled, 1);
        }
    };
    polls(3);
    assert_eq!(outer.task().info().polls, 3);
    assert!(outer.cancel());
    executor.tick(usize::MAX);
    assert!(joined(outer).unwrap_err().is_cancelled());
}

fn fault_12_an_executor_that_is_dropped_drops_its_queued_tasks<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let wakers = Rc::new(RefCell::new(Vec::new()));
    let mut handles = Vec::new();
    let sleep = |count: usize, handles: &mut Vec<_>| {
        for _ in 0..count {
            let (value, wakers) = (ledger.value(), Rc::clone(&wakers));
            handles.push(executor.spawn(async move {
                asleep(|waker| wakers.borrow_mut().push(waker)).await;
                drop(value);
            }));
        }
    };
    sleep(12, &mut handles);
    executor.tick(usize::MAX);
    // Four are woken here, four elsewhere, two are cancelled, one was spawned elsewhere, four never ran.
    wakers.borrow()[..4].iter().for_each(Waker::wake_by_ref);
    let there = wakers.borrow()[4..8].to_vec();
    elsewhere(move || there.into_iter().for_each(Waker::wake));
    assert!(handles[8].cancel());
    elsewhere(|| assert!(handles[9].cancel()));
    let (spawner, value) = (executor.spawner(), ledger.value());
    elsewhere(move || spawner.spawn(async move { drop(value) }).detach());
    sleep(4, &mut handles);
    // With and without a joiner that waits.
    for mut handle in handles.drain(..8) {
        assert!(poll(&mut handle, Waker::noop()).is_pending());
    }
    assert_eq!(ledger.dropped(), 0);
    drop(executor);
    assert_eq!(ledger.dropped(), 17);
    for handle in handles {
        assert!(handle.is_finished());
        let error = joined(handle).unwrap_err();
        assert!(error.is_shut_down() || error.is_cancelled());
    }
    assert_eq!(Rc::strong_count(&wakers), 1, "futures that never ran were dropped too");
}

fn fault_15_a_task_that_panics_gives_its_slot_back<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::small_executor(2);
    for round in 0..100 {
        let value = if round % 3 == 0 { ledger.value() } else { ledger.bomb() };
        let handle = match round % 3 {
            0 => executor.spawn(async move {
                drop(value);
                panic!("in the poll");
            }),
            // A future whose destructor panics.
            1 => executor.spawn(poll_fn(move |_| {
                value.id();
                Poll::Ready(())
            })),
            _ => executor.spawn(async move {
                let _value = value;
                pending().await
            }),
        };
        executor.tick(usize::MAX);
        if round % 3 == 2 {
            assert!(handle.cancel());
            executor.tick(usize::MAX);
        }
        if round % 2 == 0 {
            drop(handle);
        } else {
            assert!(joined(handle).unwrap_err().is_panic());
        }
        assert_eq!(executor.len(), 0);
    }
}

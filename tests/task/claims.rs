//! Claims: a slot first, and then its task.

use std::{
    cell::{Cell, RefCell},
    future::pending,
    rc::Rc,
    sync::Arc,
    task::Poll,
};

use flagstone::task::{LocalExecutor, Refusal, SlabStorage, TaskState};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{attempt, elsewhere, joined, poll, poll_once, sleeper},
    value::Ledger,
    wakers::{Fuse, Panics, Wakes},
};

on_every_storage! {
    a_claims_id_is_its_tasks_id
    a_claim_that_is_dropped_gives_its_slot_back_at_once
    claim_waits_until_a_slot_is_free
    a_waiting_claim_is_woken_by_each_way_in_which_a_slot_becomes_free
    waiting_claims_are_all_served
    a_waiting_claim_that_is_dropped_takes_no_slot_and_no_wake
    a_waiting_claim_whose_waker_panics_does_no_harm
    a_waiting_claims_panic_stops_neither_executor_nor_shutdown
    claims_wait_in_tasks_too
    a_claim_whose_closure_panics_gives_its_slot_back
    a_claim_spawns_what_is_not_send
}

fn a_claims_id_is_its_tasks_id<M: Stored>() {
    let executor = M::small_executor(2);
    let (first, second) = (executor.try_claim().unwrap(), executor.local_spawner().try_claim().unwrap());
    let ids = (first.id(), second.id());
    assert_ne!(ids.0, ids.1);
    // No task is in the slots yet.
    assert!(executor.registry().get(ids.0).is_none() && executor.registry().tasks().is_empty());
    let (second, first) = (second.spawn(async { 2 }).unwrap(), first.spawn_with(|| async { 1 }).unwrap());
    assert_eq!((first.id(), second.id()), ids);
    assert_eq!(executor.registry().info(ids.0).unwrap().state, TaskState::Scheduled);
    assert_eq!(executor.block_on(async { (first.await.unwrap(), second.await.unwrap()) }), (1, 2));
}

fn a_claim_that_is_dropped_gives_its_slot_back_at_once<M: Stored>() {
    let executor = M::small_executor(1);
    let mut ids = std::collections::HashSet::new();
    for _ in 0..100 {
        let claim = executor.try_claim().expect("the last one was given back");
        assert!(ids.insert(claim.id()), "an id came twice");
        assert!(executor.try_claim().is_none());
    }
    assert_eq!(executor.len(), 0);
}

fn claim_waits_until_a_slot_is_free<M: Stored>() {
    let executor = M::small_executor(1);
    let (spawner, order) = (executor.local_spawner(), Rc::new(RefCell::new(Vec::new())));
    executor.block_on(async {
        for number in 0..10 {
            let claim = spawner.claim().await;
            let noted = Rc::clone(&order);
            let handle = claim.spawn(async move {
                flagstone::task::yield_now().await;
                noted.borrow_mut().push(number);
            });
            handle.unwrap().detach();
        }
        drop(spawner.claim().await);
    });
    assert_eq!(order.take(), (0..10).collect::<Vec<_>>());
}

fn a_waiting_claim_is_woken_by_each_way_in_which_a_slot_becomes_free<M: Stored>() {
    let executor = M::small_executor(1);
    for way in 0..8 {
        let held = (way == 0).then(|| executor.try_claim().unwrap());
        let sleeping = (way > 0).then(|| sleeper(&executor));
        let (mut waiting, wakes) = (Box::pin(executor.claim()), Wakes::new());
        assert!(poll(&mut waiting, &wakes.waker()).is_pending() && wakes.count() == 0);
        if let Some((handle, waker)) = sleeping {
            let task = handle.task();
            match way {
                // Completed, and its handle was dropped before.
                1 => drop((handle, task, waker.wake())),
                // Cancelled.
                2 => drop((handle.cancel(), handle, task, waker)),
                _ => {
                    waker.wake_by_ref();
                    executor.tick(usize::MAX);
                    assert_eq!(wakes.count(), 0, "the slot is not free");
                    match way {
                        // The last to be dropped is the handle, a waker, or a reference; here or elsewhere.
                        3 => drop((task, waker, handle)),
                        4 => drop((handle, task, waker)),
                        5 => elsewhere(move || drop((task, waker, handle))),
                        6 => elsewhere(move || drop((handle, task, waker))),
                        _ => elsewhere(move || drop((handle, waker, task))),
                    }
                }
            }
        }
        drop(held);
        executor.tick(usize::MAX);
        assert!(wakes.count() > 0, "way {way}: the claim was not woken");
        let Poll::Ready(claim) = poll(&mut waiting, &wakes.waker()) else { panic!("way {way}: there is a slot") };
        assert!(executor.try_claim().is_none());
        drop(claim);
    }
}

fn waiting_claims_are_all_served<M: Stored>() {
    const WAITING: usize = 20;

    let executor = M::small_executor(WAITING + 2);
    let held = [(); 2].map(|()| executor.try_claim().unwrap());
    let served = Rc::new(Cell::new(0));
    for _ in 0..WAITING {
        let (spawner, served) = (executor.local_spawner(), Rc::clone(&served));
        let task = async move {
            let claim = spawner.claim().await;
            served.set(served.get() + 1);
            flagstone::task::yield_now().await;
            drop(claim);
        };
        executor.spawn(task).detach();
    }
    executor.tick(WAITING);
    assert_eq!(served.get(), 0);
    drop(held);
    executor.tick(usize::MAX);
    assert_eq!((served.get(), executor.len()), (WAITING, 0));
}

fn a_waiting_claim_that_is_dropped_takes_no_slot_and_no_wake<M: Stored>() {
    let executor = M::small_executor(1);
    let held = executor.try_claim().unwrap();
    let (mut first, mut second) = (Box::pin(executor.claim()), Box::pin(executor.claim()));
    let (first_wakes, second_wakes) = (Wakes::new(), Wakes::new());
    assert!(poll(&mut first, &first_wakes.waker()).is_pending());
    assert!(poll(&mut second, &second_wakes.waker()).is_pending());
    drop(first);
    drop(held);
    assert_eq!(second_wakes.count(), 1, "the claim that still waits is woken");
    assert_eq!(Arc::strong_count(&first_wakes), 1, "a waker is kept with which no claim waits");
    assert!(poll(&mut second, &second_wakes.waker()).is_ready());

    // A claim that was woken and is dropped instead of being polled passes the wake on.
    let held = executor.try_claim().unwrap();
    let (mut first, mut second) = (Box::pin(executor.claim()), Box::pin(executor.claim()));
    let (first_wakes, second_wakes) = (Wakes::new(), Wakes::new());
    assert!(poll(&mut first, &first_wakes.waker()).is_pending());
    assert!(poll(&mut second, &second_wakes.waker()).is_pending());
    drop(held);
    drop(first);
    assert!(second_wakes.count() > 0, "there is a slot, and the claim that waits for it sleeps");
    assert!(poll(&mut second, &second_wakes.waker()).is_ready());
}

fn a_waiting_claim_whose_waker_panics_does_no_harm<M: Stored>() {
    for panics in Panics::ALL {
        let executor = M::small_executor(1);
        let held = executor.try_claim().unwrap();
        let (mut first, mut second) = (Box::pin(executor.claim()), Box::pin(executor.claim()));
        let (fuse, wakes) = (Fuse::new(panics, 0), Wakes::new());
        let waker = fuse.waker();
        let polled = attempt(|| poll(&mut first, &waker).is_pending());
        assert!(polled.is_err() == (panics == Panics::Clone) || polled.is_ok_and(|pending| pending));
        let _ = attempt(|| drop(waker));
        assert!(poll(&mut second, &wakes.waker()).is_pending());
        let _ = attempt(|| drop(held));
        let _ = attempt(|| drop(first));
        assert!(wakes.count() > 0, "{panics:?}: the other one sleeps for ever");
        let Poll::Ready(claim) = poll(&mut second, &wakes.waker()) else { panic!("{panics:?}: there is a slot") };
        assert_eq!(executor.block_on(claim.spawn(async { 7 }).unwrap()).unwrap(), 7);
        drop(executor);
        assert_eq!(fuse.alive(), 0, "{panics:?}: a waker is left");
    }
}

/// The claim is woken where a slot is freed: at a task's end, here or elsewhere, and when the executor is dropped.
fn a_waiting_claims_panic_stops_neither_executor_nor_shutdown<M: Stored>() {
    for way in 0..4 {
        let ledger = Ledger::new();
        let executor = M::small_executor(2);
        let value = ledger.value();
        let other = executor.spawn(async move { (pending::<()>().await, value).1 });
        let (sleeping, waker) = sleeper(&executor);
        let (mut first, mut second) = (Box::pin(executor.claim()), Box::pin(executor.claim()));
        let (fuse, wakes) = (Fuse::new(Panics::Wake, 0), Wakes::new());
        assert!(poll(&mut first, &fuse.waker()).is_pending());
        assert!(poll(&mut second, &wakes.waker()).is_pending());
        match way {
            0 => {
                sleeping.detach();
                waker.wake();
                attempt(|| executor.tick(usize::MAX)).expect("a waiter's panic is the waiter's");
            }
            1 => {
                waker.wake_by_ref();
                executor.tick(usize::MAX);
                joined(sleeping).unwrap();
                let _ = attempt(|| elsewhere(move || drop(waker)));
            }
            2 => {
                waker.wake_by_ref();
                executor.tick(usize::MAX);
                drop(waker);
                let _ = attempt(|| drop(sleeping));
            }
            _ => drop((sleeping, waker)),
        }
        if way < 3 {
            // The slot is free for the next claim.
            let _ = attempt(|| drop(first));
            assert!(fuse.has_panicked() && wakes.count() > 0, "way {way}");
            assert!(poll(&mut second, &wakes.waker()).is_ready(), "way {way}");
        }
        let _ = attempt(|| drop(executor));
        assert_eq!(ledger.dropped(), 1, "way {way}: the executor's end was not the task's");
        assert!(joined(other).unwrap_err().is_shut_down(), "way {way}");
    }
}

fn claims_wait_in_tasks_too<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::small_executor(2);
    let spawner = executor.local_spawner();
    let values: Vec<_> = (0..20).map(|_| ledger.value()).collect();
    let producer = executor.spawn(async move {
        for value in values {
            let claim = spawner.claim().await;
            claim.spawn(async move { drop(value) }).unwrap().detach();
        }
    });
    executor.block_on(producer).unwrap();
    executor.tick(usize::MAX);
    assert_eq!((ledger.dropped(), executor.len()), (20, 0));
}

fn a_claim_whose_closure_panics_gives_its_slot_back<M: Stored>() {
    let executor = M::small_executor(1);
    for _ in 0..3 {
        let claim = executor.try_claim().unwrap();
        let spawned = attempt(|| claim.spawn_with(|| -> std::future::Pending<()> { panic!("no future") }).is_ok());
        match spawned {
            // Either the panic propagates here, or the task has it.
            Err(_) | Ok(true) => {}
            Ok(false) => panic!("it was refused"),
        }
        executor.tick(usize::MAX);
        assert_eq!(executor.len(), 0);
    }
    assert!(executor.try_claim().is_some());
}

fn a_claim_spawns_what_is_not_send<M: Stored>() {
    let executor = M::executor();
    let (counted, also) = (Rc::new(()), Rc::new(()));
    let (kept, built) = (Rc::clone(&counted), Rc::clone(&also));
    let first = executor.try_claim().unwrap().spawn(async move { kept }).unwrap();
    let second = executor.try_claim().unwrap().spawn_with(move || async move { built }).unwrap();
    executor.tick(usize::MAX);
    assert!(Rc::ptr_eq(&joined(first).unwrap(), &counted) && Rc::ptr_eq(&joined(second).unwrap(), &also));
}

#[test]
fn a_claim_whose_future_is_too_large_gives_it_and_the_slot_back() {
    let ledger = Ledger::new();
    let executor = LocalExecutor::with_storage(SlabStorage::<64>::with_capacity(1));
    for with in [false, true] {
        let (claim, value, large) = (executor.try_claim().unwrap(), ledger.value(), [7_u8; 4096]);
        if with {
            let error = claim.spawn_with(move || async move { (value.id(), large) }).map(drop).unwrap_err();
            assert!(matches!(error.reason(), Refusal::TooLarge { .. }), "{error}");
            let mut future = Box::pin((error.into_inner())());
            assert!(poll_once(&mut future).is_ready());
        } else {
            let error = claim.spawn(async move { (value.id(), large) }).map(drop).unwrap_err();
            assert!(matches!(error.reason(), Refusal::TooLarge { .. }), "{error}");
            assert!(poll_once(&mut Box::pin(error.into_inner())).is_ready());
        }
    }
    let claim = executor.try_claim().unwrap();
    claim.spawn(pending::<()>()).unwrap().detach();
}

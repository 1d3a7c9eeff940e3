//! Point 7: claims that wait took time that grows with their number, were told one at a time, and were overtaken. Point
//! 12: a claim waited for ever where there is no room at all.

use std::{cell::Cell, future::Future, pin::Pin, rc::Rc, sync::Arc, task::Poll};

use flagstone::task::{Claim, ClaimFuture, Refusal, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{elsewhere, joined, poll, poll_once},
    wakers::Wakes,
};

on_every_storage! {
    point_7_as_many_claims_are_woken_as_places_become_free
    point_7_a_claim_that_was_woken_has_its_place
    point_7_a_claim_is_never_overtaken
    point_7_a_claim_that_was_woken_and_goes_passes_its_place_on
    point_7_many_claims_wait_in_constant_time
    point_12_a_claim_where_there_is_no_room_at_all_is_refused
}

type Waiter<M> = (ClaimFuture<M>, Arc<Wakes>);

fn waiter<M: Stored>(mut claim: ClaimFuture<M>) -> Waiter<M> {
    let wakes = Wakes::new();
    assert!(poll(&mut claim, &wakes.waker()).is_pending());
    (claim, wakes)
}

fn claimed<M: Stored>((mut claim, wakes): Waiter<M>) -> Claim<M> {
    match poll(&mut claim, &wakes.waker()) {
        Poll::Ready(claim) => claim,
        Poll::Pending => panic!("it has its place"),
    }
}

// Only the first was told; where it was not polled, the others waited although places were free.
fn point_7_as_many_claims_are_woken_as_places_become_free<M: Stored>() {
    let executor = M::small_executor(3);
    let held = [(); 3].map(|()| executor.try_claim().unwrap());
    let waiters = [(); 4].map(|()| waiter(executor.claim()));
    drop(held);
    assert_eq!(waiters.each_ref().map(|(_, wakes)| wakes.count()), [1, 1, 1, 0]);
    // In any order.
    let [first, second, third, fourth] = waiters;
    let third = claimed(third);
    let second = claimed(second);
    assert_eq!(fourth.1.count(), 0);
    drop(second);
    assert_eq!(fourth.1.count(), 1);
    drop((claimed(first), third, claimed(fourth)));
    assert_eq!(executor.len(), 0);
}

fn point_7_a_claim_that_was_woken_has_its_place<M: Stored>() {
    let executor = M::small_executor(1);
    let spawner = executor.spawner();
    let held = executor.try_claim().unwrap();
    let waits = waiter(executor.claim());
    drop(held);
    assert_eq!((waits.1.count(), executor.len()), (1, 1));
    assert_eq!(executor.try_spawn(async {}).map(drop).unwrap_err().reason(), Refusal::Full);
    assert!(executor.try_claim().is_none() && elsewhere(|| spawner.try_spawn(async {}).is_err()));
    let task = claimed(waits).spawn(async { 7 }).unwrap();
    executor.tick(1);
    assert_eq!(joined(task).unwrap(), 7);
    assert!(executor.try_claim().is_some());
}

// It was overtaken 400,000 times by `try_spawn`.
fn point_7_a_claim_is_never_overtaken<M: Stored>() {
    let executor = M::small_executor(1);
    let spawner = executor.local_spawner();
    let served = Rc::new(Cell::new(0));
    let greedy = executor.try_spawn(yield_now()).unwrap();
    greedy.detach();
    let mut waits = [(); 10].map(|()| Some(waiter(executor.claim())));
    for waiter in &mut waits {
        executor.tick(10);
        for _ in 0..100 {
            assert!(spawner.try_spawn(yield_now()).is_err(), "other claims wait");
        }
        assert_eq!(waiter.as_ref().unwrap().1.count(), 1);
        let served = Rc::clone(&served);
        let claim = claimed(waiter.take().unwrap());
        claim.spawn(async move { served.set(served.get() + 1) }).unwrap().detach();
    }
    executor.tick(10);
    assert_eq!(served.get(), 10);
    spawner.try_spawn(yield_now()).expect("no claim waits").detach();
}

fn point_7_a_claim_that_was_woken_and_goes_passes_its_place_on<M: Stored>() {
    let executor = M::small_executor(1);
    let held = executor.try_claim().unwrap();
    let waiters = [(); 5].map(|()| waiter(executor.claim()));
    drop(held);
    let mut woken = 0;
    for (claim, wakes) in waiters {
        woken += wakes.count();
        drop(claim);
    }
    assert_eq!((woken, executor.len()), (5, 0));
    assert!(poll_once(&mut executor.claim()).is_ready());
}

// 32,000 took 0.6 s, and twice as many took four times as long. Here there are so many that it would take a minute.
fn point_7_many_claims_wait_in_constant_time<M: Stored>() {
    const WAITING: usize = 100_000;

    let executor = M::small_executor(1);
    let held = executor.try_claim().unwrap();
    let mut waiters: Vec<_> = (0..WAITING).map(|_| executor.claim()).collect();
    let wakes = Wakes::new();
    let waker = wakes.waker();
    for _ in 0..2 {
        assert!(
            waiters
                .iter_mut()
                .all(|claim| Pin::new(claim).poll(&mut std::task::Context::from_waker(&waker)).is_pending())
        );
    }
    drop(held);
    // From both ends.
    let mut from_end = Vec::new();
    for claim in waiters.drain(WAITING / 2..).rev() {
        drop(claim);
    }
    for mut claim in waiters {
        from_end.extend(match poll(&mut claim, &waker) {
            Poll::Ready(claim) => claim.spawn(async {}).ok(),
            Poll::Pending => panic!("it is its turn"),
        });
        from_end.pop().unwrap().detach();
        executor.tick(1);
    }
    assert_eq!((wakes.count(), executor.len()), (WAITING / 2, 0));
}

fn point_12_a_claim_where_there_is_no_room_at_all_is_refused<M: Stored>() {
    let executor = M::small_executor(0);
    let Poll::Ready(claim) = poll_once(&mut executor.claim()) else { panic!("it would wait for ever") };
    assert_eq!(claim.spawn(async {}).map(drop).unwrap_err().reason(), Refusal::Full);
    assert!(executor.try_claim().is_none());
}

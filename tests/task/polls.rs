//! No spurious polls, and what a tick counts.

use std::{
    cell::Cell,
    rc::Rc,
    task::{Poll, Waker},
};

use flagstone::task::{JoinHandle, LocalExecutor, Tick, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{elsewhere, joined, poll_fn, sleeper},
};

on_every_storage! {
    a_task_is_polled_once_for_any_number_of_wakes
    a_task_that_wakes_itself_is_polled_once_more
    a_task_that_nobody_wakes_is_not_polled
    a_main_future_is_polled_when_it_is_woken_alone
    ticks_count_what_they_say
    polls_and_wakes_are_listed
    a_joiner_is_polled_twice
    a_wake_from_elsewhere_is_seen_though_tasks_are_always_ready
    seventeen_million_wakes_are_one_poll
}

/// A task that counts its polls and never ends.
fn counted<M: Stored>(executor: &LocalExecutor<M>) -> (JoinHandle<()>, Rc<Cell<usize>>) {
    let polls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&polls);
    let handle = executor.spawn(poll_fn(move |_| {
        counted.set(counted.get() + 1);
        Poll::Pending
    }));
    (handle, polls)
}

fn a_task_is_polled_once_for_any_number_of_wakes<M: Stored>() {
    let executor = M::executor();
    let (handle, polls) = counted(&executor);
    let (task, waker) = (handle.task(), handle.task().waker());
    // Woken before its first poll too.
    task.wake();
    for count in 1..10 {
        elsewhere(|| (0..count).for_each(|_| waker.wake_by_ref()));
        (0..count).for_each(|_| waker.clone().wake());
        elsewhere(|| task.wake());
        assert_eq!(executor.tick(usize::MAX).polled, 1);
        assert_eq!(executor.tick(usize::MAX).polled, 0);
        assert_eq!(polls.get(), count);
    }
}

fn a_task_that_wakes_itself_is_polled_once_more<M: Stored>() {
    let executor = M::executor();
    let polls = Rc::new(Cell::new(0_usize));
    let counted = Rc::clone(&polls);
    let handle = executor.spawn(poll_fn(move |context| {
        counted.set(counted.get() + 1);
        let waker = context.waker();
        match counted.get() {
            1 => waker.wake_by_ref(),
            3 => (0..7).for_each(|_| waker.clone().wake()),
            5 => elsewhere(|| (0..7).for_each(|_| waker.wake_by_ref())),
            7 => elsewhere(|| waker.clone()).wake(),
            _ => {}
        }
        Poll::<()>::Pending
    }));
    for round in 1..=5 {
        let tick = executor.tick(usize::MAX);
        assert_eq!(tick.polled, if round == 5 { 1 } else { 2 }, "round {round}");
        assert_eq!(executor.tick(usize::MAX).polled, 0);
        handle.task().wake();
    }
    assert_eq!(polls.get(), 9);
}

fn a_task_that_nobody_wakes_is_not_polled<M: Stored>() {
    let executor = M::executor();
    let (_sleeping, polls) = counted(&executor);
    let (other, waker) = sleeper(&executor);
    for _ in 0..10 {
        executor.block_on(async {
            for _ in 0..10 {
                yield_now().await;
            }
        });
    }
    let handles: Vec<_> = (0..10).map(|_| executor.spawn(async { yield_now().await })).collect();
    for handle in handles {
        executor.block_on(handle).unwrap();
    }
    elsewhere(move || waker.wake());
    executor.block_on(other).unwrap();
    assert_eq!(polls.get(), 1);
}

fn a_main_future_is_polled_when_it_is_woken_alone<M: Stored>() {
    let executor = M::executor();
    let polls = Cell::new(0);
    let task = executor.spawn(async {
        for _ in 0..100 {
            yield_now().await;
        }
    });
    let mut task = std::pin::pin!(task);
    executor.block_on(poll_fn(|context| {
        polls.set(polls.get() + 1);
        std::future::Future::poll(task.as_mut(), context).map(|joined| joined.unwrap())
    }));
    assert_eq!(polls.get(), 2, "at first, and when the task had ended");
    // Woken from elsewhere, twice.
    let polls = Cell::new(0);
    executor.block_on(poll_fn(|context| {
        polls.set(polls.get() + 1);
        let waker = context.waker();
        if polls.get() < 3 {
            elsewhere(|| (waker.wake_by_ref(), waker.clone().wake()).1);
            return Poll::Pending;
        }
        Poll::Ready(())
    }));
    assert_eq!(polls.get(), 3);
}

fn ticks_count_what_they_say<M: Stored>() {
    let executor = M::executor();
    let all = |tick: Tick| {
        (tick.polled, tick.completed, tick.spawned, tick.woken_inside, tick.woken_outside, tick.has_remaining)
    };
    assert_eq!(all(executor.tick(usize::MAX)), (0, 0, 0, 0, 0, false));
    // Spawns and wakes between ticks are counted in no tick.
    let sleeping: Vec<_> = (0..6).map(|_| counted(&executor).0.task()).collect();
    assert_eq!(all(executor.tick(4)), (4, 0, 0, 0, 0, true));
    assert_eq!(all(executor.tick(4)), (2, 0, 0, 0, 0, false));
    sleeping[..3].iter().for_each(|task| (task.wake(), task.wake()).1);
    // But wakes from other threads are found in one; two wakes of one task are one.
    elsewhere(|| sleeping[3..].iter().for_each(|task| (task.wake(), task.wake()).1));
    assert_eq!(all(executor.tick(usize::MAX)), (6, 0, 0, 0, 3, false));
    executor.spawn(async { yield_now().await }).detach();
    assert_eq!(all(executor.tick(usize::MAX)), (2, 1, 0, 1, 0, false));
    let (spawner, local, other) = (executor.spawner(), executor.local_spawner(), sleeping[1].clone());
    elsewhere(|| spawner.spawn(async {}).detach());
    assert_eq!(all(executor.tick(usize::MAX)), (1, 1, 0, 0, 1, false));
    // A task that spawns one task, and wakes another and itself.
    let waking = async move {
        local.spawn(async {}).detach();
        other.wake();
        yield_now().await;
    };
    executor.spawn(waking).detach();
    assert_eq!(all(executor.tick(1)), (1, 0, 1, 2, 0, true));
    assert_eq!(all(executor.tick(usize::MAX)), (3, 2, 0, 0, 0, false));
    // A cancelled task ends without a poll.
    assert!(sleeping[0].cancel());
    let tick = executor.tick(usize::MAX);
    assert_eq!((tick.polled, tick.completed, tick.has_remaining), (0, 1, false));
    assert_eq!(all(executor.tick(usize::MAX)), (0, 0, 0, 0, 0, false));
}

fn polls_and_wakes_are_listed<M: Stored>() {
    let executor = M::executor();
    let (handle, polls) = counted(&executor);
    let task = handle.task();
    assert_eq!((task.info().polls, task.info().wakes), (0, 0));
    executor.tick(1);
    assert_eq!((task.info().polls, task.info().wakes), (1, 0));
    for _ in 0..10 {
        task.wake();
        elsewhere(|| task.wake());
        executor.tick(1);
    }
    let info = task.info();
    assert_eq!((info.polls as usize, polls.get()), (11, 11));
    assert!((10..=20).contains(&info.wakes), "{}: each of them, or each that brought it into the queue", info.wakes);
}

fn a_joiner_is_polled_twice<M: Stored>() {
    let executor = M::executor();
    let (sleeping, waker): (_, Waker) = sleeper(&executor);
    let polls = Rc::new(Cell::new(0));
    let (counted, mut sleeping) = (Rc::clone(&polls), Box::pin(sleeping));
    let joiner = executor.spawn(poll_fn(move |context| {
        counted.set(counted.get() + 1);
        sleeping.as_mut().poll(context)
    }));
    executor.tick(usize::MAX);
    assert_eq!(polls.get(), 1);
    waker.wake();
    executor.tick(usize::MAX);
    joined(joiner).unwrap().unwrap();
    assert_eq!(polls.get(), 2);
}

fn a_wake_from_elsewhere_is_seen_though_tasks_are_always_ready<M: Stored>() {
    let executor = M::executor();
    let (sleeping, waker) = sleeper(&executor);
    let busy = executor.spawn(async {
        loop {
            yield_now().await;
        }
    });
    busy.detach();
    elsewhere(move || waker.wake());
    let mut polls = 0;
    while !sleeping.is_finished() {
        polls += executor.tick(1).polled;
        assert!(polls < 200, "other tasks wait for ever");
    }
    // The main future too.
    let mut woken = false;
    let busy_meanwhile = executor.task_polls();
    executor.block_on(poll_fn(|context| {
        let waker = context.waker();
        if std::mem::replace(&mut woken, true) {
            return Poll::Ready(());
        }
        elsewhere(|| waker.wake_by_ref());
        Poll::Pending
    }));
    assert!(executor.task_polls() - busy_meanwhile < 200, "the main future waits for ever");
}

/// How often all live tasks were polled.
trait TaskPolls {
    fn task_polls(&self) -> u32;
}

impl<M: Stored> TaskPolls for LocalExecutor<M> {
    fn task_polls(&self) -> u32 {
        self.registry().tasks().iter().map(|task| task.polls).sum()
    }
}

/// More wakes than any field of the state can hold.
fn seventeen_million_wakes_are_one_poll<M: Stored>() {
    const WAKES: u32 = 17_000_000;

    let executor = M::executor();
    let polls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&polls);
    let handle = executor.spawn(poll_fn(move |context| {
        counted.set(counted.get() + 1);
        if counted.get() == 2 {
            (0..WAKES).for_each(|_| context.waker().wake_by_ref());
        }
        if counted.get() == 4 { Poll::Ready(()) } else { Poll::Pending }
    }));
    let task = handle.task();
    (0..WAKES).for_each(|_| task.wake()); // before its first poll
    assert_eq!((executor.tick(usize::MAX).polled, polls.get()), (1, 1));
    task.wake();
    assert_eq!(
        (executor.tick(usize::MAX).polled, polls.get()),
        (2, 3),
        "once for the wake, once for all during that poll"
    );
    assert!(!task.is_finished());
    task.wake();
    executor.block_on(handle).unwrap();
    assert_eq!(executor.tick(usize::MAX).polled, 0);
}

//! Point 1: a wake was lost where a tick, or another executor's drive, polled a task that drives the same executor.
//! Point 5: each end of a `run_until`, and each remote wake, woke all drivers that sleep.

use std::{
    cell::{Cell, RefCell},
    future::pending,
    pin::pin,
    rc::Rc,
    sync::mpsc,
    task::Waker,
};

use flagstone::task::{JoinHandle, LocalExecutor};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{asleep, elsewhere, joined, poll, poll_once},
    wakers::Wakes,
};

on_every_storage! {
    point_1_a_task_that_drives_its_own_executor_is_woken_when_a_tick_ends_what_it_awaits
    point_1_the_same_where_the_wake_comes_from_another_thread
    point_1_an_outer_driver_is_told_of_a_wake_here_after_a_tick_with_a_nested_driver
    point_1_an_outer_driver_is_told_of_a_wake_elsewhere_after_a_tick_with_a_nested_driver
    point_1_an_outer_driver_is_told_of_a_spawn_after_a_tick_with_a_nested_driver
    point_1_a_tick_that_ends_a_main_future_wakes_its_only_driver
    point_1_a_tick_that_ends_early_wakes_the_driver_that_slept_before
    point_1_a_driver_that_was_told_and_goes_tells_the_next
    point_1_executors_that_wait_for_each_other_are_all_driven
    point_5_ends_of_many_drivers_take_few_polls
    point_5_wakes_from_elsewhere_take_few_polls_of_many_drivers
    point_5_a_driver_in_each_of_two_circles_is_woken
}

type Shared<M> = Rc<LocalExecutor<M>>;

/// Three things: a task that waits for an event, a task that drives the executor until the first has ended, and the
/// event.
fn driven_by_its_own_task<M: Stored>(executor: &Shared<M>) -> (JoinHandle<()>, mpsc::Receiver<Waker>) {
    let (sender, event) = mpsc::channel();
    let waits = executor.spawn(asleep(move |waker| sender.send(waker).unwrap()));
    let driven = Rc::clone(executor);
    let drives = executor.spawn(async move { driven.run_until(waits).await.unwrap() });
    (drives, event)
}

// The tick looked at what other threads had woken, and took the sleeper's mark away.
fn point_1_a_task_that_drives_its_own_executor_is_woken_when_a_tick_ends_what_it_awaits<M: Stored>() {
    let executor = Rc::new(M::executor());
    let (drives, event) = driven_by_its_own_task(&executor);
    executor.tick(100);
    event.recv().unwrap().wake();
    for _ in 0..3 {
        executor.tick(100);
    }
    assert!(drives.is_finished(), "it sleeps for ever");
}

fn point_1_the_same_where_the_wake_comes_from_another_thread<M: Stored>() {
    let executor = Rc::new(M::executor());
    let (drives, event) = driven_by_its_own_task(&executor);
    executor.tick(100);
    elsewhere(move || event.recv().unwrap().wake());
    for _ in 0..3 {
        executor.tick(100);
    }
    assert!(drives.is_finished(), "it sleeps for ever");
}

/// An outer driver sleeps. A tick runs a task that drives the executor too, and sleeps. Then something happens.
fn told_after_a_tick<M: Stored>(happens: impl FnOnce(&LocalExecutor<M>, Waker)) {
    let executor = Rc::new(M::executor());
    let wakes = Wakes::new();
    let mut outer = pin!(executor.run_until(pending::<()>()));
    assert!(poll(&mut outer, &wakes.waker()).is_pending());
    let (drives, event) = driven_by_its_own_task(&executor);
    assert_eq!(wakes.count(), 1, "it was told of the spawns");
    assert!(poll(&mut outer, &wakes.waker()).is_pending());
    executor.tick(100);
    let before = wakes.count();
    happens(&executor, event.recv().unwrap());
    assert!(wakes.count() > before, "its driver sleeps for ever");
    for _ in 0..3 {
        assert!(poll(&mut outer, &wakes.waker()).is_pending());
    }
    // The task keeps its executor, which keeps the task.
    drives.cancel();
    executor.tick(100);
}

fn point_1_an_outer_driver_is_told_of_a_wake_here_after_a_tick_with_a_nested_driver<M: Stored>() {
    told_after_a_tick::<M>(|_, waker| waker.wake());
}

fn point_1_an_outer_driver_is_told_of_a_wake_elsewhere_after_a_tick_with_a_nested_driver<M: Stored>() {
    told_after_a_tick::<M>(|_, waker| elsewhere(|| waker.wake()));
}

fn point_1_an_outer_driver_is_told_of_a_spawn_after_a_tick_with_a_nested_driver<M: Stored>() {
    told_after_a_tick::<M>(|executor, _waker| executor.spawn(async {}).detach());
}

// The one main future was taken for the one that drives: its driver was not woken.
fn point_1_a_tick_that_ends_a_main_future_wakes_its_only_driver<M: Stored>() {
    let executor = M::executor();
    let (sender, event) = mpsc::channel();
    let waits = executor.spawn(asleep(move |waker: Waker| sender.send(waker).unwrap()));
    let wakes = Wakes::new();
    let mut main = Box::pin(executor.run_until(waits));
    assert!(poll(&mut main, &wakes.waker()).is_pending());
    event.recv().unwrap().wake();
    let told = wakes.count();
    assert!(told > 0, "its driver sleeps for ever");
    // The driver finds nothing to do for the main future, and sleeps again; then a tick does all the work.
    let (sender, event) = mpsc::channel();
    let also = executor.spawn(asleep(move |waker: Waker| sender.send(waker).unwrap()));
    assert!(poll(&mut main, &wakes.waker()).is_ready());
    let mut main = Box::pin(executor.run_until(also));
    assert!(poll(&mut main, &wakes.waker()).is_pending());
    let before = wakes.count();
    let waker = event.recv().unwrap();
    // Woken inside a tick, by a task.
    executor.spawn(async move { waker.wake() }).detach();
    executor.tick(100);
    assert!(wakes.count() > before, "its driver sleeps for ever");
    assert!(poll(&mut main, &wakes.waker()).is_ready());
}

// No mark was left of the sleep that a nested driver had begun, and nothing woke the driver that slept before.
fn point_1_a_tick_that_ends_early_wakes_the_driver_that_slept_before<M: Stored>() {
    let executor = Rc::new(M::executor());
    let (drives, event) = driven_by_its_own_task(&executor);
    let wakes = Wakes::new();
    executor.tick(100);
    let mut outer = pin!(executor.run_until(pending::<()>()));
    assert!(poll(&mut outer, &wakes.waker()).is_pending());
    let before = wakes.count();
    event.recv().unwrap().wake();
    // The task that waits ends; the task that drives is ready, and not polled.
    executor.tick(1);
    assert!(wakes.count() > before, "its driver sleeps for ever");
    for _ in 0..3 {
        assert!(poll(&mut outer, &wakes.waker()).is_pending());
    }
    joined(drives).unwrap();
}

// A driver is woken on behalf of all: if it is dropped instead of driving, another one must be woken.
fn point_1_a_driver_that_was_told_and_goes_tells_the_next<M: Stored>() {
    let executor = M::executor();
    let wakes = [Wakes::new(), Wakes::new(), Wakes::new()];
    let mut mains: Vec<_> = wakes.iter().map(|_| Some(Box::pin(executor.run_until(pending::<()>())))).collect();
    for (main, wakes) in mains.iter_mut().zip(&wakes) {
        assert!(poll(main.as_mut().unwrap(), &wakes.waker()).is_pending());
    }
    let spawner = executor.spawner();
    let handle = elsewhere(move || spawner.spawn(async {}));
    for told in 1..=3 {
        let one = (0..3).find(|&one| mains[one].is_some() && wakes[one].count() > 0);
        let main = one.and_then(|one| mains[one].take());
        let mut main = main.unwrap_or_else(|| panic!("{told} of three should have been told by now"));
        if told == 3 {
            assert!(poll_once(&mut main).is_pending());
        }
    }
    joined(handle).unwrap();
}

// Each executor is driven by a task of another, and all of them by one thread that parks.
fn point_1_executors_that_wait_for_each_other_are_all_driven<M: Stored>() {
    let executors: Rc<[LocalExecutor<M>; 3]> = Rc::new([(); 3].map(|()| M::executor()));
    let (sender, event) = mpsc::channel();
    let last = executors[2].spawn(asleep(move |waker: Waker| sender.send(waker).unwrap()));
    let driven = Rc::clone(&executors);
    let middle = executors[1].spawn(async move { driven[2].run_until(last).await.unwrap() });
    let driven = Rc::clone(&executors);
    let first = executors[0].spawn(async move { driven[1].run_until(middle).await.unwrap() });
    // And in a circle.
    let driven = Rc::clone(&executors);
    let circle = executors[2].spawn(async move { driven[0].run_until(pending::<()>()).await });
    for executor in &*executors {
        executor.tick(100);
    }
    let waking = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(5)); // meanwhile it parks
        event.recv().unwrap().wake();
    });
    let order = Rc::new(RefCell::new(Vec::new()));
    executors[0].block_on(async {
        first.await.unwrap();
        order.borrow_mut().push(Cell::new(1));
    });
    assert_eq!(order.borrow().len(), 1);
    waking.join().unwrap();
    circle.cancel();
    for executor in &*executors {
        executor.tick(100);
    }
}

/// `drivers` tasks of one executor, each driven by a task of another executor, end one after another, each woken by
/// `wake`. Returns how often the tasks of the outer executor were polled.
fn polls_of_drivers<M: Stored>(drivers: usize, wake: impl Fn(Waker)) -> usize {
    let (outer, inner) = (M::executor(), Rc::new(M::executor()));
    let (sender, wakers) = mpsc::channel();
    for _ in 0..drivers {
        let (driven, sender) = (Rc::clone(&inner), sender.clone());
        let waits = inner.spawn(asleep(move |waker: Waker| sender.send(waker).unwrap()));
        outer.spawn(async move { driven.run_until(waits).await.unwrap() }).detach();
    }
    let mut polls = outer.tick(usize::MAX).polled;
    for left in (0..drivers).rev() {
        wake(wakers.recv().unwrap());
        polls += outer.tick(usize::MAX).polled;
        assert_eq!(outer.len(), left, "it sleeps for ever");
    }
    polls
}

// Each end, and each wake, woke all drivers that slept: 4,000 ends took 8 million polls.
fn point_5_ends_of_many_drivers_take_few_polls<M: Stored>() {
    let polls = polls_of_drivers::<M>(400, |waker| waker.wake());
    assert!(polls <= 3 * 400, "{polls} polls for 400 ends");
}

fn point_5_wakes_from_elsewhere_take_few_polls_of_many_drivers<M: Stored>() {
    let polls = polls_of_drivers::<M>(400, |waker| elsewhere(|| waker.wake()));
    assert!(polls <= 3 * 400, "{polls} polls for 400 ends");
}

// One driver is blocked below the other on the thread's stack: waking it alone would not suffice.
fn point_5_a_driver_in_each_of_two_circles_is_woken<M: Stored>() {
    let (blocked, blocks, driven) = (M::executor(), M::executor(), Rc::new(M::executor()));
    let (sender, event) = mpsc::channel();
    let waits = driven.spawn(asleep(move |waker: Waker| sender.send(waker).unwrap()));
    let in_blocks = {
        let driven = Rc::clone(&driven);
        blocks.spawn(async move { driven.run_until(waits).await.unwrap() })
    };
    blocks.tick(10);
    let in_blocked = {
        let driven = Rc::clone(&driven);
        blocked.spawn(async move { driven.run_until(pending::<()>()).await })
    };
    blocked.tick(10);
    let waking = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(5)); // meanwhile it parks
        event.recv().unwrap().wake();
    });
    blocked.spawn(async move { blocks.block_on(in_blocks).unwrap() }).detach();
    blocked.tick(10);
    waking.join().unwrap();
    drop(in_blocked);
}

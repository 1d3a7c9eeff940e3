//! Point 4: memory of a peak. The memory of each spawning thread: `tests/task_allocation/weight.rs`.

use std::{
    collections::BTreeSet,
    future::pending,
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

use flagstone::task::{Runnable, Spawner, Tasks};

use super::weight::slot_of;
use crate::{
    storages::{Stored, on_every_storage},
    trials::elsewhere,
};

on_every_storage! {
    point_4_a_spawn_from_another_thread_uses_slots_that_came_back
    point_4_a_scheduler_s_spawn_uses_slots_that_came_back
    point_4_trim_gives_back_what_a_peak_has_left
    point_4_trim_keeps_what_is_used
    point_4_each_thread_trims_its_own_and_that_of_threads_that_have_ended
    point_4_a_task_trims_its_executor
}

const ROUNDS: usize = 100;

/// This number of tasks live at a time, one group after another: so this number of slots is used in all.
fn point_4_a_spawn_from_another_thread_uses_slots_that_came_back<M: Stored>() {
    for live in [1, 2, 3, 5] {
        let executor = M::executor();
        let spawner = executor.spawner();
        let ((spawned, all), (ended, goes_on)) = (mpsc::channel(), mpsc::channel());
        thread::scope(|scope| {
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    let ids = (0..live).map(|_| spawner.spawn(async {}).id()).collect::<Vec<_>>();
                    spawned.send(ids).unwrap();
                    goes_on.recv().unwrap();
                }
            });
            let mut slots = BTreeSet::new();
            for ids in all {
                slots.extend(ids.into_iter().map(slot_of));
                assert_eq!(executor.tick(live).completed, live);
                ended.send(()).unwrap();
            }
            assert_eq!(slots.len(), live, "{slots:x?}");
        });
    }
}

fn point_4_a_scheduler_s_spawn_uses_slots_that_came_back<M: Stored>() {
    let (queue, runnables) = mpsc::channel();
    let queue = Mutex::new(queue);
    let tasks = Tasks::with_storage(move |task: Runnable| queue.lock().unwrap().send(task).unwrap(), M::unbounded());
    let mut slots = BTreeSet::new();
    for _ in 0..ROUNDS {
        slots.insert(slot_of(tasks.spawn(async {}).id()));
        let ready: Vec<_> = runnables.try_iter().collect();
        elsewhere(|| {
            ready.into_iter().for_each(|task| {
                task.run();
            })
        });
    }
    assert_eq!(slots.len(), 1, "{slots:x?}");
}

const PEAK: usize = 20_000;

/// The part of a slot that is given back at least: another part shares operating-system pages with other slots.
fn least<M: Stored>() -> usize {
    if cfg!(all(target_os = "linux", target_pointer_width = "64")) { PEAK * 64 / 2 } else { 0 }
}

fn point_4_trim_gives_back_what_a_peak_has_left<M: Stored>() {
    let executor = M::executor();
    let mut ids = BTreeSet::new();
    for _ in 0..3 {
        ids.extend((0..PEAK).map(|_| executor.spawn(async {}).id()));
        executor.tick(PEAK);
        let bytes = executor.trim();
        assert!(bytes >= least::<M>(), "{bytes} bytes");
        assert_eq!(executor.trim(), 0, "it has been given back");
        // Slots of small pages, which fill no page of the operating system: they are used as before.
        for _ in 0..3 {
            for live in [1, 3, 20] {
                ids.extend((0..live).map(|_| executor.spawn(async {}).id()));
                executor.tick(live);
            }
            executor.trim();
        }
    }
    assert_eq!(ids.len(), 3 * (PEAK + 3 * 24), "no id comes back");
}

fn point_4_trim_keeps_what_is_used<M: Stored>() {
    let executor = M::executor();
    let tasks: Vec<_> = (0..PEAK).map(|number| executor.spawn(async move { number })).collect();
    assert_eq!(executor.trim(), 0, "all live");
    executor.tick(PEAK);
    assert_eq!(executor.trim(), 0, "all have handles, and outputs in their slots");
    let waker = tasks[PEAK / 2].task().waker();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(executor.block_on(task).unwrap(), number);
    }
    let bytes = executor.trim();
    assert!(bytes >= least::<M>() / 8, "one waker keeps one page: {bytes} bytes");
    waker.wake();
    assert!(executor.trim() > 0 || least::<M>() == 0);
}

fn point_4_each_thread_trims_its_own_and_that_of_threads_that_have_ended<M: Stored>() {
    let executor = M::executor();
    let spawner = executor.spawner();
    let spawn = |spawner: &Spawner<M>| (0..PEAK).for_each(|_| spawner.spawn(async {}).detach());
    let (turns, turn) = mpsc::channel();
    thread::scope(|scope| {
        let (spawned, is_spawned) = mpsc::channel();
        let there = scope.spawn({
            let spawner = spawner.clone();
            move || {
                spawn(&spawner);
                spawned.send(()).unwrap();
                turn.recv().unwrap();
                let bytes = spawner.trim();
                spawn(&spawner);
                bytes
            }
        });
        is_spawned.recv().unwrap();
        assert_eq!(executor.tick(usize::MAX).completed, PEAK);
        assert_eq!(executor.trim(), 0, "it is another thread's");
        turns.send(()).unwrap();
        assert!(there.join().unwrap() >= least::<M>());
    });
    assert_eq!(executor.tick(usize::MAX).completed, PEAK);
    // A thread of a test that runs at the same time may have got the number, until it ends; or the registry is locked.
    let mut bytes = 0;
    for _ in 0..60_000 {
        bytes = executor.trim();
        if bytes > 0 || least::<M>() == 0 {
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    assert!(bytes >= least::<M>(), "its thread has ended: {bytes} bytes");
}

fn point_4_a_task_trims_its_executor<M: Stored>() {
    let executor = std::rc::Rc::new(M::executor());
    for _ in 0..PEAK {
        executor.spawn(async {}).detach();
    }
    executor.spawn(pending::<()>()).detach();
    executor.tick(PEAK + 1);
    let trims = executor.clone();
    let task = executor.spawn(async move { trims.trim() });
    assert!(executor.block_on(task).unwrap() >= least::<M>() / 2);
    assert_eq!(executor.len(), 1);
}

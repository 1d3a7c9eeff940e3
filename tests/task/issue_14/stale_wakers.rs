//! Point 3: wakers of removed tasks filled a bounded executor, and kept a dropped executor's memory and its scheduler.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{self, Sender},
    },
    task::Waker,
    thread,
    time::Duration,
};

use flagstone::task::{JoinHandle, LocalExecutor, Runnable, Tasks};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, asleep, elsewhere, joined, poll, poll_once},
    wakers::Wakes,
};

on_every_storage! {
    point_3_a_bounded_executor_is_not_filled_by_wakers_of_tasks_that_have_gone
    point_3_a_claim_that_waits_is_told_of_the_end_not_of_the_last_waker
    point_3_wakers_that_go_later_count_nothing_twice
    point_3_a_scheduler_is_dropped_with_its_last_task
    point_3_a_scheduler_that_runs_its_last_task_itself_is_dropped_after_it
    point_3_a_worker_ends_though_wakers_are_kept
}

/// A task that has ended, and was joined; its waker is kept.
fn ended<M: Stored>(executor: &LocalExecutor<M>) -> Waker {
    let (sender, wakers) = mpsc::channel();
    let handle: JoinHandle<()> = executor.spawn(asleep(move |waker| sender.send(waker).unwrap()));
    executor.tick(usize::MAX);
    let waker: Waker = wakers.recv().unwrap();
    waker.wake_by_ref();
    executor.tick(usize::MAX);
    joined(handle).unwrap();
    waker
}

fn point_3_a_bounded_executor_is_not_filled_by_wakers_of_tasks_that_have_gone<M: Stored>() {
    let executor = M::small_executor(4);
    let spawner = executor.spawner();
    let mut kept = Vec::new();
    for round in 0..10 {
        kept.extend((0..4).map(|_| ended(&executor)));
        assert_eq!((executor.len(), executor.registry().len(), executor.registry().tasks().len()), (0, 0, 0));
        let handles: Vec<_> = (0..4)
            .map(|number| {
                if (number + round) % 2 == 0 {
                    executor.try_spawn(async move { number }).unwrap()
                } else {
                    elsewhere(|| spawner.try_spawn(async move { number })).unwrap()
                }
            })
            .collect();
        assert!(executor.try_spawn(async {}).is_err() && executor.try_claim().is_none(), "the bound holds");
        assert!(elsewhere(|| spawner.try_spawn(async {}).is_err()), "the bound holds");
        executor.tick(usize::MAX);
        for (number, handle) in handles.into_iter().enumerate() {
            assert_eq!(joined(handle).unwrap(), number);
        }
        assert!(poll_once(&mut executor.claim()).is_ready());
        if round == 5 {
            kept.drain(..10);
            let dropped: Vec<_> = kept.drain(..5).collect();
            elsewhere(move || drop(dropped));
        }
    }
    drop(executor);
    elsewhere(move || drop(kept));
}

fn point_3_a_claim_that_waits_is_told_of_the_end_not_of_the_last_waker<M: Stored>() {
    for in_tick in [false, true] {
        let executor = M::small_executor(1);
        let (sender, wakers) = mpsc::channel();
        let handle = executor.spawn(asleep(move |waker: Waker| sender.send(waker).unwrap()));
        executor.tick(usize::MAX);
        let (waker, wakes) = (wakers.recv().unwrap(), Wakes::new());
        let handle = if in_tick {
            handle.detach();
            None
        } else {
            Some(handle)
        };
        let mut claim = executor.claim();
        assert!(poll(&mut claim, &wakes.waker()).is_pending());
        waker.wake_by_ref();
        executor.tick(usize::MAX);
        drop(handle);
        assert_eq!(wakes.count(), 1, "there is room");
        assert!(poll(&mut claim, &wakes.waker()).is_ready());
        drop(waker);
        assert_eq!(executor.len(), 0);
    }
}

fn point_3_wakers_that_go_later_count_nothing_twice<M: Stored>() {
    for drops_first in [false, true] {
        let executor = M::small_executor(8);
        let kept: Vec<_> = (0..8).map(|_| ended(&executor)).collect();
        // Some of the wakers are dropped while other tasks live, and on two threads at once.
        let live: Vec<_> = (0..8).map(|_| executor.spawn(std::future::pending::<()>())).collect();
        let mut executor = Some(executor);
        thread::scope(|scope| {
            scope.spawn(move || drop(kept));
            if drops_first {
                executor = None;
            }
        });
        if let Some(executor) = executor {
            assert_eq!(executor.len(), 8);
            assert!(executor.try_spawn(async {}).is_err());
            drop(executor);
        }
        assert!(live.into_iter().all(|handle| joined(handle).unwrap_err().is_shut_down()));
    }
}

struct Queue(Sender<Runnable>);

impl flagstone::task::Schedule for Queue {
    fn schedule(&self, task: Runnable) {
        let _ = self.0.send(task);
    }
}

fn point_3_a_worker_ends_though_wakers_are_kept<M: Stored>() {
    let (sender, queue) = mpsc::channel();
    let (ended, has_ended) = mpsc::channel();
    let worker = thread::spawn(move || {
        queue.into_iter().for_each(|task: Runnable| _ = task.run());
        ended.send(()).unwrap();
    });
    let tasks = Tasks::with_storage(Queue(sender), M::unbounded());
    let (sender, wakers) = mpsc::channel();
    tasks.spawn(asleep(move |waker: Waker| sender.send(waker).unwrap())).detach();
    let waker = wakers.recv().unwrap();
    waker.wake_by_ref();
    while !tasks.is_empty() {
        thread::yield_now();
    }
    let _: &Queue = tasks.schedule();
    drop(tasks);
    has_ended.recv_timeout(Duration::from_secs(60)).expect("the worker waits for what a dead task's waker keeps");
    worker.join().unwrap();
    drop(waker);
}

fn point_3_a_scheduler_is_dropped_with_its_last_task<M: Stored>() {
    for ends_before in [false, true] {
        let dropped = Arc::new(Mutex::new(0));
        let (seen, queue) = (Arc::clone(&dropped), Arc::new(Mutex::new(Vec::new())));
        let (push, guard) = (Arc::clone(&queue), OnDrop(move || *seen.lock().unwrap() += 1));
        let schedule = move |task: Runnable| {
            let _ = &guard;
            push.lock().unwrap().push(task);
        };
        let tasks = Tasks::with_storage(SendSchedule(schedule), M::unbounded());
        let run = || {
            let task = queue.lock().unwrap().pop();
            task.map(Runnable::run)
        };
        let handle = tasks.spawn(async {});
        let waker = handle.task().waker();
        if ends_before {
            run();
            drop(handle);
            assert_eq!(*dropped.lock().unwrap(), 0);
            drop(tasks);
        } else {
            drop(tasks);
            assert_eq!(*dropped.lock().unwrap(), 0, "a task is queued");
            run();
            assert_eq!(*dropped.lock().unwrap(), 0, "a task was not joined");
            drop(handle);
        }
        assert_eq!(*dropped.lock().unwrap(), 1);
        waker.wake();
    }
}

struct SendSchedule<F>(F);

impl<F: Fn(Runnable) + Send + Sync + 'static> flagstone::task::Schedule for SendSchedule<F> {
    fn schedule(&self, task: Runnable) {
        (self.0)(task);
    }
}

/// It runs each task at once: inside the call that ends the last task, nothing else keeps the scheduler.
fn point_3_a_scheduler_that_runs_its_last_task_itself_is_dropped_after_it<M: Stored>() {
    struct Inline(Arc<Mutex<Vec<&'static str>>>);

    impl flagstone::task::Schedule for Inline {
        fn schedule(&self, task: Runnable) {
            task.run();
            self.0.lock().unwrap().push("scheduled");
        }
    }

    impl Drop for Inline {
        fn drop(&mut self) {
            self.0.lock().unwrap().push("dropped");
        }
    }

    let events = Arc::new(Mutex::new(Vec::new()));
    let tasks = Tasks::with_storage(Inline(Arc::clone(&events)), M::unbounded());
    let (sender, wakers) = mpsc::channel();
    tasks.spawn(asleep(move |waker: Waker| sender.send(waker).unwrap())).detach();
    let waker = wakers.recv().unwrap();
    let kept = waker.clone();
    events.lock().unwrap().clear();
    tasks.shutdown();
    drop(tasks);
    waker.wake();
    assert_eq!(*events.lock().unwrap(), ["dropped"]);
    drop(kept);

    events.lock().unwrap().clear();
    let tasks = Tasks::with_storage(Inline(Arc::clone(&events)), M::unbounded());
    let (sender, wakers) = mpsc::channel();
    tasks.spawn(asleep(move |waker: Waker| sender.send(waker).unwrap())).detach();
    let waker = wakers.recv().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| waker.wake_by_ref());
        drop(tasks);
    });
    assert_eq!(events.lock().unwrap().iter().filter(|event| **event == "dropped").count(), 1);
}

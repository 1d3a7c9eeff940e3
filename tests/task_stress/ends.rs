//! Executors that are dropped while other threads wake, join, spawn and look.

use std::{
    future::pending,
    sync::mpsc,
    task::{Poll, Waker},
    thread,
};

use flagstone::task::{JoinHandle, Registry, Spawner, TaskRef, yield_now};

use super::{
    Budget,
    canary::{Books, Canary},
    random::Random,
    turn,
};
use crate::{
    storages::{Stored, on_every_storage},
    trials::poll,
};

on_every_storage! {
    executors_end_while_others_use_what_is_left
}

const THREADS: usize = 2;
const TASKS: usize = 6;

static BOOKS: Books = Books::new();

/// What a thread holds of an executor.
struct Left<M: Stored> {
    handles: Vec<JoinHandle<Canary<'static>>>,
    tasks: Vec<TaskRef>,
    wakers: Vec<Waker>,
    spawner: Spawner<M>,
    registry: Registry,
}

impl<M: Stored> Left<M> {
    fn use_up(mut self, random: &mut Random) {
        for _ in 0..4 * TASKS {
            match random.below(8) {
                0 => self.wakers.iter().for_each(Waker::wake_by_ref),
                1 => drop(self.wakers.pop().map(Waker::wake)),
                2 => drop(self.tasks.pop().map(|task| (task.cancel(), task.info()))),
                3 => drop(self.registry.tasks()),
                4 => {
                    let ids = self.registry.tasks();
                    ids.iter().take(2).filter_map(|task| self.registry.get(task.id)).for_each(|task| task.wake());
                }
                5 => drop(self.spawner.try_spawn(async move { BOOKS.make(1) }).map(JoinHandle::detach)),
                6 => {
                    let canary = BOOKS.make(2);
                    drop(
                        self.spawner
                            .try_spawn_with(move || async move { canary })
                            .map(|handle| self.handles.push(handle)),
                    );
                }
                _ => {
                    if let Some(mut handle) = self.handles.pop() {
                        let waker = handle.task().waker();
                        let polled = poll(&mut handle, &waker);
                        match polled {
                            Poll::Ready(Ok(canary)) => drop(canary),
                            Poll::Ready(Err(error)) => assert!(!error.is_panic(), "{error}"),
                            Poll::Pending => self.handles.insert(0, handle),
                        }
                    }
                }
            }
        }
    }
}

fn executors_end_while_others_use_what_is_left<M: Stored>() {
    let _turn = turn();
    let (queues, threads): (Vec<_>, Vec<_>) = (0..THREADS)
        .map(|_| {
            let (queue, left) = mpsc::sync_channel::<Left<M>>(1);
            let thread = thread::spawn(move || {
                let mut random = Random::new();
                left.into_iter().for_each(|left| left.use_up(&mut random));
            });
            (queue, thread)
        })
        .unzip();
    let mut random = Random::new();
    for () in Budget::new() {
        let executor = if random.once_in(2) { M::executor() } else { M::small_executor(1000) };
        for queue in &queues {
            let handles: Vec<_> = (0..TASKS)
                .filter_map(|number| {
                    let canary = BOOKS.make(0);
                    let spawned = executor.try_spawn(async move {
                        for _ in 0..number / 2 {
                            yield_now().await;
                        }
                        if number % 2 == 0 {
                            pending::<()>().await;
                        }
                        canary
                    });
                    // The others may have filled it.
                    spawned.ok()
                })
                .collect();
            let (mut tasks, mut wakers) = (Vec::new(), Vec::new());
            for handle in &handles {
                tasks.push(handle.task());
                wakers.push(handle.task().waker());
            }
            let left = Left { handles, tasks, wakers, spawner: executor.spawner(), registry: executor.registry() };
            queue.send(left).expect("they listen until the end");
        }
        executor.tick(random.below(4 * TASKS));
        if random.once_in(2) {
            thread::yield_now();
        }
        drop(executor);
    }
    drop(queues);
    for thread in threads {
        thread.join().expect("no panic");
    }
    BOOKS.balance();
}

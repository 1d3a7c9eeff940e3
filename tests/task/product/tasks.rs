//! Run by two threads that take turns on the queue of `Tasks`.

use std::{
    cell::Cell,
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::Poll,
    thread::{self, ThreadId},
};

use flagstone::task::{JoinHandle, Runnable, Schedule, Tasks};

use super::{
    circumstance::Circumstance,
    script::{System, play},
    subject::{Output, Subject},
};
use crate::{
    storages::{Stored, on_every_storage},
    trials::poll_fn,
};

on_every_storage! {
    every_circumstance_on_two_threads
}

#[derive(Default)]
struct Queue(Mutex<VecDeque<Runnable>>);

impl Schedule for Queue {
    fn schedule(&self, task: Runnable) {
        self.0.lock().unwrap().push_back(task);
    }
}

type Order = mpsc::Sender<mpsc::Sender<ThreadId>>;

struct Crew<M: Stored> {
    tasks: Option<Arc<Tasks<Queue, M>>>,
    /// Each worker runs two tasks and reports it when it is asked to.
    workers: [Order; 2],
    turns: Cell<usize>,
    polls: Arc<AtomicUsize>,
    seen: Cell<usize>,
}

impl<M: Stored + Send + Sync> Crew<M> {
    fn new() -> Self {
        let tasks = Arc::new(Tasks::with_storage(Queue::default(), M::unbounded()));
        let polls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&polls);
        let bystander = tasks.spawn(poll_fn::<(), _>(move |context| {
            counted.fetch_add(1, Ordering::Relaxed);
            context.waker().wake_by_ref();
            Poll::Pending
        }));
        bystander.detach();
        let workers = [(); 2].map(|()| {
            let (order, orders) = mpsc::channel::<mpsc::Sender<ThreadId>>();
            let tasks = Arc::downgrade(&tasks);
            thread::spawn(move || {
                for answer in orders {
                    let tasks = tasks.upgrade().expect("the asking thread has it");
                    for _ in 0..2 {
                        let task = tasks.schedule().0.lock().unwrap().pop_front();
                        task.map(Runnable::run);
                    }
                    drop(tasks);
                    answer.send(thread::current().id()).unwrap();
                }
            });
            order
        });
        Self { tasks: Some(tasks), workers, turns: Cell::new(0), polls, seen: Cell::new(0) }
    }
}

impl<M: Stored + Send + Sync> System for Crew<M> {
    fn spawn(&self, subject: Subject) -> JoinHandle<Output> {
        self.tasks.as_ref().unwrap().spawn(subject)
    }

    fn run_once(&self) -> ThreadId {
        self.turns.set(self.turns.get() + 1);
        let (answer, answered) = mpsc::channel();
        self.workers[self.turns.get() % 2].send(answer).unwrap();
        answered.recv().expect("the worker lives")
    }

    fn len(&self) -> usize {
        self.tasks.as_ref().map_or(0, |tasks| tasks.len())
    }

    fn check_bystander(&self) {
        if self.tasks.is_some() {
            let polls = self.polls.load(Ordering::Relaxed);
            assert!(self.seen.replace(polls) < polls, "the bystander was not polled");
        }
    }

    fn shut_down(&mut self) {
        self.end();
    }
}

impl<M: Stored> Crew<M> {
    fn end(&mut self) {
        if let Some(tasks) = self.tasks.take() {
            tasks.shutdown();
            // The queued runnables keep the tasks, and the tasks keep the queue.
            let queued = std::mem::take(&mut *tasks.schedule().0.lock().unwrap());
            drop(queued);
        }
    }
}

impl<M: Stored> Drop for Crew<M> {
    fn drop(&mut self) {
        self.end();
    }
}

fn every_circumstance_on_two_threads<M: Stored + Send + Sync>() {
    let mut crew = Crew::<M>::new();
    for circumstance in Circumstance::all() {
        if crew.tasks.is_none() {
            crew = Crew::new();
        }
        play(&mut crew, circumstance);
    }
}

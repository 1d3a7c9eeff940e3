//! Run by a `LocalExecutor`.

use std::{
    cell::Cell,
    rc::Rc,
    task::Poll,
    thread::{self, ThreadId},
};

use flagstone::task::{JoinHandle, LocalExecutor, TaskRef};

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
    every_circumstance_on_an_executor
}

struct Local<M: Stored> {
    executor: Option<LocalExecutor<M>>,
    bystander: TaskRef,
    polls: Rc<Cell<usize>>,
}

impl<M: Stored> Local<M> {
    fn new() -> Self {
        let (executor, polls) = (M::executor(), Rc::new(Cell::new(0)));
        let counted = Rc::clone(&polls);
        let bystander = executor.spawn(poll_fn::<(), _>(move |_| {
            counted.set(counted.get() + 1);
            Poll::Pending
        }));
        executor.tick(1);
        Self { executor: Some(executor), bystander: bystander.task(), polls }
    }
}

impl<M: Stored> System for Local<M> {
    fn spawn(&self, subject: Subject) -> JoinHandle<Output> {
        self.executor.as_ref().unwrap().spawn(subject)
    }

    fn run_once(&self) -> ThreadId {
        // Polls the subject, if it is queued: no other task is.
        self.executor.as_ref().unwrap().tick(1);
        thread::current().id()
    }

    fn len(&self) -> usize {
        self.executor.as_ref().map_or(0, LocalExecutor::len)
    }

    fn check_bystander(&self) {
        if let Some(executor) = &self.executor {
            let polls = self.polls.get();
            self.bystander.wake();
            executor.tick(1);
            assert_eq!(self.polls.get(), polls + 1, "the bystander was not polled");
        }
    }

    fn shut_down(&mut self) {
        self.executor = None;
    }
}

fn every_circumstance_on_an_executor<M: Stored>() {
    let mut local = Local::<M>::new();
    for circumstance in Circumstance::all() {
        if local.executor.is_none() {
            local = Local::new();
        }
        play(&mut local, circumstance);
    }
}

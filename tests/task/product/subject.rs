//! The future that is put into all circumstances, and its output.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    thread::{self, ThreadId},
};

use flagstone::task::{JoinHandle, TaskRef};

use super::circumstance::{Cancelled, Circumstance, Ends, Handle, Woken};
use crate::trials::elsewhere;

/// What has happened to one task, and what it must still do from inside.
#[derive(Default)]
pub(super) struct Log {
    pub(super) polls: Mutex<Vec<ThreadId>>,
    pub(super) future_dropped: Mutex<Vec<ThreadId>>,
    pub(super) output_made: Mutex<usize>,
    pub(super) output_dropped: Mutex<Vec<ThreadId>>,
    /// What `cancel` returned.
    pub(super) cancels: Mutex<Option<bool>>,
    pub(super) waker: Mutex<Option<Waker>>,
    pub(super) task: Mutex<Option<TaskRef>>,
    /// The handle, where the future may take it.
    pub(super) handle: Mutex<Option<JoinHandle<Output>>>,
}

impl Log {
    pub(super) fn cancel(&self) {
        let task = self.task.lock().unwrap().clone().expect("the task has been spawned");
        let said = task.cancel();
        assert_eq!(self.cancels.lock().unwrap().replace(said), None, "it is cancelled once");
    }
}

pub(super) struct Subject {
    circumstance: Circumstance,
    log: Arc<Log>,
    polls: usize,
    /// On the heap, so that a second drop is a double free too.
    canary: Box<u64>,
}

const ALIVE: u64 = 0xA11C_E5A1;

impl Subject {
    pub(super) fn new(circumstance: Circumstance, log: &Arc<Log>) -> Self {
        Self { circumstance, log: Arc::clone(log), polls: 0, canary: Box::new(ALIVE) }
    }
}

impl Future for Subject {
    type Output = Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Output> {
        let this = self.get_mut();
        let (circumstance, log) = (this.circumstance, &this.log);
        assert_eq!(*this.canary, ALIVE);
        this.polls += 1;
        log.polls.lock().unwrap().push(thread::current().id());
        if circumstance.handle == Handle::DroppedInside {
            let handle = log.handle.lock().unwrap().take();
            drop(handle);
        }
        let is_last = this.polls == 1 + usize::from(circumstance.pending_first);
        match circumstance.cancelled {
            Cancelled::InsideTheFirstPoll if this.polls == 1 => log.cancel(),
            Cancelled::InsideTheLastPoll if is_last => log.cancel(),
            _ => {}
        }
        let waker = context.waker();
        if !is_last {
            match circumstance.woken {
                Woken::Inside => waker.wake_by_ref(),
                Woken::InsideElsewhere => elsewhere(|| waker.wake_by_ref()),
                Woken::Here | Woken::Elsewhere => *log.waker.lock().unwrap() = Some(waker.clone()),
            }
            return Poll::Pending;
        }
        match circumstance.ends {
            Ends::Never => Poll::Pending,
            Ends::PanicsInPoll => panic!("the subject panics in its poll"),
            _ => {
                *log.output_made.lock().unwrap() += 1;
                let panics = circumstance.ends == Ends::OutputPanicsInItsDrop;
                Poll::Ready(Output { panics, log: Arc::clone(log), canary: Box::new(ALIVE) })
            }
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        assert_eq!(std::mem::take(&mut *self.canary), ALIVE);
        self.log.future_dropped.lock().unwrap().push(thread::current().id());
        assert!(self.circumstance.ends != Ends::PanicsInItsDrop, "the subject panics in its drop");
    }
}

pub(super) struct Output {
    pub(super) panics: bool,
    log: Arc<Log>,
    canary: Box<u64>,
}

impl Drop for Output {
    fn drop(&mut self) {
        assert_eq!(std::mem::take(&mut *self.canary), ALIVE);
        self.log.output_dropped.lock().unwrap().push(thread::current().id());
        assert!(!self.panics, "the output panics in its drop");
    }
}

//! Puts one task into one circumstance, and compares.

use std::{
    mem,
    sync::Arc,
    task::{Poll, Waker},
    thread::{self, ThreadId},
};

use flagstone::task::{JoinHandle, TaskState};

use super::{
    circumstance::{Cancelled, Circumstance, Ends, Handle, Woken},
    oracle::{DroppedBy, Expected, Yields, expect},
    subject::{Log, Output, Subject},
};
use crate::{
    trials::{attempt, elsewhere, poll, said},
    wakers::Wakes,
};

/// What runs the task.
pub(super) trait System {
    fn spawn(&self, subject: Subject) -> JoinHandle<Output>;
    /// Polls all queued tasks, once; returns the thread that did.
    fn run_once(&self) -> ThreadId;
    /// How many tasks there are.
    fn len(&self) -> usize;
    /// Other tasks go on.
    fn check_bystander(&self);
    /// Shuts down on this thread.
    fn shut_down(&mut self);
}

/// Runs one circumstance, and names it if something is wrong.
pub(super) fn play(system: &mut impl System, circumstance: Circumstance) {
    if let Err(panic) = attempt(|| play_it(system, circumstance)) {
        panic!("{circumstance:?}: {}", said(&*panic));
    }
}

fn play_it(system: &mut impl System, circumstance: Circumstance) {
    let expected = expect(&circumstance);
    let log = Arc::new(Log::default());
    let wakes = Wakes::new();
    let before = system.len();
    let handle = system.spawn(Subject::new(circumstance, &log));
    *log.task.lock().unwrap() = Some(handle.task());
    *log.handle.lock().unwrap() = Some(handle);
    let at = |moment: Cancelled| {
        if circumstance.cancelled == moment {
            log.cancel();
        }
    };

    // Before it runs.
    let polls_at_once = matches!(circumstance.handle, Handle::JoinedFromTheStart | Handle::DroppedPolled);
    if polls_at_once {
        let waker = wakes.waker();
        assert!(poll(log.handle.lock().unwrap().as_mut().unwrap(), &waker).is_pending());
    }
    if matches!(circumstance.handle, Handle::DroppedBefore | Handle::DroppedPolled) {
        drop_handle(&log);
    }
    at(Cancelled::Before);
    let mut runners = vec![system.run_once()];
    // Not while the subject is queued: it would go first.
    let is_queued = || log.task.lock().unwrap().as_ref().unwrap().info().state == TaskState::Scheduled;
    if !is_queued() {
        system.check_bystander();
    }

    // Between its polls.
    if circumstance.pending_first && expected.polls > 0 {
        at(Cancelled::Asleep);
        if circumstance.handle == Handle::DroppedAsleep {
            drop_handle(&log);
        }
        if let Some(waker) = log.waker.lock().unwrap().take() {
            match circumstance.woken {
                Woken::Elsewhere => elsewhere(move || waker.wake()),
                _ => waker.wake(),
            }
        }
        at(Cancelled::Queued);
        // Once more than needed: then nothing may happen.
        runners.push(system.run_once());
        runners.push(system.run_once());
        if !is_queued() {
            system.check_bystander();
        }
    }
    at(Cancelled::After);
    if circumstance.ends == Ends::Never {
        runners.push(system.run_once());
        if expected.yields == Yields::ShutDown {
            system.shut_down();
            runners.push(thread::current().id());
        }
    }

    check_end(&log, &expected, &runners);
    check_handle(circumstance, &log, &expected, &runners, &wakes);
    let task = log.task.lock().unwrap().take().unwrap();
    assert!(task.is_finished() && !task.cancel() && task.info().state == TaskState::Finished);
    let id = task.id();
    assert_eq!((task.info().id, task.info().polls as usize), (id, expected.polls));
    task.wake();
    drop(task);
    assert_eq!(system.len(), if expected.yields == Yields::ShutDown { 0 } else { before });
    if expected.yields != Yields::ShutDown {
        system.run_once();
    }
    system.check_bystander();
    assert_eq!(log.polls.lock().unwrap().len(), expected.polls, "polled after its end");
    assert_eq!(Arc::strong_count(&log), 1, "something of the task is left");
}

fn drop_handle(log: &Log) {
    drop(log.handle.lock().unwrap().take().unwrap());
}

/// The task has ended.
fn check_end(log: &Log, expected: &Expected, runners: &[ThreadId]) {
    let polls = log.polls.lock().unwrap().clone();
    assert_eq!(polls.len(), expected.polls, "polls");
    assert!(polls.iter().all(|thread| runners.contains(thread)));
    let dropped = log.future_dropped.lock().unwrap().clone();
    assert_eq!(dropped.len(), 1, "drops of the future");
    assert!(runners.contains(&dropped[0]), "the future was dropped by a thread that does not run it");
    if let Some(said) = *log.cancels.lock().unwrap() {
        assert_eq!(said, expected.cancels, "what `cancel` says");
    }
    assert_eq!(*log.output_made.lock().unwrap(), usize::from(expected.output != DroppedBy::Nobody));
    let expected = usize::from(expected.output == DroppedBy::Runner);
    assert_eq!(log.output_dropped.lock().unwrap().len(), expected, "drops of the output");
}

/// What the handle yields, if it still exists; and where the output is dropped.
fn check_handle(circumstance: Circumstance, log: &Log, expected: &Expected, runners: &[ThreadId], wakes: &Arc<Wakes>) {
    let waits = circumstance.handle == Handle::JoinedFromTheStart;
    assert_eq!(wakes.count(), usize::from(waits), "wakes of the joiner");
    let handle = log.handle.lock().unwrap().take();
    let is_joined =
        matches!(circumstance.handle, Handle::JoinedFromTheStart | Handle::JoinedAfter | Handle::JoinedAfterElsewhere);
    let is_elsewhere = matches!(circumstance.handle, Handle::DroppedAfterElsewhere | Handle::JoinedAfterElsewhere);
    if let Some(handle) = handle {
        assert!(handle.is_finished());
        let behaviour = || match is_joined {
            true => check_yield(handle, expected),
            false => drop_finished(handle),
        };
        if is_elsewhere { elsewhere(behaviour) } else { behaviour() }
    }
    let dropped = log.output_dropped.lock().unwrap().clone();
    match expected.output {
        DroppedBy::Nobody => assert_eq!(dropped, []),
        DroppedBy::Runner => assert!(dropped.len() == 1 && runners.contains(&dropped[0]), "{dropped:?}"),
        DroppedBy::Holder if is_elsewhere => {
            assert!(dropped.len() == 1 && dropped[0] != thread::current().id(), "{dropped:?}");
        }
        DroppedBy::Holder => assert_eq!(dropped, [thread::current().id()]),
    }
}

/// An output's destructor may panic, and the panic propagates only to the thread that drops the handle.
fn drop_finished(handle: JoinHandle<Output>) {
    if let Err(panic) = attempt(|| drop(handle)) {
        assert_eq!(said(&*panic), "the output panics in its drop");
    }
}

fn check_yield(mut handle: JoinHandle<Output>, expected: &Expected) {
    let defuse = |output: Output| {
        let mut output = output;
        mem::take(&mut output.panics);
    };
    let id = handle.id();
    let Poll::Ready(result) = poll(&mut handle, Waker::noop()) else { panic!("it has ended") };
    let error = match result {
        Ok(output) => {
            assert_eq!(expected.yields, Yields::Output);
            return defuse(output);
        }
        Err(error) => error,
    };
    assert_eq!(error.id(), id);
    let is = (error.is_cancelled(), error.is_panic(), error.is_shut_down());
    match expected.yields {
        Yields::Output => panic!("{error}"),
        Yields::Cancelled | Yields::CancelledWithOutput => {
            assert_eq!(is, (true, false, false), "{error}");
            assert_eq!(error.output().is_some(), expected.yields == Yields::CancelledWithOutput);
            error.into_output().map(defuse);
        }
        Yields::Panic => {
            assert_eq!(is, (false, true, false), "{error}");
            assert!(error.output().is_none());
            let payload = error.try_into_panic().unwrap_or_else(|error| panic!("{error}"));
            assert!(said(&*payload).starts_with("the subject panics in its "), "{}", said(&*payload));
        }
        Yields::ShutDown => {
            assert_eq!(is, (false, false, true), "{error}");
            assert!(error.try_into_panic().unwrap_err().into_output().is_none());
        }
    }
}

//! Tasks, their executors, and what other threads do to them.
//!
//! Through the public interface. What a waker or a poll writes is either in a cell that `loom` watches ([`Value`],
//! [`Canary`]: a thread that reads it must be ordered after the writer), or a letter ([`Mailbox`]) that orders nothing:
//! then a task that has missed it must be polled again. Executors are driven by `tick` where possible, because parking
//! and unparking order threads too, which would hide an ordering that the task layer lacks.
//!
//! [`Value`]: crate::value::Value
//! [`Canary`]: crate::value::Canary
//! [`Mailbox`]: crate::mailbox::Mailbox

mod scheduler;

mod cancelling;
mod claiming;
mod driving;
mod ending;
mod joining;
mod listing;
mod parking;
mod references;
mod runners;
mod waking;

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use flagstone::task::{JoinError, JoinHandle};

use crate::{
    bell,
    count::Count,
    mailbox::Mailbox,
    value::{Tally, Value},
};

/// A future that is ready, with a value of this number, when it finds all letters. It counts its polls, and reads the
/// value at each.
fn reader(
    letters: &[Mailbox],
    polls: &Count,
    tally: &Tally,
    number: usize,
) -> impl Future<Output = Value> + Send + use<> {
    let (letters, polls, mut value) = (letters.to_vec(), polls.clone(), Some(tally.value(number)));
    poll_fn(move |_| {
        polls.add();
        // Written, so that two polls at once would be seen.
        value.as_mut().expect("a future is not polled after its end").change(number);
        if letters.iter().all(|letter| letter.look().is_some()) {
            Poll::Ready(value.take().expect("it was just there"))
        } else {
            Poll::Pending
        }
    })
}

/// A future that is ready at once, with a value of this number.
fn ready(tally: &Tally, number: usize) -> impl Future<Output = Value> + Send + use<> {
    let value = tally.value(number);
    async move { value }
}

/// A future that never is ready, and has a value of this number.
fn pending(tally: &Tally, number: usize) -> impl Future<Output = Value> + Send + use<> {
    let mut value = tally.value(number);
    poll_fn(move |_| {
        value.change(number);
        Poll::Pending
    })
}

/// One poll of a join handle.
fn poll_join(handle: &mut JoinHandle<Value>, bell: &Arc<bell::Bell>) -> Poll<Result<Value, JoinError<Value>>> {
    Pin::new(handle).poll(&mut Context::from_waker(&bell.clone().into()))
}

/// What the task of a handle has come to, which has ended.
fn joined(mut handle: JoinHandle<Value>) -> Result<Value, JoinError<Value>> {
    match poll_join(&mut handle, &Arc::default()) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the task has not ended"),
    }
}

/// In a word, what a task has come to. Its output is read.
fn word(result: &Result<Value, JoinError<Value>>, number: usize) -> &'static str {
    match result {
        Ok(value) => {
            assert_eq!(value.read(), number);
            "output"
        }
        Err(error) if error.is_shut_down() => "shut down",
        Err(error) if error.is_cancelled() => match error.output() {
            None => "cancelled",
            Some(value) => {
                assert_eq!(value.read(), number);
                "cancelled, with output"
            }
        },
        Err(error) => panic!("{error}"),
    }
}

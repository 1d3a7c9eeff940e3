//! From a thread, which may block, to a future, which may not: a channel with a bound whose receiver is woken.

#[cfg(test)]
#[path = "mailbox/tests.rs"]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crossbeam_channel::TryRecvError;

/// Creates a mailbox for so many values.
pub(crate) fn mailbox<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = crossbeam_channel::bounded(capacity);
    let waiting = Arc::new(Waiting::default());
    (Sender { values: Some(sender), waiting: Arc::clone(&waiting) }, Receiver { values: receiver, waiting })
}

/// A thread's end. When it is dropped, the receiver learns that nothing comes any more.
#[derive(Debug)]
pub(crate) struct Sender<T> {
    /// `None` while it is dropped.
    values: Option<crossbeam_channel::Sender<T>>,
    waiting: Arc<Waiting>,
}

/// A future's end.
#[derive(Debug)]
pub(crate) struct Receiver<T> {
    values: crossbeam_channel::Receiver<T>,
    waiting: Arc<Waiting>,
}

/// The receiver is gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// Who is to be woken, if anybody waits.
#[derive(Debug, Default)]
struct Waiting {
    waker: Mutex<Option<Waker>>,
}

impl Waiting {
    fn register(&self, waker: &Waker) {
        let mut waiting = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waiting {
            Some(known) => known.clone_from(waker), // nothing is cloned if it is the same
            None => *waiting = Some(waker.clone()),
        }
    }

    /// Wakes whoever waits, once, and returns whether somebody did. The lock is not held meanwhile.
    fn wake(&self) -> bool {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        waker.map(Waker::wake).is_some()
    }
}

impl<T> Sender<T> {
    /// Puts a value in, as soon as there is room, and wakes the receiver. Returns whether that waited.
    pub(crate) fn send(&self, value: T) -> Result<bool, Gone> {
        let values = self.values.as_ref().expect("it is there until it is dropped");
        values.send(value).map_err(|_| Gone)?;
        Ok(self.waiting.wake())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.values = None; // before the wake, so that it is seen
        self.waiting.wake();
    }
}

impl<T> Receiver<T> {
    /// Takes a value out. `None`: nothing comes any more.
    pub(crate) fn poll_receive(&self, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.look_twice(context, || ())
    }

    /// What is sent `between` the two looks wakes nobody.
    fn look_twice(&self, context: &mut Context<'_>, between: impl FnOnce()) -> Poll<Option<T>> {
        let received = self.try_receive();
        if received.is_ready() {
            return received;
        }
        between();
        self.waiting.register(context.waker());
        self.try_receive()
    }

    fn try_receive(&self) -> Poll<Option<T>> {
        match self.values.try_recv() {
            Ok(value) => Poll::Ready(Some(value)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

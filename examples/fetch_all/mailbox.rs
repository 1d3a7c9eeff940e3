//! A bounded channel from a thread, which may block, to a future, which may not and is woken.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crossbeam_channel::TryRecvError;

/// Creates a mailbox for `capacity` values.
pub(crate) fn mailbox<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = crossbeam_channel::bounded(capacity);
    let waiting = Arc::new(Waiting::default());
    (Sender { values: Some(sender), waiting: Arc::clone(&waiting) }, Receiver { values: receiver, waiting })
}

/// The thread's end. When it is dropped, the receiver learns that no more values will arrive.
#[derive(Debug)]
pub(crate) struct Sender<T> {
    /// `None` only during the drop.
    values: Option<crossbeam_channel::Sender<T>>,
    waiting: Arc<Waiting>,
}

/// The future's end.
#[derive(Debug)]
pub(crate) struct Receiver<T> {
    values: crossbeam_channel::Receiver<T>,
    waiting: Arc<Waiting>,
}

/// The receiver was dropped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// The waker of the receiver, if it waits.
#[derive(Debug, Default)]
struct Waiting {
    waker: Mutex<Option<Waker>>,
}

impl Waiting {
    fn register(&self, waker: &Waker) {
        let mut waiting = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waiting {
            Some(known) => known.clone_from(waker), // does not clone if it is the same waker
            None => *waiting = Some(waker.clone()),
        }
    }

    /// Wakes the receiver once if it waits, and returns whether it did. The lock is not held during the wake.
    fn wake(&self) -> bool {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        waker.map(Waker::wake).is_some()
    }
}

impl<T> Sender<T> {
    /// Blocks until there is room, sends a value and wakes the receiver. Returns whether the receiver waited.
    pub(crate) fn send(&self, value: T) -> Result<bool, Gone> {
        let values = self.values.as_ref().expect("it is present until the drop");
        values.send(value).map_err(|_| Gone)?;
        Ok(self.waiting.wake())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.values = None; // before the wake, so that the receiver sees it
        self.waiting.wake();
    }
}

impl<T> Receiver<T> {
    /// Receives a value, or `None` if no more will arrive.
    pub(crate) fn poll_receive(&self, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.look_twice(context, || ())
    }

    /// A value that is sent `between` the two attempts wakes no receiver, so the second attempt must find it.
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

//! Keys of directories for the walkers, and how the walkers learn that there are no more.
//!
//! The walkers themselves fill the queue from which they are fed, so it being empty says nothing,
//! and no walker may be the one to close it. The queue therefore counts the directories that are
//! *unread*: sent, and not yet read to the end. A walker sends the children of a directory while
//! that directory counts as unread itself; the count falls to zero only when no directory is
//! waiting and no walker is reading one, and can rise no more. Who takes it there sends [`NO_KEY`],
//! which every walker passes on to the next.
//!
//! The queue is unbounded: a walker that waited for room here would wait for walkers.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crossbeam_channel::{Receiver, Sender, unbounded};

/// A number that a slab promises never to use as a key: "nothing" where a key is published, "no
/// more" where keys are sent.
pub(crate) const NO_KEY: usize = usize::MAX;

/// The directories that wait for a walker.
#[derive(Debug)]
pub(crate) struct DirectoryQueue {
    sender: Sender<usize>,
    receiver: Receiver<usize>,
    unread: AtomicUsize,
}

/// Keeps the walkers waiting for more; the last one to be dropped, also by a panic, ends them.
#[derive(Debug)]
#[must_use]
pub(crate) struct Unread<'a>(&'a DirectoryQueue);

impl DirectoryQueue {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = unbounded();
        Self { sender, receiver, unread: AtomicUsize::new(0) }
    }

    /// Sends the key of a directory, on behalf of one that is unread.
    pub(crate) fn send(&self, key: usize, _parent: &Unread<'_>) {
        // Ordering: Relaxed - publishes nothing, the channel does. It cannot come after the end:
        // the parent's own decrement follows it in this thread, so also in the counter's order.
        self.unread.fetch_add(1, Relaxed);
        self.push(key);
    }

    /// Waits for the key of a directory; `None` if there will be no more.
    pub(crate) fn receive(&self) -> Option<(usize, Unread<'_>)> {
        let key = self.receiver.recv().expect("the queue holds a sender");
        if key == NO_KEY {
            self.push(NO_KEY);
            return None;
        }
        Some((key, Unread(self)))
    }

    /// Counts something as unread that was not sent: whoever holds it may send the first key.
    pub(crate) fn begin(&self) -> Unread<'_> {
        // Ordering: Relaxed - publishes nothing.
        self.unread.fetch_add(1, Relaxed);
        Unread(self)
    }

    /// Returns how many directories wait.
    pub(crate) fn len(&self) -> usize {
        self.receiver.len()
    }

    fn push(&self, key: usize) {
        self.sender.send(key).expect("the queue holds a receiver");
    }
}

impl Drop for Unread<'_> {
    fn drop(&mut self) {
        // Ordering: Relaxed - publishes nothing: that the count is zero is all that the walkers
        // are told, and what they counted reaches the main thread when it joins them.
        if self.0.unread.fetch_sub(1, Relaxed) == 1 {
            self.0.push(NO_KEY);
        }
    }
}

//! Keys of directories for the walkers, and how the walkers learn that there are no more.
//!
//! The walkers are both producers and consumers of this queue. So an empty queue does not mean that
//! the crawl has ended, and no single walker may close it. The queue therefore counts the
//! directories that are *unread*: sent, and not yet read to the end. A walker sends the children of
//! a directory while that directory itself still counts as unread. So the count reaches zero only
//! when no directory is waiting and no walker is reading one, and it cannot rise again. The thread
//! that decrements it to zero sends [`NO_KEY`], which every walker passes on to the next.
//!
//! The queue is unbounded, because a walker that waited for room here would wait for other walkers.

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

/// Keeps the walkers waiting for more directories. When the last one is dropped, even by a panic,
/// the walkers end.
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
        // Ordering: Relaxed - publishes nothing, the channel does. It cannot follow the decrement
        // to zero: the parent's own decrement follows it in this thread, so also in the counter's
        // order.
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

    /// Counts one unread item that was not sent. Its holder may send the first key.
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
        // Ordering: Relaxed - publishes nothing: the walkers learn only that the count is zero.
        // What they counted reaches the main thread when it joins them.
        if self.0.unread.fetch_sub(1, Relaxed) == 1 {
            self.0.push(NO_KEY);
        }
    }
}

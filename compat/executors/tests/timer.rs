//! Timers on their own thread, which wakes the tasks that wait for them.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, Mutex, mpsc},
    task::{Poll, Waker},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// A deadline, and the number of the wait.
type End = (Instant, usize);
/// The place of the waker.
type Place = Arc<Mutex<Option<Waker>>>;

pub(crate) struct Timer {
    ends: mpsc::Sender<(End, Place)>,
    thread: JoinHandle<()>,
}

impl Timer {
    pub(crate) fn new() -> Self {
        let (ends, more) = mpsc::channel();
        let thread = thread::spawn(move || {
            let (mut waiting, mut is_open) = (BTreeMap::<End, Place>::new(), true);
            while is_open || !waiting.is_empty() {
                match more.recv_timeout(Duration::from_micros(200)) {
                    Ok((end, waker)) => drop(waiting.insert(end, waker)),
                    Err(mpsc::RecvTimeoutError::Timeout) => {}
                    Err(mpsc::RecvTimeoutError::Disconnected) => is_open = false,
                }
                let now = Instant::now();
                while let Some(first) = waiting.first_entry().filter(|first| first.key().0 <= now) {
                    let waker = first.remove().lock().unwrap().take();
                    waker.into_iter().for_each(Waker::wake);
                }
            }
        });
        Self { ends, thread }
    }

    /// Waits for so many microseconds.
    pub(crate) fn wait(&self, number: usize, micros: u64) -> impl Future<Output = ()> + Send + use<> {
        let end = Instant::now() + Duration::from_micros(micros);
        let (ends, place, mut is_known) = (self.ends.clone(), Arc::new(Mutex::new(None)), false);
        poll_fn(move |context| {
            if Instant::now() >= end {
                return Poll::Ready(());
            }
            *place.lock().unwrap() = Some(context.waker().clone());
            if !std::mem::replace(&mut is_known, true) {
                ends.send(((end, number), Arc::clone(&place))).unwrap();
            }
            Poll::Pending
        })
    }

    /// Ends the thread, when no task waits any more.
    pub(crate) fn end(self) {
        drop(self.ends);
        self.thread.join().unwrap();
    }
}

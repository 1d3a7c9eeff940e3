//! Threads that read, and the futures that wait for them.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::thread::{Builder, JoinHandle};

use crate::item::{Item, Outcome};
use crate::mailbox::{Receiver, Sender, mailbox};

const CHUNK: usize = 64 * 1024;

/// A pool of threads. What waits for one of them has no bound here: the set has it.
#[derive(Debug)]
pub(crate) struct Readers {
    jobs: crossbeam_channel::Sender<Job>,
    gauge: Arc<Gauge>,
    threads: Vec<JoinHandle<()>>,
}

/// A read. At its first poll it hands its job to a reader, which wakes it: the second has the outcome.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub(crate) struct Read<'a> {
    readers: &'a Readers,
    item: Arc<Item>,
    /// `None`: a reader has it, or had.
    job: Option<Job>,
    reply: Receiver<Outcome>,
}

/// What a read comes to.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) item: Arc<Item>,
    pub(crate) outcome: Outcome,
}

/// What happened in all, for the summary and to be verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) threads: usize,
    /// Reads that were handed to a reader.
    pub(crate) started: u64,
    /// Reads that a reader was done with.
    pub(crate) completed: u64,
    /// The most that were between the two at the same time.
    pub(crate) most_in_flight: u64,
    /// Reads that were woken, by readers.
    pub(crate) woken: u64,
    /// Polls of reads.
    pub(crate) polls: u64,
}

/// The counts as they grow. Threads that are joined have written them all: nothing else is published by them.
#[derive(Debug, Default)]
struct Gauge {
    started: AtomicU64,
    completed: AtomicU64,
    in_flight: AtomicU64,
    most_in_flight: AtomicU64,
    woken: AtomicU64,
    polls: AtomicU64,
    ready: AtomicU64,
}

/// How far the reads are, while they are.
#[derive(Clone, Debug)]
pub(crate) struct Turnover(Arc<Gauge>);

impl Turnover {
    /// Reads that a reader is done with.
    pub(crate) fn completed(&self) -> u64 {
        self.0.completed.load(Relaxed)
    }

    /// Of these, those that were polled since.
    pub(crate) fn ready(&self) -> u64 {
        self.0.ready.load(Relaxed)
    }
}

#[derive(Debug)]
struct Job {
    item: Arc<Item>,
    /// Dropped by a reader that panics, too: then nothing was sent, and the read is told so.
    reply: Sender<Outcome>,
}

impl Readers {
    /// Starts so many threads.
    ///
    /// # Errors
    ///
    /// If one cannot be started.
    pub(crate) fn start(threads: usize) -> io::Result<Self> {
        let (jobs, waiting) = crossbeam_channel::unbounded();
        let gauge = Arc::new(Gauge::default());
        let start = |_| {
            let (waiting, gauge) = (waiting.clone(), Arc::clone(&gauge));
            Builder::new().name("reader".to_owned()).spawn(move || run(&waiting, &gauge)).map_err(|error| {
                let reason = format!("cannot start {threads} reader threads ({error}): try fewer, by --readers");
                io::Error::new(error.kind(), reason)
            })
        };
        let threads = (0..threads).map(start).collect::<io::Result<_>>()?;
        Ok(Self { jobs, gauge, threads })
    }

    /// A future that reads an item.
    pub(crate) fn read(&self, item: Arc<Item>) -> Read<'_> {
        let (sender, reply) = mailbox(1);
        let job = Job { item: Arc::clone(&item), reply: sender };
        Read { readers: self, item, job: Some(job), reply }
    }

    pub(crate) fn turnover(&self) -> Turnover {
        Turnover(Arc::clone(&self.gauge))
    }

    fn submit(&self, job: Job) {
        self.gauge.started.fetch_add(1, Relaxed);
        let in_flight = self.gauge.in_flight.fetch_add(1, Relaxed) + 1;
        self.gauge.most_in_flight.fetch_max(in_flight, Relaxed);
        let _ = self.jobs.send(job); // if no reader is left, the job is dropped, and the read told so
    }

    /// Waits for the threads to end, and returns what happened.
    ///
    /// # Errors
    ///
    /// If one of them panicked.
    pub(crate) fn finish(self) -> io::Result<Counts> {
        drop(self.jobs);
        let threads = self.threads.len();
        for thread in self.threads {
            thread.join().map_err(|_panic| io::Error::other("a reader's thread has panicked: it has a bug"))?;
        }
        let gauge = self.gauge;
        let [started, completed, most_in_flight, woken, polls] =
            [&gauge.started, &gauge.completed, &gauge.most_in_flight, &gauge.woken, &gauge.polls]
                .map(|count| count.load(Relaxed));
        Ok(Counts { threads, started, completed, most_in_flight, woken, polls })
    }
}

/// Reads until there is nobody left to ask for it.
fn run(jobs: &crossbeam_channel::Receiver<Job>, gauge: &Gauge) {
    for Job { item, reply } in jobs {
        let outcome = item.read(CHUNK);
        // Before it is known to be ready, as another read may be started then.
        gauge.completed.fetch_add(1, Relaxed);
        gauge.in_flight.fetch_sub(1, Relaxed);
        if reply.send(outcome) == Ok(true) {
            gauge.woken.fetch_add(1, Relaxed);
        }
    }
}

impl Future for Read<'_> {
    type Output = Finished;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Finished> {
        self.readers.gauge.polls.fetch_add(1, Relaxed);
        match self.reply.poll_receive(context) {
            Poll::Ready(reply) => {
                self.readers.gauge.ready.fetch_add(1, Relaxed);
                let outcome = reply.unwrap_or_else(|| Err("the thread that read it has panicked".to_owned()));
                Poll::Ready(Finished { item: Arc::clone(&self.item), outcome })
            }
            Poll::Pending => {
                // Only now, when the reader knows whom to wake: no poll is needed to tell it later.
                if let Some(job) = self.job.take() {
                    self.readers.submit(job);
                }
                Poll::Pending
            }
        }
    }
}

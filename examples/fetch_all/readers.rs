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

/// A pool of threads. The queue of jobs has no bound of its own: the set limits it.
#[derive(Debug)]
pub(crate) struct Readers {
    jobs: crossbeam_channel::Sender<Job>,
    gauge: Arc<Gauge>,
    threads: Vec<JoinHandle<()>>,
}

/// A read. At its first poll it hands its job to a reader, which wakes it. The second poll returns the outcome.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub(crate) struct Read<'a> {
    readers: &'a Readers,
    item: Arc<Item>,
    /// `None` once it was handed to a reader.
    job: Option<Job>,
    reply: Receiver<Outcome>,
}

/// The output of a read.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) item: Arc<Item>,
    pub(crate) outcome: Outcome,
}

/// The totals, for the summary and the verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) threads: usize,
    /// Reads that were handed to a reader.
    pub(crate) started: u64,
    /// Reads that a reader completed.
    pub(crate) completed: u64,
    /// The largest number of reads that were started and not completed at the same time.
    pub(crate) most_in_flight: u64,
    /// Reads that were woken, by readers.
    pub(crate) woken: u64,
    /// Polls of reads.
    pub(crate) polls: u64,
}

/// The running counts. They publish nothing: they are final once the threads are joined.
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

/// The progress of the reads, for another thread.
#[derive(Clone, Debug)]
pub(crate) struct Turnover(Arc<Gauge>);

impl Turnover {
    /// Returns how many reads a reader has completed.
    pub(crate) fn completed(&self) -> u64 {
        self.0.completed.load(Relaxed)
    }

    /// Returns how many of these have been polled since.
    pub(crate) fn ready(&self) -> u64 {
        self.0.ready.load(Relaxed)
    }
}

#[derive(Debug)]
struct Job {
    item: Arc<Item>,
    /// A reader that panics drops it without sending, and the read sees that.
    reply: Sender<Outcome>,
}

impl Readers {
    /// Starts the threads.
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
                let reason = format!("cannot start {threads} reader threads ({error}): use fewer with --readers");
                io::Error::new(error.kind(), reason)
            })
        };
        let threads = (0..threads).map(start).collect::<io::Result<_>>()?;
        Ok(Self { jobs, gauge, threads })
    }

    /// Returns a future that reads an item.
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
        let _ = self.jobs.send(job); // if no reader is left, the job is dropped and the read sees it
    }

    /// Waits for the threads to end, and returns the totals.
    ///
    /// # Errors
    ///
    /// If one of them panicked.
    pub(crate) fn finish(self) -> io::Result<Counts> {
        drop(self.jobs);
        let threads = self.threads.len();
        for thread in self.threads {
            thread.join().map_err(|_panic| io::Error::other("a reader's thread has panicked: this is a bug"))?;
        }
        let gauge = self.gauge;
        let [started, completed, most_in_flight, woken, polls] =
            [&gauge.started, &gauge.completed, &gauge.most_in_flight, &gauge.woken, &gauge.polls]
                .map(|count| count.load(Relaxed));
        Ok(Counts { threads, started, completed, most_in_flight, woken, polls })
    }
}

/// Reads until all senders of jobs are dropped.
fn run(jobs: &crossbeam_channel::Receiver<Job>, gauge: &Gauge) {
    for Job { item, reply } in jobs {
        let outcome = item.read(CHUNK);
        // Before the reply is sent, because another read may start after that.
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
                // Only now, because the waker is registered: no further poll is needed to register it.
                if let Some(job) = self.job.take() {
                    self.readers.submit(job);
                }
                Poll::Pending
            }
        }
    }
}

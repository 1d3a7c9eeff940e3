//! Threads that do one thing at a time, when they are told.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::mpsc::{self, Sender},
    thread::{Scope, ScopedJoinHandle},
};

use super::pins::Pins;

type Task<'env> = Box<dyn FnOnce(&mut Pins<'env>) + Send + 'env>;

/// A thread, the end of its queue, and the number that the crate should give it, once it has asked for one.
struct Worker<'scope, 'env> {
    tasks: Sender<Task<'env>>,
    thread: ScopedJoinHandle<'scope, ()>,
    number: Option<usize>,
}

/// The threads of one phase. None: everything is done on the caller's thread.
pub(crate) struct Workers<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    workers: Vec<Option<Worker<'scope, 'env>>>,
    /// The caller's.
    pins: Pins<'env>,
}

impl<'scope, 'env: 'scope> Workers<'scope, 'env> {
    /// As many threads; 0 stands for the caller's own, which must be the only one to have a number.
    pub(crate) fn new(scope: &'scope Scope<'scope, 'env>, threads: usize) -> Self {
        let workers = (0..threads).map(|_| Some(Worker::start(scope))).collect();
        Self { scope, workers, pins: Pins::default() }
    }

    fn chosen(&mut self, worker: usize) -> Option<&mut Worker<'scope, 'env>> {
        let threads = self.workers.len();
        (threads > 0).then(|| self.workers[worker % threads].as_mut().expect("a worker is missing while it restarts"))
    }

    /// How many threads there are, the caller's if it is the only one.
    pub(crate) fn count(&self) -> usize {
        self.workers.len().max(1)
    }

    /// Which of the threads is chosen.
    pub(crate) fn place(&self, worker: usize) -> usize {
        worker % self.count()
    }

    /// Runs `task` on the chosen thread, and waits for it. A panic there is a panic here.
    pub(crate) fn run<R: Send + 'env>(&mut self, worker: usize, task: impl FnOnce() -> R + Send + 'env) -> R {
        self.run_with_pins(worker, |_| task())
    }

    /// The same, with the pins of that thread.
    pub(crate) fn run_with_pins<R: Send + 'env>(
        &mut self,
        worker: usize,
        task: impl FnOnce(&mut Pins<'env>) -> R + Send + 'env,
    ) -> R {
        if self.workers.is_empty() {
            return task(&mut self.pins);
        }
        let worker = self.chosen(worker).expect("there are threads");
        let (sender, result) = mpsc::sync_channel(1);
        let task = Box::new(move |pins: &mut Pins<'env>| {
            let result = panic::catch_unwind(AssertUnwindSafe(|| task(pins)));
            let _ = sender.send(result);
        });
        worker.tasks.send(task).expect("a worker waits for tasks");
        match result.recv().expect("a worker answers") {
            Ok(result) => result,
            Err(panicked) => panic::resume_unwind(panicked),
        }
    }

    /// Lets the chosen thread end, thread-locals and all, and starts another in its place.
    pub(crate) fn restart(&mut self, worker: usize) {
        let threads = self.workers.len();
        if threads > 0 {
            let place = &mut self.workers[worker % threads];
            if let Some(worker) = place.take() {
                worker.end();
            }
            *place = Some(Worker::start(self.scope));
        }
    }

    /// The number that the chosen thread has from its next insertion or pin on: its own, or the lowest that nobody has.
    pub(crate) fn number(&mut self, worker: usize) -> usize {
        let taken: Vec<usize> = self.workers.iter().flatten().filter_map(|worker| worker.number).collect();
        let Some(worker) = self.chosen(worker) else { return 1 };
        let lowest = || (1..).find(|number| !taken.contains(number)).expect("numbers do not run out");
        *worker.number.get_or_insert_with(lowest)
    }

    /// The number that the chosen thread has already.
    pub(crate) fn number_so_far(&mut self, worker: usize) -> Option<usize> {
        self.chosen(worker).map_or(Some(1), |worker| worker.number)
    }
}

impl Drop for Workers<'_, '_> {
    fn drop(&mut self) {
        for worker in self.workers.iter_mut().filter_map(Option::take) {
            worker.end();
        }
    }
}

impl<'scope, 'env: 'scope> Worker<'scope, 'env> {
    fn start(scope: &'scope Scope<'scope, 'env>) -> Self {
        let (tasks, queue) = mpsc::channel::<Task<'env>>();
        let thread = scope.spawn(move || {
            let mut pins = Pins::default();
            queue.into_iter().for_each(|task| task(&mut pins));
        });
        Self { tasks, thread, number: None }
    }
}

impl Worker<'_, '_> {
    fn end(self) {
        drop(self.tasks);
        // Joined by hand: the end of a scope does not wait for thread-local destructors.
        self.thread.join().expect("tasks catch their panics");
    }
}

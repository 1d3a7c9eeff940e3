//! Threads that do one thing at a time, when they are told.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::mpsc::{self, Sender},
    thread::{Scope, ScopedJoinHandle},
};

use flagstone::Slab;

use super::pins::Pins;

type Task<'env> = Box<dyn FnOnce(&mut Pins<'env>) + Send + 'env>;

/// By this each thread gets a number before it does anything else, so that all numbers are known.
static REGISTRY: Slab<()> = Slab::new();

fn register() {
    drop(REGISTRY.pin());
}

/// The number of the caller's thread, which comes first.
const OF_THE_CALLER: usize = 1;

/// A thread, the end of its queue, and the number that the crate has given it.
struct Worker<'scope, 'env> {
    tasks: Sender<Task<'env>>,
    thread: ScopedJoinHandle<'scope, ()>,
    number: usize,
}

/// The threads of one phase. None: everything is done on the caller's thread.
pub(crate) struct Workers<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    workers: Vec<Option<Worker<'scope, 'env>>>,
    /// The caller's.
    pins: Pins<'env>,
}

impl<'scope, 'env: 'scope> Workers<'scope, 'env> {
    /// As many threads; 0 stands for the caller's own. No others may have numbers.
    pub(crate) fn new(scope: &'scope Scope<'scope, 'env>, threads: usize) -> Self {
        register();
        let mut workers = Self { scope, workers: Vec::new(), pins: Pins::default() };
        for _ in 0..threads {
            let number = workers.lowest_free_number();
            workers.workers.push(Some(Worker::start(scope, number)));
        }
        workers
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
            if let Some(worker) = self.workers[worker % threads].take() {
                worker.end();
            }
            let number = self.lowest_free_number();
            self.workers[worker % threads] = Some(Worker::start(self.scope, number));
        }
    }

    /// The number of the chosen thread.
    pub(crate) fn number(&mut self, worker: usize) -> usize {
        self.chosen(worker).map_or(OF_THE_CALLER, |worker| worker.number)
    }

    /// The numbers of all threads, the caller's among them.
    pub(crate) fn numbers(&self) -> Vec<usize> {
        self.workers.iter().flatten().map(|worker| worker.number).chain([OF_THE_CALLER]).collect()
    }

    fn lowest_free_number(&self) -> usize {
        let taken = self.numbers();
        (1..).find(|number| !taken.contains(number)).expect("numbers do not run out")
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
    /// Starts a thread, and waits until it has its number, which is the lowest free one.
    fn start(scope: &'scope Scope<'scope, 'env>, number: usize) -> Self {
        let (tasks, queue) = mpsc::channel::<Task<'env>>();
        let (registered, wait_for_registered) = mpsc::channel();
        let thread = scope.spawn(move || {
            register();
            registered.send(()).expect("its starter waits");
            let mut pins = Pins::default();
            queue.into_iter().for_each(|task| task(&mut pins));
        });
        wait_for_registered.recv().expect("it registers");
        Self { tasks, thread, number }
    }
}

impl Worker<'_, '_> {
    fn end(self) {
        drop(self.tasks);
        // Joined by hand: the end of a scope does not wait for thread-local destructors.
        self.thread.join().expect("tasks catch their panics");
    }
}

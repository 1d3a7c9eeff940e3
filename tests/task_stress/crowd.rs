//! Many tasks that several threads wake, cancel, join, look at and release, all at once.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    task::{Context, Poll, Waker},
    thread,
};

use flagstone::task::{AbortHandle, JoinHandle, Registry, Runnable, TaskId, TaskRef, Tasks, yield_now};

use super::{
    Budget, Faults,
    canary::{Books, Canary},
    random::Random,
    turn,
};
use crate::{
    storages::{Stored, on_every_storage},
    trials::{OnDrop, poll},
};

on_every_storage! {
    everything_at_once_on_an_executor
    everything_at_once_on_tasks_of_two_threads
}

const THREADS: usize = 3;
/// Tasks that are spawned before those before them have ended.
const AT_ONCE: usize = 16;

static BOOKS: Books = Books::new();
static FAULTS: Faults = Faults::new();

/// An object that a thread may act on.
enum Thing {
    Handle(JoinHandle<Canary<'static>>),
    Task(TaskRef),
    Abort(AbortHandle),
    Waker(Waker),
    Id(TaskId),
}

/// Waits for wakes, gives its wakers away, and returns a canary.
struct Busy {
    things: Sender<Thing>,
    canary: Option<Canary<'static>>,
    key: usize,
    polls_left: usize,
    random: Random,
    polling: bool,
}

impl Busy {
    fn new(key: usize, things: Sender<Thing>, random: &mut Random) -> Self {
        let polls_left = random.below(5);
        Self { things, canary: Some(BOOKS.make(key)), key, polls_left, random: Random::new(), polling: false }
    }
}

impl Future for Busy {
    type Output = Canary<'static>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Canary<'static>> {
        let this = &mut *self;
        // A panic would only end the task.
        let _noted = OnDrop(|| FAULTS.check(!thread::panicking()));
        // No other thread polls it meanwhile, and it is alive.
        assert!(!std::mem::replace(&mut this.polling, true));
        let canary = this.canary.as_mut().expect("it is not polled again");
        canary.check(this.key);
        canary.write();
        this.polling = false;
        if this.polls_left == 0 {
            return Poll::Ready(this.canary.take().expect("it was just seen"));
        }
        this.polls_left -= 1;
        match this.random.below(4) {
            0 => context.waker().wake_by_ref(),
            1 => context.waker().clone().wake(),
            // The thread that receives it wakes the task, if only at the end; otherwise the task would sleep until it
            // is cancelled.
            _ => drop(this.things.send(Thing::Waker(context.waker().clone()))),
        }
        Poll::Pending
    }
}

/// Acts on every object that it receives.
fn meddle(things: &Receiver<Thing>, others: &[Sender<Thing>], registry: &Registry) {
    let mut random = Random::new();
    let mut joining: VecDeque<JoinHandle<Canary<'static>>> = VecDeque::new();
    for thing in things {
        match thing {
            Thing::Waker(waker) => match random.below(3) {
                0 => waker.wake(),
                1 => waker.wake_by_ref(),
                // Passed on. If no thread receives any more, the executor's end ends the task.
                _ => drop(others[random.below(THREADS)].send(Thing::Waker(waker))),
            },
            Thing::Task(task) => match random.below(4) {
                0 => task.wake(),
                1 => drop(task.waker()),
                2 => drop((task.info(), task.clone())),
                _ => drop(task),
            },
            Thing::Abort(abort) => {
                if random.once_in(8) {
                    abort.abort();
                }
            }
            Thing::Id(id) => match random.below(3) {
                0 => drop(registry.info(id)),
                1 if random.once_in(4) => drop(registry.cancel(id)),
                _ if random.once_in(32) => drop(registry.tasks()),
                _ => {}
            },
            Thing::Handle(handle) => match random.below(6) {
                0 => drop(handle),
                1 => drop((handle.cancel(), handle)),
                2 => drop(others[random.below(THREADS)].send(Thing::Handle(handle))),
                _ => joining.push_back(handle),
            },
        }
        if let Some(mut handle) = joining.pop_front() {
            let id = handle.id();
            match poll(&mut handle, Waker::noop()) {
                Poll::Pending => joining.push_back(handle),
                Poll::Ready(Ok(canary)) => drop(canary),
                Poll::Ready(Err(error)) => {
                    assert!(error.id() == id && !error.is_panic(), "{error}");
                    drop(error.into_output());
                }
            }
            if joining.len() > AT_ONCE {
                joining.pop_front();
            }
        }
    }
}

/// Gives a new task's things to the threads.
fn give_away(handle: JoinHandle<Canary<'static>>, others: &[Sender<Thing>], random: &mut Random) {
    for _ in 0..random.below(4) {
        let thing = match random.below(3) {
            0 => Thing::Task(handle.task()),
            1 => Thing::Abort(handle.abort_handle()),
            _ => Thing::Id(handle.id()),
        };
        others[random.below(THREADS)].send(thing).expect("they listen until the end");
    }
    others[random.below(THREADS)].send(Thing::Handle(handle)).expect("they listen until the end");
}

/// Threads that meddle for as long as `act` spawns.
fn with_meddlers(registry: impl Fn() -> Registry, act: impl FnOnce(&[Sender<Thing>])) {
    let (others, things): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel()).unzip();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for things in things {
            let (others, registry, done) = (others.clone(), registry(), &done);
            scope.spawn(move || {
                // They have senders themselves, so no receiver ends by itself.
                while !done.load(Ordering::Acquire) {
                    let (some, few) = mpsc::channel();
                    things.try_iter().take(64).for_each(|thing| some.send(thing).unwrap());
                    drop(some);
                    meddle(&few, &others, &registry);
                    thread::yield_now();
                }
            });
        }
        // Also after a panic: otherwise the scope would wait for ever.
        let _done = OnDrop(|| done.store(true, Ordering::Release));
        act(&others);
    });
}

fn everything_at_once_on_an_executor<M: Stored>() {
    let _turn = turn();
    let executor = M::executor();
    with_meddlers(
        || executor.registry(),
        |others| {
            let mut random = Random::new();
            for (key, ()) in Budget::new().enumerate() {
                let future = Busy::new(key, others[random.below(THREADS)].clone(), &mut random);
                give_away(executor.spawn(future), others, &mut random);
                if key % AT_ONCE == 0 {
                    executor.tick(random.below(4 * AT_ONCE));
                } else if random.once_in(200) {
                    executor.block_on(async { yield_now().await });
                }
            }
        },
    );
    drop(executor);
    BOOKS.balance();
    FAULTS.none();
}

/// A queue at which several threads take turns.
#[derive(Default)]
struct Queue {
    tasks: Mutex<VecDeque<Runnable>>,
    more: Condvar,
    closed: AtomicBool,
}

impl Queue {
    fn push(&self, task: Runnable) {
        let mut tasks = self.tasks.lock().unwrap();
        if self.closed.load(Ordering::Relaxed) {
            drop(tasks);
            return; // dropped, and so ended
        }
        tasks.push_back(task);
        self.more.notify_one();
    }

    fn run(&self) {
        loop {
            let mut tasks = self.tasks.lock().unwrap();
            let task = loop {
                if self.closed.load(Ordering::Relaxed) {
                    return;
                }
                match tasks.pop_front() {
                    Some(task) => break task,
                    None => tasks = self.more.wait(tasks).unwrap(),
                }
            };
            drop(tasks);
            task.run();
        }
    }

    fn close(&self) {
        let left = {
            let mut tasks = self.tasks.lock().unwrap();
            self.closed.store(true, Ordering::Relaxed);
            std::mem::take(&mut *tasks)
        };
        self.more.notify_all();
        drop(left);
    }
}

fn everything_at_once_on_tasks_of_two_threads<M: Stored + Send + Sync>() {
    let _turn = turn();
    let queue = Arc::new(Queue::default());
    let pushed = Arc::clone(&queue);
    let tasks = Tasks::with_storage(move |task| pushed.push(task), M::unbounded());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| queue.run());
        }
        with_meddlers(
            || tasks.registry(),
            |others| {
                let mut random = Random::new();
                for (key, ()) in Budget::new().enumerate() {
                    let future = Busy::new(key, others[random.below(THREADS)].clone(), &mut random);
                    give_away(tasks.spawn(future), others, &mut random);
                    while tasks.len() > 20 * AT_ONCE {
                        thread::yield_now();
                        if random.once_in(1000) {
                            for task in tasks.registry().tasks() {
                                tasks.registry().cancel(task.id);
                            }
                        }
                    }
                }
            },
        );
        tasks.shutdown();
        queue.close();
    });
    drop(tasks);
    assert_eq!(Arc::strong_count(&queue), 1, "all memory of the tasks was freed");
    BOOKS.balance();
    FAULTS.none();
}

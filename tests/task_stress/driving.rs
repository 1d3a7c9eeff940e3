//! Executors that drive each other, in random programs: by `block_on`, `run_until` and `tick`, on one thread, with
//! another thread that wakes and spawns (issue 14, points 1 and 5). Every wait ends.
//!
//! `FLAGSTONE_STRESS_ROUNDS=100000 cargo test --release --features task --test task_stress driving` is what the issue asks for.
//!
//! A program keeps the rule of `run_until`: a future of it that was woken is polled or dropped.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    hint,
    pin::{Pin, pin},
    process,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use flagstone::task::{LocalExecutor, Spawner, yield_now};

use super::{Budget, random::Random, turn};
use crate::{
    storages::{Stored, on_every_storage},
    trials::poll_once,
};

on_every_storage! {
    executors_drive_each_other
}

/// An event that happens once.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Gate {
    fn open(&self) {
        let wakers = {
            let mut gate = self.0.lock().unwrap();
            gate.0 = true;
            std::mem::take(&mut gate.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn is_open(&self) -> bool {
        self.0.lock().unwrap().0
    }

    async fn wait(self) {
        poll_fn(|context| {
            let mut gate = self.0.lock().unwrap();
            if gate.0 {
                return Poll::Ready(());
            }
            if !gate.1.iter().any(|waker| waker.will_wake(context.waker())) {
                gate.1.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

/// What the other thread does.
enum Errand<M: Stored> {
    Open(Gate),
    /// Spawns a task there, waits for it, and opens the gate.
    SpawnAndOpen(Spawner<M>, Gate),
}

fn run_errands<M: Stored>(errands: mpsc::Receiver<Errand<M>>) {
    let (executor, mut random) = (M::executor(), Random::new());
    let mut joins = Vec::new();
    loop {
        // Errands are run while a join waits.
        let errand = if joins.is_empty() { errands.recv().ok() } else { errands.try_recv().ok() };
        match errand {
            None if joins.is_empty() => return,
            None => thread::yield_now(),
            Some(errand) => {
                let most = 1 << random.below(11);
                for _ in 0..random.below(most) {
                    hint::spin_loop();
                }
                match errand {
                    Errand::Open(gate) => gate.open(),
                    Errand::SpawnAndOpen(spawner, gate) => {
                        let handle = spawner.spawn(yield_now());
                        joins.push(executor.spawn(async move {
                            handle.await.unwrap();
                            gate.open();
                        }));
                    }
                }
            }
        }
        executor.tick(100);
        joins.retain(|join| !join.is_finished());
    }
}

/// The state of one round.
struct Round<M: Stored> {
    executors: Vec<LocalExecutor<M>>,
    errands: mpsc::Sender<Errand<M>>,
    random: RefCell<Random>,
    /// The number of tasks that have not ended, plus one for the code that makes them.
    pending: Cell<usize>,
    tasks_left: Cell<usize>,
    done: Gate,
}

type Program = Pin<Box<dyn Future<Output = ()>>>;

impl<M: Stored> Round<M> {
    fn below(&self, end: usize) -> usize {
        self.random.borrow_mut().below(end)
    }

    fn any(&self) -> &LocalExecutor<M> {
        &self.executors[self.below(self.executors.len())]
    }

    /// An event that the other thread causes at once, independently of this thread.
    fn soon(&self) -> Gate {
        let gate = Gate::default();
        self.errands.send(Errand::Open(gate.clone())).unwrap();
        gate
    }

    fn ended(&self) {
        self.pending.set(self.pending.get() - 1);
        if self.pending.get() == 0 {
            self.done.open();
        }
    }

    /// Spawns a task on a random executor, if there may be another one. The gate opens when it has ended.
    fn spawn(self: &Rc<Self>) -> Gate {
        let gate = Gate::default();
        let Some(left) = self.tasks_left.get().checked_sub(1) else {
            gate.open();
            return gate;
        };
        self.tasks_left.set(left);
        self.pending.set(self.pending.get() + 1);
        let (round, ends) = (Rc::clone(self), gate.clone());
        let program: Program = Box::pin(async move {
            for _ in 0..1 + round.below(3) {
                round.step().await;
            }
            ends.open();
            round.ended();
        });
        self.any().spawn(program).detach();
        gate
    }

    async fn step(self: &Rc<Self>) {
        match self.below(9) {
            0 => self.soon().wait().await,
            1 => yield_now().await,
            2 => self.spawn().wait().await,
            3 => drop(self.spawn()),
            4 => self.any().run_until(self.soon().wait()).await,
            5 => self.any().run_until(self.spawn().wait()).await,
            6 => {
                // Polled, and then dropped.
                let event = if self.below(2) == 0 { self.soon() } else { self.spawn() };
                let mut driver = Box::pin(self.any().run_until(event.wait()));
                let mut polls = self.below(3);
                poll_fn(|context| {
                    let polled = driver.as_mut().poll(context);
                    if polled.is_ready() || polls == 0 {
                        return Poll::Ready(());
                    }
                    polls -= 1;
                    Poll::Pending
                })
                .await;
            }
            7 => {
                self.any().tick(self.below(5));
            }
            _ => self.any().block_on(self.soon().wait()),
        }
        if self.below(8) == 0 {
            let gate = Gate::default();
            self.errands.send(Errand::SpawnAndOpen(self.any().spawner(), gate.clone())).unwrap();
            gate.wait().await;
        }
    }

    /// Lets a task of another executor drive an executor, until the round is done.
    fn drive_in(self: &Rc<Self>, outer: usize, inner: usize) {
        let round = Rc::clone(self);
        let drives = async move { round.executors[inner].run_until(round.done.clone().wait()).await };
        self.executors[outer].spawn(drives).detach();
    }

    fn run(self: &Rc<Self>) {
        for _ in 0..1 + self.below(4) {
            drop(self.spawn());
        }
        let last = self.executors.len() - 1;
        if self.below(2) == 0 {
            self.drive_in(last, 0); // a circle
        }
        match self.below(3) {
            0 => {
                self.ended();
                while !self.done.is_open() {
                    self.any().tick(self.below(10));
                    if self.below(4) == 0 {
                        thread::yield_now();
                    }
                }
            }
            1 => {
                let star = self.below(2) == 0;
                for inner in 1..=last {
                    self.drive_in(if star { 0 } else { inner - 1 }, inner);
                }
                self.ended();
                self.executors[0].block_on(self.done.clone().wait());
            }
            _ => {
                let mut drivers: Vec<_> =
                    self.executors.iter().map(|one| Some(Box::pin(one.run_until(self.done.clone().wait())))).collect();
                self.ended();
                foreign(poll_fn(|context| {
                    for driver in &mut drivers {
                        if driver.as_mut().is_some_and(|driver| driver.as_mut().poll(context).is_ready()) {
                            *driver = None;
                        }
                    }
                    if drivers.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
                }));
            }
        }
        // The drivers are in tasks that hold the round. All of them were woken, but one that another drives may have to wait
        // for several passes.
        let mut passes = 0;
        while Rc::strong_count(self) > 1 {
            for executor in &self.executors {
                executor.tick(usize::MAX);
            }
            passes += 1;
            assert!(passes < 1_000, "a driver does not end, though what it drives for has come");
        }
    }
}

/// Parks as executors of other crates do. Others park on the same thread, so the thread's token alone is not enough.
struct Parked(thread::Thread, AtomicBool);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.1.store(true, Ordering::Release);
        self.0.unpark();
    }
}

fn foreign(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    let parked = Arc::new(Parked(thread::current(), AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&parked));
    while future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        while !parked.1.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

fn executors_drive_each_other<M: Stored>() {
    let _turn = turn();
    let (rounds, registries) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        let (errands, received) = mpsc::channel::<Errand<M>>();
        scope.spawn(move || run_errands(received));
        let running = scope.spawn(|| {
            let mut seeds = Random::new();
            for () in Budget::new() {
                let round = Rc::new(Round {
                    executors: (0..1 + seeds.below(3)).map(|_| M::executor()).collect(),
                    errands: errands.clone(),
                    random: RefCell::new(Random::seeded(1 + seeds.below(usize::MAX) as u64)),
                    pending: Cell::new(1),
                    tasks_left: Cell::new(1 + seeds.below(10)),
                    done: Gate::default(),
                });
                *registries.lock().unwrap() = round.executors.iter().map(LocalExecutor::registry).collect();
                round.run();
                assert_eq!(Rc::strong_count(&round), 1, "a driver is left");
                assert!(poll_once(&mut Box::pin(round.done.clone().wait())).is_ready());
                rounds.fetch_add(1, Ordering::Relaxed);
            }
            drop(errands);
        });
        let (mut seen, mut since) = (0, Instant::now());
        while !running.is_finished() {
            thread::sleep(Duration::from_millis(5));
            let now = rounds.load(Ordering::Relaxed);
            if now != seen {
                (seen, since) = (now, Instant::now());
            } else if since.elapsed() > Duration::from_secs(60) {
                eprintln!("round {seen}: a wake was lost");
                registries.lock().unwrap().iter().for_each(|registry| eprintln!("{registry}"));
                process::abort();
            }
        }
        running.join().expect("no panic");
    });
}

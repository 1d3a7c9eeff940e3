//! Sets of futures that other threads wake while they are polled, removed from, cleared, dropped and moved.

use std::{
    future::Future,
    mem,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use flagstone::{
    future_set::{FutureSet, InPlace, OnHeap, StackSlots},
    task::LocalExecutor,
};

use super::{
    Budget, Faults,
    canary::{Books, Canary},
    random::Random,
    turn,
};

const THREADS: usize = 3;

static BOOKS: Books = Books::new();
static FAULTS: Faults = Faults::new();

/// Calls the wakers that it receives, some of them late, some often.
fn wake_all(wakers: &mpsc::Receiver<Waker>) {
    let (mut random, mut late) = (Random::new(), Vec::<Waker>::new());
    for waker in wakers {
        match random.below(8) {
            0 => waker.wake_by_ref(),
            1 => waker.clone().wake(),
            2 => {
                // The promised wake still comes; a stale one comes besides.
                late.push(waker.clone());
                waker.wake();
                continue;
            }
            _ => {}
        }
        waker.wake();
        if late.len() > 20 {
            late.swap_remove(random.below(20)).wake();
        }
        if random.once_in(16) {
            thread::yield_now();
        }
    }
    late.into_iter().for_each(Waker::wake);
}

/// Waits this number of times for a wake that another thread promises, and then outputs its canary.
struct Waits {
    wakers: mpsc::Sender<Waker>,
    canary: Option<Canary<'static>>,
    key: usize,
    waits_left: usize,
    wakes_itself: bool,
}

impl Waits {
    fn new(wakers: &[mpsc::Sender<Waker>], key: usize, random: &mut Random) -> Self {
        Self {
            wakers: wakers[random.below(wakers.len())].clone(),
            canary: Some(BOOKS.make(key)),
            key,
            waits_left: random.below(4),
            wakes_itself: random.once_in(4),
        }
    }
}

impl Future for Waits {
    type Output = (usize, Canary<'static>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (this, waker) = (&mut *self, context.waker());
        let canary = this.canary.as_mut().expect("it is not polled again");
        canary.write();
        canary.check(this.key);
        if this.waits_left == 0 {
            return Poll::Ready((this.key, this.canary.take().expect("it was just seen")));
        }
        this.waits_left -= 1;
        if this.wakes_itself {
            waker.wake_by_ref();
        }
        this.wakers.send(waker.clone()).expect("they listen until the end");
        Poll::Pending
    }
}

/// Threads that wake for as long as `act` lasts.
fn with_wakers(act: impl FnOnce(&[mpsc::Sender<Waker>])) {
    thread::scope(|scope| {
        let senders: Vec<_> = (0..THREADS)
            .map(|_| {
                let (sender, wakers) = mpsc::channel();
                scope.spawn(move || wake_all(&wakers));
                sender
            })
            .collect();
        act(&senders);
    });
    BOOKS.balance();
    FAULTS.none();
}

/// Pushes and drains; a lost wake makes the test hang.
async fn fill_and_drain<S>(mut set: FutureSet<Waits, S>, wakers: &[mpsc::Sender<Waker>]) {
    let (mut random, mut outputs, mut pushed) = (Random::new(), 0, 0);
    for (key, ()) in Budget::new().enumerate() {
        let (output, vacancy) = set.vacancy().await;
        if let Some((key, canary)) = output {
            canary.check(key);
            outputs += 1;
        }
        vacancy.insert(Waits::new(wakers, key, &mut random));
        pushed += 1;
    }
    set.drain(|(key, canary)| {
        canary.check(key);
        outputs += 1;
    })
    .await;
    assert_eq!(outputs, pushed);
}

fn no_wake_is_lost(capacity: usize) {
    let _turn = turn();
    with_wakers(|wakers| LocalExecutor::new().block_on(fill_and_drain(FutureSet::with_capacity(capacity), wakers)));
}

#[test]
fn no_wake_is_lost_in_a_set_of_one() {
    no_wake_is_lost(1);
}

#[test]
fn no_wake_is_lost_in_a_leaf() {
    no_wake_is_lost(40);
}

#[test]
fn no_wake_is_lost_in_several_blocks() {
    no_wake_is_lost(1500);
}

#[test]
fn no_wake_is_lost_in_place() {
    let _turn = turn();
    with_wakers(|wakers| {
        let mut slots = pin!(StackSlots::<_, 70>::new());
        LocalExecutor::new().block_on(fill_and_drain(FutureSet::in_place(slots.as_mut()), wakers));
    });
}

/// Wakes the thread that polls next.
#[derive(Default)]
struct Called {
    is_called: AtomicBool,
    calls: AtomicUsize,
}

impl Wake for Called {
    fn wake(self: Arc<Self>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.is_called.store(true, Ordering::Release);
    }
}

/// A set on which every operation is called, on the thread that has it.
struct Busy<S> {
    set: FutureSet<Waits, S>,
    keys: Vec<usize>,
    pushed: usize,
}

impl<S> Busy<S> {
    fn new(set: FutureSet<Waits, S>) -> Self {
        Self { set, keys: Vec::new(), pushed: 0 }
    }

    fn act(&mut self, wakers: &[mpsc::Sender<Waker>], random: &mut Random) {
        let some_key = |keys: &[usize], random: &mut Random| keys.get(random.below(keys.len().max(1))).copied();
        for _ in 0..random.below(30) {
            match random.below(16) {
                0..6 => {
                    self.pushed += 1;
                    let future = Waits::new(wakers, self.pushed, random);
                    self.keys.extend(self.set.try_push(future).ok());
                }
                6..10 => {
                    let called = Arc::new(Called::default());
                    let waker = Waker::from(Arc::clone(&called));
                    while let Poll::Ready(Some((_, (key, canary)))) =
                        self.set.poll_next_with_key(&mut Context::from_waker(&waker))
                    {
                        canary.check(key);
                    }
                }
                10..12 => _ = some_key(&self.keys, random).map(|key| self.set.remove(key)),
                12 => _ = some_key(&self.keys, random).map(|key| self.set.take(key)),
                13 => _ = some_key(&self.keys, random).map(|key| self.set.wake(key)),
                14 => {
                    if let Some(mut future) = some_key(&self.keys, random).and_then(|key| self.set.get_pin_mut(key)) {
                        future.canary.as_mut().expect("it is not ready").write();
                    }
                }
                _ if random.once_in(4) => self.set.clear(),
                _ => {
                    let set = &self.set;
                    self.keys.retain(|&key| set.contains(key));
                    FAULTS.check(self.keys.len() == self.set.len() && self.set.keys().len() == self.set.len());
                }
            }
        }
    }

    /// Runs all remaining futures to their end: no wake was lost, whatever was done.
    fn drain(&mut self) {
        LocalExecutor::new().block_on(self.set.drain(|(key, canary)| canary.check(key)));
    }
}

#[test]
fn everything_at_once_while_others_wake() {
    let _turn = turn();
    with_wakers(|wakers| {
        let mut random = Random::new();
        for () in Budget::new() {
            let mut busy = Busy::new(FutureSet::<_, OnHeap>::with_capacity([1, 3, 64, 65, 600][random.below(5)]));
            (0..random.below(8)).for_each(|_| busy.act(wakers, &mut random));
            match random.below(3) {
                0 => busy.drain(),
                1 => busy.set.clear(),
                _ => {}
            }
            // Dropped, with wakers everywhere.
        }
    });
}

#[test]
fn everything_at_once_in_slots_that_are_lent_again_and_again() {
    let _turn = turn();
    with_wakers(|wakers| {
        let (mut random, mut slots) = (Random::new(), pin!(StackSlots::<_, 70>::new()));
        for () in Budget::new() {
            let mut busy = Busy::<InPlace<'_>>::new(FutureSet::in_place(slots.as_mut()));
            (0..random.below(8)).for_each(|_| busy.act(wakers, &mut random));
            if random.once_in(3) {
                busy.drain();
            }
        }
    });
}

/// Moves a set from thread to thread, between polls.
#[test]
fn everything_at_once_on_a_set_that_moves() {
    let _turn = turn();
    with_wakers(|wakers| {
        let (hands, taken): (Vec<_>, Vec<_>) = (0..2).map(|_| mpsc::channel::<Busy<OnHeap>>()).unzip();
        thread::scope(|scope| {
            for taken in taken {
                let hands = hands.clone();
                scope.spawn(move || {
                    let (mut random, mut budget) = (Random::new(), Budget::new());
                    loop {
                        let Ok(mut busy) = taken.recv_timeout(Duration::from_millis(2)) else {
                            // The other one may have ended.
                            if budget.next().is_none() {
                                return;
                            }
                            continue;
                        };
                        busy.act(wakers, &mut random);
                        if budget.next().is_none() {
                            busy.drain();
                            return;
                        }
                        if random.once_in(50) {
                            busy.drain();
                        }
                        if let Err(ended) = hands[random.below(2)].send(busy) {
                            let mut busy = ended.0;
                            busy.drain();
                        }
                    }
                });
            }
            for hand in hands {
                for capacity in [10, 100] {
                    drop(hand.send(Busy::new(FutureSet::with_capacity(capacity))));
                }
            }
        });
    });
}

/// One thread polls, and another takes the set over when it is woken, like tasks of a multi-threaded executor.
#[test]
fn who_is_called_polls_wherever_it_is() {
    const CAPACITY: usize = 100;

    struct Task {
        set: Mutex<FutureSet<Waits>>,
        queue: mpsc::Sender<Arc<Task>>,
        is_queued: AtomicBool,
        outputs: AtomicUsize,
    }

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            if !self.is_queued.swap(true, Ordering::AcqRel) {
                let queue = self.queue.clone();
                drop(queue.send(self));
            }
        }
    }

    let _turn = turn();
    with_wakers(|wakers| {
        let mut random = Random::new();
        for () in Budget::new() {
            let (queue, tasks) = mpsc::channel::<Arc<Task>>();
            let tasks = Mutex::new(tasks);
            let mut set = FutureSet::with_capacity(CAPACITY);
            for key in 0..CAPACITY {
                assert!(set.try_push(Waits::new(wakers, key, &mut random)).is_ok());
            }
            let task = Arc::new(Task {
                set: Mutex::new(set),
                queue,
                is_queued: AtomicBool::new(false),
                outputs: AtomicUsize::new(0),
            });
            Arc::clone(&task).wake();
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        while task.outputs.load(Ordering::Acquire) < CAPACITY {
                            let next = tasks.lock().unwrap().try_recv();
                            let Ok(task) = next else {
                                thread::yield_now();
                                continue;
                            };
                            let mut set = task.set.lock().unwrap();
                            task.is_queued.store(false, Ordering::Release);
                            let waker = Waker::from(Arc::clone(&task));
                            while let Poll::Ready(Some((_, (key, canary)))) =
                                set.poll_next_with_key(&mut Context::from_waker(&waker))
                            {
                                canary.check(key);
                                task.outputs.fetch_add(1, Ordering::AcqRel);
                            }
                        }
                    });
                }
            });
            // Out of the task: the set may still have the task's waker, and the task would keep itself.
            let set = mem::replace(&mut *task.set.lock().unwrap(), FutureSet::with_capacity(0));
            assert!(set.is_empty());
        }
    });
}

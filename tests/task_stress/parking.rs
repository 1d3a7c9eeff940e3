//! Wakes against a thread that parks: none is lost (fault 5).

use std::{
    future::Future,
    hint,
    pin::pin,
    process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use flagstone::task::{LocalExecutor, Spawner};

use super::{Budget, random::Random, turn};
use crate::{
    storages::{Stored, on_every_storage},
    trials::poll_fn,
};

on_every_storage! {
    a_main_future_is_woken
    a_task_is_woken
    a_task_in_a_foreign_executor_is_woken
    an_executor_is_woken_by_a_spawn
}

/// One side asks to be woken, and the other wakes it.
#[derive(Default)]
struct Bell {
    /// The number of the last question; of the last answer.
    asked: AtomicUsize,
    answered: AtomicUsize,
    waker: Mutex<Option<Waker>>,
    done: AtomicBool,
}

impl Bell {
    /// Asks as often as the budget says.
    async fn ask(self: Arc<Self>) {
        for (round, ()) in Budget::new().enumerate() {
            let round = round + 1;
            poll_fn(|context| {
                // Loaded after the waker was put in place, as is usual.
                if self.asked.load(Ordering::Relaxed) != round {
                    *self.waker.lock().unwrap() = Some(context.waker().clone());
                    self.asked.store(round, Ordering::Release);
                }
                if self.answered.load(Ordering::Acquire) == round { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        self.done.store(true, Ordering::Release);
    }

    /// Answers, a moment later, until all is done. If no next question comes, the wake was lost.
    fn answer(&self, wake: impl Fn(Waker)) {
        let mut random = Random::new();
        for round in 1.. {
            let mut since = None;
            while self.asked.load(Ordering::Acquire) != round {
                if self.done.load(Ordering::Acquire) {
                    return;
                }
                let begin = *since.get_or_insert_with(Instant::now);
                if begin.elapsed() > Duration::from_secs(60) {
                    eprintln!("the wake of round {} was lost", round - 1);
                    process::abort();
                }
                hint::spin_loop();
            }
            // From at once to long after the other thread has parked.
            let most = 1 << random.below(13);
            for _ in 0..random.below(most) {
                hint::spin_loop();
            }
            let waker = self.waker.lock().unwrap().take().expect("the asking side leaves a waker");
            self.answered.store(round, Ordering::Release);
            wake(waker);
        }
    }
}

/// Runs the asking side on this thread, and the answering side on another one.
fn ring(run: impl FnOnce(Arc<Bell>), wake: impl Fn(Waker) + Send) {
    let _turn = turn();
    let bell = Arc::new(Bell::default());
    thread::scope(|scope| {
        scope.spawn({
            let bell = Arc::clone(&bell);
            move || bell.answer(wake)
        });
        run(bell);
    });
}

fn a_main_future_is_woken<M: Stored>() {
    ring(|bell| M::executor().block_on(bell.ask()), Waker::wake);
}

fn a_task_is_woken<M: Stored>() {
    let run = |bell: Arc<Bell>| {
        let executor = M::executor();
        executor.block_on(executor.spawn(bell.ask())).unwrap();
    };
    ring(run, |waker| waker.wake_by_ref());
}

/// Parks as executors of other crates do.
struct Parked(thread::Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn a_task_in_a_foreign_executor_is_woken<M: Stored>() {
    let run = |bell: Arc<Bell>| {
        let executor = M::executor();
        let mut running = pin!(executor.run_until(executor.spawn(bell.ask())));
        let waker = Waker::from(Arc::new(Parked(thread::current())));
        while running.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            thread::park();
        }
    };
    ring(run, Waker::wake);
}

/// A task is spawned from the other thread, and wakes the one here.
fn an_executor_is_woken_by_a_spawn<M: Stored>() {
    let executor: LocalExecutor<M> = M::executor();
    let spawner: Spawner<M> = executor.spawner();
    ring(
        |bell| executor.block_on(executor.spawn(bell.ask())).unwrap(),
        |waker| spawner.spawn(async move { waker.wake() }).detach(),
    );
    executor.tick(usize::MAX);
    assert_eq!(executor.len(), 0);
}

//! Sets of futures that wait for channels and timers, which other threads serve.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use flagstone::{
    future_set::{FutureSet, StackSlots},
    task::LocalExecutor,
};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::{
    executors::{Runs, in_every_executor},
    timer::Timer,
};

in_every_executor! {
    every_answer_comes
    a_few_at_a_time_with_timers
    a_set_within_a_set_within_a_task
    a_set_in_place_lives_in_its_task
}

fn every_answer_comes<R: Runs>() {
    const QUESTIONS: usize = 2000;
    let (answers, asked): (Vec<_>, Vec<_>) = (0..QUESTIONS).map(|_| oneshot::channel()).unzip();
    let answering = thread::spawn(move || {
        // From the ends to the middle, so that many leaves are woken at once.
        let mut answers: std::collections::VecDeque<_> = answers.into_iter().enumerate().collect();
        while let Some((number, answer)) = if answers.len() % 2 == 0 { answers.pop_front() } else { answers.pop_back() }
        {
            answer.send(number).unwrap();
        }
    });
    let mut outputs = R::run(async move {
        let (mut set, mut outputs): (FutureSet<_>, _) = (asked.into_iter().collect(), Vec::new());
        set.drain(|answer| outputs.push(answer.unwrap())).await;
        outputs
    });
    answering.join().unwrap();
    outputs.sort_unstable();
    assert_eq!(outputs, (0..QUESTIONS).collect::<Vec<_>>());
}

fn a_few_at_a_time_with_timers<R: Runs>() {
    const AT_ONCE: usize = 20;
    let timer = Arc::new(Timer::new());
    let (timers, at_once) = (Arc::clone(&timer), Arc::new(AtomicUsize::new(0)));
    let (sum, most) = R::run(async move {
        let (mut set, mut sum, mut most) = (FutureSet::with_capacity(AT_ONCE), 0, 0);
        for number in 0..300 {
            let (output, vacancy) = set.vacancy().await;
            sum += output.unwrap_or(0);
            let (timer, running) = (Arc::clone(&timers), Arc::clone(&at_once));
            most = most.max(at_once.load(Ordering::SeqCst));
            vacancy.insert(async move {
                running.fetch_add(1, Ordering::SeqCst);
                timer.wait(number, 50 + 37 * (number as u64 % 20)).await;
                timer.wait(number, 20).await;
                running.fetch_sub(1, Ordering::SeqCst);
                number
            });
        }
        set.drain(|output| sum += output).await;
        assert_eq!(at_once.load(Ordering::SeqCst), 0);
        (sum, most)
    });
    assert_eq!(sum, 300 * 299 / 2);
    assert!((2..=AT_ONCE).contains(&most), "{most} at once");
    Arc::into_inner(timer).expect("no task waits").end();
}

fn a_set_within_a_set_within_a_task<R: Runs>() {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..40).map(|_| mpsc::channel::<usize>(2)).unzip();
    let sending = thread::spawn(move || {
        for number in 0..50 {
            for sender in &senders {
                sender.blocking_send(number).unwrap();
            }
        }
    });
    let sum = R::run(async move {
        let mut receivers = receivers.into_iter();
        let mut outer = FutureSet::with_capacity(4);
        for _ in 0..4 {
            let receivers: Vec<_> = receivers.by_ref().take(10).collect();
            let inner = async move {
                let receive = |mut receiver: mpsc::Receiver<usize>| async move {
                    let mut sum = 0;
                    while let Some(number) = receiver.recv().await {
                        sum += number;
                    }
                    sum
                };
                let (mut set, mut sum): (FutureSet<_>, _) = (receivers.into_iter().map(receive).collect(), 0);
                set.drain(|output| sum += output).await;
                sum
            };
            assert!(outer.try_push(inner).is_ok());
        }
        let mut sum = 0;
        outer.drain(|output| sum += output).await;
        sum
    });
    sending.join().unwrap();
    assert_eq!(sum, 40 * 50 * 49 / 2);
}

fn a_set_in_place_lives_in_its_task<R: Runs>() {
    let (semaphore, done) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let (permits, counted) = (Arc::clone(&semaphore), Arc::clone(&done));
    let giving = thread::spawn(move || {
        for _ in 0..64 {
            permits.add_permits(1);
            thread::yield_now();
        }
    });
    R::run(async move {
        let slots = std::pin::pin!(StackSlots::<_, 64>::new());
        let mut set = FutureSet::in_place(slots);
        for _ in 0..64 {
            let (semaphore, done) = (Arc::clone(&semaphore), Arc::clone(&counted));
            let waiting = async move {
                semaphore.acquire_owned().await.unwrap().forget();
                done.fetch_add(1, Ordering::SeqCst);
            };
            assert!(set.try_push(waiting).is_ok());
        }
        set.drain(|()| ()).await;
    });
    giving.join().unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 64);
}

/// What is not `Send` stays on one thread, of tokio and of ours.
#[test]
fn futures_that_are_not_send() {
    async fn sum() -> usize {
        let shared = std::rc::Rc::new(std::cell::Cell::new(0));
        let mut set: FutureSet<_> = (0..100)
            .map(|number| {
                let shared = std::rc::Rc::clone(&shared);
                async move {
                    flagstone::task::yield_now().await;
                    shared.set(shared.get() + number);
                }
            })
            .collect();
        set.drain(|()| ()).await;
        shared.get()
    }

    assert_eq!(LocalExecutor::new().block_on(sum()), 4950);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(tokio::task::LocalSet::new().block_on(&runtime, sum()), 4950);
    let executor = async_executor::LocalExecutor::new();
    assert_eq!(LocalExecutor::new().block_on(executor.run(sum())), 4950);
}

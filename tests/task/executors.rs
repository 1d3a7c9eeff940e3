//! Several executors, and executors inside other ones.

use std::{
    future::pending,
    mem,
    pin::pin,
    rc::Rc,
    sync::{Arc, Condvar, Mutex, mpsc},
    task::{Poll, Wake, Waker},
    thread,
};

use flagstone::task::yield_now;

use crate::{
    storages::{Stored, on_every_storage},
    trials::{elsewhere, joined, poll, poll_once, sleeper},
    wakers::Wakes,
};

on_every_storage! {
    two_executors_on_one_thread
    tasks_of_two_executors_join_each_other
    block_on_inside_block_on
    an_executor_is_run_until_inside_another_one
    run_until_returns_to_whoever_polls_it
    run_until_that_is_dropped_leaves_the_tasks
    block_on_needs_no_task
}

fn two_executors_on_one_thread<M: Stored>() {
    let (first, second) = (M::executor(), M::executor());
    let (on_first, on_second) = (sleeper(&first), sleeper(&second));
    let other = first.spawn(async { 1 });
    assert_eq!(second.tick(usize::MAX).polled, 0, "it polls its own");
    on_second.1.wake();
    assert_eq!(first.tick(usize::MAX).polled, 1);
    assert_eq!(second.tick(usize::MAX).polled, 1);
    elsewhere(|| on_first.1.wake());
    assert_eq!((second.tick(usize::MAX).polled, first.tick(usize::MAX).polled), (0, 1));
    assert!(first.registry().info(on_second.0.id()).is_none_or(|info| info.id == on_first.0.id()));
    drop(first);
    second.block_on(async { (on_first.0.await.unwrap(), on_second.0.await.unwrap(), other.await.unwrap()) });
}

fn tasks_of_two_executors_join_each_other<M: Stored>() {
    let (first, second) = (Rc::new(M::executor()), M::executor());
    let driven = Rc::clone(&first);
    let sum = second.spawn(async move {
        let handles: Vec<_> = (0..10)
            .map(|number| {
                driven.spawn(async move {
                    yield_now().await;
                    number
                })
            })
            .collect();
        let mut sum = 0;
        for mut handle in handles {
            sum += loop {
                driven.tick(3);
                match poll_once(&mut handle) {
                    Poll::Ready(number) => break number.unwrap(),
                    Poll::Pending => yield_now().await,
                }
            };
        }
        sum
    });
    assert_eq!(second.block_on(sum).unwrap(), 45);
    // And on two threads.
    let spawner = first.spawner();
    let there = thread::spawn(move || {
        let third = M::executor();
        third.block_on(spawner.spawn(async { thread::current().id() })).unwrap()
    });
    first.block_on(async {
        while !there.is_finished() {
            yield_now().await;
        }
    });
    assert_eq!(there.join().unwrap(), thread::current().id());
}

fn block_on_inside_block_on<M: Stored>() {
    let (outer, inner) = (M::executor(), M::executor());
    let other = outer.spawn(async {
        yield_now().await;
        1
    });
    let both = outer.block_on(async {
        let two = inner.block_on(async { inner.spawn(async { 2 }).await.unwrap() });
        (other.await.unwrap(), two)
    });
    assert_eq!(both, (1, 2));
    // A wake of the outer main future, while the inner one blocks, is not lost.
    outer.block_on(async {
        let mut slept = false;
        std::future::poll_fn(|context| {
            if mem::replace(&mut slept, true) {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            inner.block_on(async {
                waker.wake();
                yield_now().await;
            });
            Poll::Pending
        })
        .await;
    });
}

fn an_executor_is_run_until_inside_another_one<M: Stored>() {
    let (outer, inner) = (Rc::new(M::executor()), Rc::new(M::executor()));
    let driven = Rc::clone(&inner);
    let outer_task = outer.spawn(async move {
        let task = driven.spawn(async {
            for _ in 0..100 {
                yield_now().await;
            }
            7
        });
        driven.run_until(task).await.unwrap()
    });
    let beside = outer.spawn(async { yield_now().await });
    assert_eq!(outer.block_on(outer_task).unwrap(), 7);
    outer.block_on(beside).unwrap();
    // Woken from another thread while the outer one is parked.
    let (sleeping, waker) = sleeper(&inner);
    let waking = thread::spawn(move || {
        thread::sleep(std::time::Duration::from_millis(5));
        waker.wake();
    });
    let driven = Rc::clone(&inner);
    let task = outer.spawn(async move { driven.run_until(sleeping).await.unwrap() });
    outer.block_on(task).unwrap();
    waking.join().unwrap();
}

/// A runtime that knows nothing of these executors.
#[derive(Default)]
struct Parker(Mutex<bool>, Condvar);

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        *self.0.lock().unwrap() = true;
        self.1.notify_one();
    }
}

fn foreign_block_on<F: Future>(future: F) -> F::Output {
    let (mut future, parker) = (pin!(future), Arc::new(Parker::default()));
    let waker = Waker::from(Arc::clone(&parker));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            return output;
        }
        let mut woken = parker.0.lock().unwrap();
        while !mem::take(&mut *woken) {
            woken = parker.1.wait(woken).unwrap();
        }
    }
}

fn run_until_returns_to_whoever_polls_it<M: Stored>() {
    let executor = M::executor();
    let (sender, receiver) = mpsc::channel::<Waker>();
    let waking = thread::spawn(move || receiver.into_iter().for_each(Waker::wake));
    for tasks in [1, 10, 1000] {
        let handles: Vec<_> = (0..tasks)
            .map(|number| {
                let sender = sender.clone();
                executor.spawn(async move {
                    yield_now().await;
                    crate::trials::asleep(|waker| sender.send(waker).unwrap()).await;
                    yield_now().await;
                    number
                })
            })
            .collect();
        let sum = foreign_block_on(executor.run_until(async {
            let mut sum = 0;
            for handle in handles {
                sum += handle.await.unwrap();
            }
            sum
        }));
        assert_eq!(sum, tasks * (tasks - 1) / 2);
    }
    drop(sender);
    waking.join().unwrap();
    // The executor gives its thread back though tasks are always ready.
    executor
        .spawn(async {
            loop {
                yield_now().await
            }
        })
        .detach();
    let wakes = Wakes::new();
    let mut running = pin!(executor.run_until(pending::<()>()));
    for polls in 1..5 {
        assert!(running.as_mut().poll(&mut std::task::Context::from_waker(&wakes.waker())).is_pending());
        assert!(wakes.count() >= polls, "it asks to be polled again");
    }
}

fn run_until_that_is_dropped_leaves_the_tasks<M: Stored>() {
    let executor = M::executor();
    let (sleeping, waker) = sleeper(&executor);
    let wakes = Wakes::new();
    let mut running = Box::pin(executor.run_until(pending::<()>()));
    assert!(poll(&mut running, &wakes.waker()).is_pending());
    drop(running);
    elsewhere(|| waker.wake());
    executor.tick(usize::MAX);
    joined(sleeping).unwrap();
    drop(executor);
    assert_eq!(Arc::strong_count(&wakes), 1, "its waker is left");
}

fn block_on_needs_no_task<M: Stored>() {
    let executor = M::small_executor(0);
    // A main future that is neither `'static` nor `Unpin`.
    let (numbers, mut sum) = (vec![1, 2, 3], 0);
    executor.block_on(async {
        for number in &numbers {
            yield_now().await;
            sum += number;
        }
    });
    assert_eq!((sum, executor.len()), (6, 0));
    let (sender, receiver) = mpsc::channel::<Waker>();
    let waking = thread::spawn(move || receiver.into_iter().for_each(Waker::wake));
    executor.block_on(crate::trials::asleep(|waker| sender.send(waker).unwrap()));
    drop(sender);
    waking.join().unwrap();
}

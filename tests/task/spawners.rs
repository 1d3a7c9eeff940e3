//! Spawning from other threads.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use flagstone::task::{Refusal, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{attempt, elsewhere, joined, said},
    value::Ledger,
};

on_every_storage! {
    many_threads_spawn_at_once
    a_spawn_from_elsewhere_wakes_a_parked_executor
    spawn_with_builds_on_the_executors_thread
    a_closure_that_panics_is_the_tasks_panic
    a_task_that_is_cancelled_before_it_is_built_is_never_built
    an_executor_that_is_dropped_builds_nothing
    a_bounded_executor_takes_as_many_as_fit_from_many_threads
    a_spawner_is_used_on_its_own_thread_too
    outputs_go_to_the_thread_that_asked
}

fn many_threads_spawn_at_once<M: Stored>() {
    const THREADS: usize = 4;
    const EACH: usize = 500;

    let executor = M::executor();
    let (barrier, done) = (Barrier::new(THREADS), AtomicUsize::new(0));
    let here = thread::current().id();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (spawner, barrier, done) = (executor.spawner(), &barrier, &done);
            scope.spawn(move || {
                barrier.wait();
                let other = M::executor();
                let mut sum = 0;
                for number in 0..EACH {
                    let handle = if number % 2 == thread % 2 {
                        spawner.spawn(async move {
                            yield_now().await;
                            (number, thread::current().id())
                        })
                    } else {
                        spawner.spawn_with(move || {
                            let not_send = Rc::new(number);
                            async move {
                                yield_now().await;
                                (*not_send, thread::current().id())
                            }
                        })
                    };
                    let (found, ran) = other.block_on(handle).unwrap();
                    assert_eq!(ran, here);
                    sum += found;
                }
                assert_eq!(sum, EACH * (EACH - 1) / 2);
                done.fetch_add(1, Ordering::SeqCst);
                // So that the executor looks.
                spawner.spawn(async {}).detach();
            });
        }
        executor.block_on(async {
            while done.load(Ordering::SeqCst) < THREADS {
                yield_now().await;
            }
        });
    });
    executor.tick(usize::MAX);
    assert_eq!(executor.len(), 0);
}

fn a_spawn_from_elsewhere_wakes_a_parked_executor<M: Stored>() {
    let executor = M::executor();
    let spawner = executor.spawner();
    let (answer, answered) = std::sync::mpsc::channel();
    let there = thread::spawn(move || {
        for number in 0..3 {
            thread::sleep(Duration::from_millis(5)); // meanwhile the executor parks
            let answer = answer.clone();
            spawner.spawn(async move { answer.send(number).unwrap() }).detach();
            assert_eq!(answered.recv(), Ok(number));
        }
        7
    });
    let handle = executor.spawner().spawn_with(std::future::pending::<()>);
    let end = handle.task();
    let ending = thread::spawn(move || {
        there.join().unwrap();
        assert!(end.cancel());
    });
    assert!(executor.block_on(handle).unwrap_err().is_cancelled());
    ending.join().unwrap();
}

fn spawn_with_builds_on_the_executors_thread<M: Stored>() {
    thread_local! {
        static HERE: Cell<u32> = const { Cell::new(0) };
    }
    let executor = M::executor();
    let spawner = executor.spawner();
    HERE.set(1);
    let handle = elsewhere(|| {
        spawner.spawn_with(|| {
            let built = HERE.replace(2);
            let not_send = Rc::new(RefCell::new(built));
            async move {
                yield_now().await;
                *not_send.borrow()
            }
        })
    });
    assert!(!handle.is_finished());
    let tick = executor.tick(usize::MAX);
    assert_eq!((HERE.get(), tick.completed), (2, 1));
    assert_eq!(joined(handle).unwrap(), 1);
}

fn a_closure_that_panics_is_the_tasks_panic<M: Stored>() {
    let executor = M::small_executor(1);
    for detached in [false, true] {
        let spawner = executor.spawner();
        let handle = elsewhere(|| spawner.spawn_with(|| -> std::future::Pending<()> { panic!("no future") }));
        let handle = (!detached).then_some(handle);
        attempt(|| executor.tick(usize::MAX)).expect("the panic is the task's");
        if let Some(handle) = handle {
            assert_eq!(said(&*joined(handle).unwrap_err().into_panic()), "no future");
        }
        assert_eq!(executor.len(), 0);
    }
}

fn a_task_that_is_cancelled_before_it_is_built_is_never_built<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let (spawner, value) = (executor.spawner(), ledger.value());
    let handle = elsewhere(|| {
        let handle = spawner.spawn_with(move || {
            drop(value);
            unreachable!("it is built");
            #[allow(unreachable_code, reason = "the type of the closure")]
            async {}
        });
        assert!(handle.cancel());
        handle
    });
    executor.tick(usize::MAX);
    assert!(joined(handle).unwrap_err().is_cancelled());
    assert_eq!((ledger.dropped(), executor.len()), (1, 0));
}

fn an_executor_that_is_dropped_builds_nothing<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let (spawner, value) = (executor.spawner(), ledger.value());
    let handle = elsewhere(|| {
        spawner.spawn_with(move || {
            let value = value;
            async move { unreachable!("{} is built", value.id()) }
        })
    });
    drop(executor);
    assert_eq!(ledger.dropped(), 1);
    assert!(joined::<()>(handle).unwrap_err().is_shut_down());
}

fn a_bounded_executor_takes_as_many_as_fit_from_many_threads<M: Stored>() {
    const ROOM: usize = 10;

    for round in 0..50 {
        let executor = M::small_executor(ROOM);
        let taken = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                let (spawner, taken) = (executor.spawner(), &taken);
                scope.spawn(move || {
                    for _ in 0..ROOM {
                        match spawner.try_spawn(async move { round }) {
                            Ok(handle) => {
                                taken.fetch_add(1, Ordering::Relaxed);
                                handle.detach();
                            }
                            Err(error) => assert_eq!(error.reason(), Refusal::Full),
                        }
                    }
                });
            }
        });
        assert_eq!((taken.into_inner(), executor.len()), (ROOM, ROOM));
        assert_eq!(executor.tick(usize::MAX).completed, ROOM);
        assert_eq!(executor.len(), 0);
    }
}

fn a_spawner_is_used_on_its_own_thread_too<M: Stored>() {
    let executor = M::executor();
    let spawner = executor.spawner();
    let inner = spawner.clone();
    let handle = executor.spawn(async move {
        let one = inner.spawn(async { 1 }).await.unwrap();
        one + inner.spawn_with(|| async { 2 }).await.unwrap()
    });
    assert_eq!(executor.block_on(handle).unwrap(), 3);
    assert_eq!(executor.block_on(spawner.spawn(async { 4 })).unwrap(), 4);
    assert_eq!(spawner.registry().len(), 0);
}

fn outputs_go_to_the_thread_that_asked<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let values: Vec<_> = (0..100).map(|_| ledger.value()).collect();
    let spawner = executor.spawner();
    thread::scope(|scope| {
        let ending = executor.spawn(std::future::pending::<()>());
        let end = ending.task();
        scope.spawn(move || {
            let other = M::executor();
            for (id, value) in values.into_iter().enumerate() {
                let value = other.block_on(spawner.spawn(async move { value })).unwrap();
                assert_eq!(value.id(), id);
            }
            end.cancel();
        });
        assert!(executor.block_on(ending).unwrap_err().is_cancelled());
    });
    assert_eq!(ledger.dropped(), 100);
}

//! Point 12: turns. A future that yields in `block_on` went on before other tasks had their turn. A task that yields in
//! a scheduler that runs tasks at once used stack for each turn.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use flagstone::task::{Runnable, Schedule, Tasks, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{attempt, joined, poll_fn},
    value::Ledger,
};

on_every_storage! {
    point_12_a_main_future_that_yields_lets_every_other_task_have_its_turn
    point_12_a_main_future_that_yields_alone_goes_on
    point_12_a_task_that_yields_in_an_inline_scheduler_needs_no_stack
    point_12_a_task_that_was_queued_meanwhile_is_run_by_both
    point_12_an_inline_scheduler_that_panics_ends_its_task
}

fn point_12_a_main_future_that_yields_lets_every_other_task_have_its_turn<M: Stored>() {
    for tasks in [1, 10, 64, 65, 1000] {
        let executor = M::executor();
        let turns = Rc::new(Cell::new(0));
        for _ in 0..tasks {
            let turns = Rc::clone(&turns);
            let counted = async move {
                loop {
                    turns.set(turns.get() + 1);
                    yield_now().await;
                }
            };
            executor.spawn(counted).detach();
        }
        let yields = async {
            yield_now().await;
            for round in 1..5 {
                let polls = turns.get();
                assert!((round * tasks..=round * (tasks + 64)).contains(&polls), "{polls} turns of {tasks} tasks");
                yield_now().await;
            }
        };
        if tasks % 2 == 0 {
            executor.block_on(yields);
        } else {
            let outer = M::executor();
            outer.block_on(executor.run_until(yields));
        }
    }
}

fn point_12_a_main_future_that_yields_alone_goes_on<M: Stored>() {
    let executor = M::executor();
    let inner = M::executor();
    let order = RefCell::new(Vec::new());
    executor.block_on(async {
        for number in 0..100 {
            yield_now().await;
            order.borrow_mut().push(number);
        }
        inner.run_until(async { yield_now().await }).await;
    });
    assert_eq!(order.take().len(), 100);
}

/// Runs each task at once.
struct Inline;

impl Schedule for Inline {
    fn schedule(&self, task: Runnable) {
        task.run();
    }
}

// It overflowed after some 15,000 yields.
fn point_12_a_task_that_yields_in_an_inline_scheduler_needs_no_stack<M: Stored>() {
    let in_little_stack = || {
        let tasks = Tasks::with_storage(Inline, M::unbounded());
        let task = tasks.spawn(async {
            for _ in 0..300_000 {
                yield_now().await;
            }
            7
        });
        assert_eq!(joined(task).unwrap(), 7);
        // One inside another.
        let tasks = Arc::new(tasks);
        let (spawner, polls) = (Arc::clone(&tasks), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&polls);
        let outer = tasks.spawn(async move {
            for _ in 0..100 {
                let counted = Arc::clone(&counted);
                let inner = spawner.spawn(async move {
                    for _ in 0..1000 {
                        counted.fetch_add(1, Ordering::Relaxed);
                        yield_now().await;
                    }
                });
                yield_now().await;
                inner.await.unwrap();
            }
        });
        joined(outer).unwrap();
        assert_eq!(polls.load(Ordering::Relaxed), 100_000);
    };
    thread::Builder::new().stack_size(256 << 10).spawn(in_little_stack).unwrap().join().unwrap();
}

/// Runs a task at once, and then the tasks that were queued meanwhile.
fn point_12_a_task_that_was_queued_meanwhile_is_run_by_both<M: Stored>() {
    struct Both(Mutex<Vec<Runnable>>, AtomicUsize);

    impl Schedule for Both {
        fn schedule(&self, task: Runnable) {
            if self.1.fetch_add(1, Ordering::Relaxed) % 3 == 0 {
                self.0.lock().unwrap().push(task);
            } else {
                task.run();
            }
        }
    }

    let tasks = Tasks::with_storage(Both(Mutex::default(), AtomicUsize::new(0)), M::unbounded());
    let handles: Vec<_> = (0..10)
        .map(|number| {
            tasks.spawn(async move {
                for _ in 0..100 {
                    yield_now().await;
                }
                number
            })
        })
        .collect();
    loop {
        let next = tasks.schedule().0.lock().unwrap().pop();
        let Some(task) = next else { break };
        task.run();
    }
    for (number, handle) in handles.into_iter().enumerate() {
        assert_eq!(joined(handle).unwrap(), number);
    }
    assert!(tasks.is_empty());
}

fn point_12_an_inline_scheduler_that_panics_ends_its_task<M: Stored>() {
    struct PanicsAfter(AtomicUsize);

    impl Schedule for PanicsAfter {
        fn schedule(&self, task: Runnable) {
            task.run();
            assert!(self.0.fetch_sub(1, Ordering::Relaxed) != 0, "a scheduler");
        }
    }

    let ledger = Ledger::new();
    let tasks = Tasks::with_storage(PanicsAfter(AtomicUsize::new(3)), M::unbounded());
    let value = ledger.value();
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    let spawned = attempt(|| {
        tasks.spawn(poll_fn(move |context| {
            let _ = &value;
            counted.fetch_add(1, Ordering::Relaxed);
            context.waker().wake_by_ref();
            std::task::Poll::<()>::Pending
        }))
    });
    assert!(spawned.is_err() && polls.load(Ordering::Relaxed) > 3);
    assert_eq!((ledger.dropped(), tasks.len()), (1, 0), "its task is not held anywhere");
}

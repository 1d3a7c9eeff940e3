//! Faults 14, 16: how many tasks are taken out of a queue, and which tasks are in it.

use std::{
    cell::Cell,
    collections::VecDeque,
    rc::Rc,
    sync::{Arc, Mutex},
    task::Poll,
};

use flagstone::task::{Runnable, Tasks, yield_now};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{elsewhere, joined, poll_fn},
    value::Ledger,
};

on_every_storage! {
    fault_14_a_budget_of_n_polls_exactly_n
    fault_14_a_budget_holds_for_tasks_woken_elsewhere_and_inside
    fault_16_a_task_that_is_woken_as_it_completes_ends_once
    fault_16_a_task_that_is_woken_as_it_completes_stands_in_no_queue
}

fn fault_14_a_budget_of_n_polls_exactly_n<M: Stored>() {
    let executor = M::executor();
    let polls = Rc::new(Cell::new(0));
    for budget in [0, 1, 2, 3, 7, 63, 64, 65, 200] {
        let before = polls.get();
        for _ in 0..300 {
            let polls = Rc::clone(&polls);
            executor.spawn(async move { polls.set(polls.get() + 1) }).detach();
        }
        let mut left = 300;
        while left > 0 && budget > 0 || left == 300 {
            let tick = executor.tick(budget);
            let expected = budget.min(left);
            left -= expected;
            assert_eq!(polls.get() - before, 300 - left, "budget {budget}");
            assert_eq!((tick.polled, tick.completed, tick.has_remaining), (expected, expected, left > 0), "{tick:?}");
            if budget == 0 {
                break;
            }
        }
        if budget == 0 {
            assert_eq!(executor.tick(usize::MAX).polled, 300);
        }
    }
}

fn fault_14_a_budget_holds_for_tasks_woken_elsewhere_and_inside<M: Stored>() {
    let executor = M::executor();
    let polls = Rc::new(Cell::new(0));
    let mut tasks = Vec::new();
    for index in 0..10 {
        let polls = Rc::clone(&polls);
        let handle = executor.spawn(poll_fn::<(), _>(move |context| {
            polls.set(polls.get() + 1);
            if index % 2 == 0 {
                context.waker().wake_by_ref();
            }
            Poll::Pending
        }));
        tasks.push(handle.task());
        handle.detach();
    }
    let expect = |budget| {
        let before = polls.get();
        let tick = executor.tick(budget);
        assert_eq!((polls.get() - before, tick.polled, tick.has_remaining), (budget, budget, true), "{tick:?}");
    };
    expect(1);
    expect(9); // each once
    for budget in 1..20 {
        expect(budget);
        elsewhere(|| tasks.iter().for_each(|task| task.wake()));
        expect(budget);
        tasks.iter().for_each(|task| task.wake());
    }
}

#[test]
fn tasks_that_yield_take_turns() {
    let executor = flagstone::task::LocalExecutor::new();
    let turns = Rc::new(Cell::new([0_usize; 5]));
    for index in 0..5 {
        let turns = Rc::clone(&turns);
        executor
            .spawn(async move {
                loop {
                    let mut all = turns.get();
                    all[index] += 1;
                    turns.set(all);
                    yield_now().await;
                }
            })
            .detach();
    }
    for budget in [5, 10, 35] {
        executor.tick(budget);
        assert!(turns.get().iter().all(|&turn| turn == turns.get()[0]), "{turns:?}");
    }
    assert_eq!(turns.get(), [10; 5]);
}

fn fault_16_a_task_that_is_woken_as_it_completes_ends_once<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::small_executor(2);
    for round in 0..64 {
        let (inside, outside, cancelled, panics) = (round & 1 > 0, round & 2 > 0, round & 4 > 0, round & 8 > 0);
        let value = ledger.value();
        let handle = executor.spawn(async move {
            let _value = value;
            poll_fn(|context| {
                let waker = context.waker();
                if inside {
                    waker.wake_by_ref();
                    waker.clone().wake();
                }
                if outside {
                    elsewhere(|| waker.wake_by_ref());
                }
                if inside {
                    waker.wake_by_ref();
                }
                assert!(!panics, "it panics");
                Poll::Ready(())
            })
            .await;
        });
        let task = handle.task();
        let handle = (round & 16 > 0).then_some(handle);
        let waker = task.waker();
        if cancelled && round & 32 > 0 {
            task.cancel();
        }
        let tick = executor.tick(usize::MAX);
        assert_eq!((tick.completed, tick.has_remaining), (1, false), "round {round}: {tick:?}");
        assert_eq!(ledger.dropped(), round + 1);
        task.wake();
        elsewhere(|| waker.wake());
        assert!(!task.cancel() && task.is_finished());
        assert_eq!(executor.tick(usize::MAX).polled, 0, "round {round}");
        drop((task, handle));
        assert_eq!(executor.len(), 0);
        // The slot is free, and only one slot.
        let (first, second) = (executor.try_claim(), executor.try_claim());
        assert!(first.is_some() && second.is_some() && executor.try_claim().is_none(), "round {round}");
    }
}

fn fault_16_a_task_that_is_woken_as_it_completes_stands_in_no_queue<M: Stored>() {
    let ledger = Ledger::new();
    let queue = Arc::new(Mutex::new(VecDeque::<Runnable>::new()));
    let push = Arc::clone(&queue);
    let tasks = Tasks::with_storage(move |task| push.lock().unwrap().push_back(task), M::bounded(1));
    let pop = || queue.lock().unwrap().pop_front();
    for round in 0..8 {
        let value = ledger.value();
        let mut polls = 0;
        let handle = tasks.spawn(poll_fn(move |context| {
            let _value = &value;
            polls += 1;
            let waker = context.waker();
            waker.wake_by_ref();
            elsewhere(|| waker.wake_by_ref());
            if polls <= round { Poll::Pending } else { Poll::Ready(polls) }
        }));
        for polls in 1..=round + 1 {
            let task = pop().expect("it was woken");
            assert!(pop().is_none(), "it stands there once");
            // A wake of a task that is queued or running pushes nothing.
            task.task().wake();
            assert!(pop().is_none());
            assert_eq!(task.run(), polls <= round, "round {round}, poll {polls}");
        }
        assert!(pop().is_none(), "a completed task was pushed");
        handle.task().wake();
        assert!(pop().is_none(), "a completed task was pushed");
        assert_eq!(joined(handle).unwrap(), round + 1);
        assert_eq!(tasks.len(), 0);
    }
}

//! Point 6: inside an executor that grants its task a budget, such as tokio, tasks were polled in vain once it was used
//! up.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use crate::{
    storages::{Stored, on_every_storage},
    wakers::Wakes,
};

on_every_storage! {
    point_6_few_polls_are_in_vain_where_a_budget_is_used_up
    point_6_tasks_that_need_no_budget_are_polled_in_large_portions
}

/// The budget that tokio grants a task for each poll; and the wakers of futures that found it used up, which are woken
/// after the poll.
#[derive(Default)]
struct Coop {
    budget: Cell<usize>,
    deferred: RefCell<Vec<Waker>>,
}

const BUDGET: usize = 128;

impl Coop {
    /// Receives a message that is ready, from a channel that uses the budget.
    async fn receive(&self) {
        poll_fn(|context| match self.budget.get().checked_sub(1) {
            Some(left) => {
                self.budget.set(left);
                Poll::Ready(())
            }
            None => {
                self.deferred.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await;
    }
}

// It took 378,722 polls, where a set of tasks with a budget each takes 2,000.
fn point_6_few_polls_are_in_vain_where_a_budget_is_used_up<M: Stored>() {
    const TASKS: usize = 1000;
    const MESSAGES: usize = 200;

    // The number of polls of the outer task after which the others are woken.
    for outer_polls in [1, 61] {
        let executor = M::executor();
        let (coop, polls) = (Rc::new(Coop::default()), Rc::new(Cell::new(0)));
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (coop, polls) = (Rc::clone(&coop), Rc::clone(&polls));
                let mut receiving = Box::pin(async move {
                    for _ in 0..MESSAGES {
                        coop.receive().await;
                    }
                });
                executor.spawn(poll_fn(move |context| {
                    polls.set(polls.get() + 1);
                    receiving.as_mut().poll(context)
                }))
            })
            .collect();
        let mut running = pin!(executor.run_until(async {
            for task in tasks {
                task.await.unwrap();
            }
        }));
        let wakes = Wakes::new();
        'running: loop {
            let mut seen = wakes.count();
            for _ in 0..outer_polls {
                coop.budget.set(BUDGET);
                if running.as_mut().poll(&mut Context::from_waker(&wakes.waker())).is_ready() {
                    break 'running;
                }
                if wakes.count() == seen {
                    break; // it sleeps
                }
                seen = wakes.count();
            }
            coop.deferred.take().into_iter().for_each(Waker::wake);
        }
        let polls = polls.get();
        assert!(polls < 20 * TASKS, "{polls} polls, {outer_polls} of the outer task at once");
    }
}

// Tasks that other threads wake, or that wake themselves, are polled as many at once as before.
fn point_6_tasks_that_need_no_budget_are_polled_in_large_portions<M: Stored>() {
    let executor = M::executor();
    for _ in 0..10 {
        let task = async {
            for _ in 0..10_000 {
                flagstone::task::yield_now().await;
            }
        };
        executor.spawn(task).detach();
    }
    let mut running = pin!(executor.run_until(async {
        while !executor.is_empty() {
            flagstone::task::yield_now().await;
        }
    }));
    let mut outer = 0;
    while running.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        outer += 1;
    }
    assert!(outer < 100_000 / 100, "{outer} polls of the outer task");
}

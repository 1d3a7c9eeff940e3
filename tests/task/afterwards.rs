//! What is left when the executor has ended, here and on other threads.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use flagstone::task::{
    AbortHandle, Claim, JoinHandle, Refusal, Registry, Runnable, Schedule, Spawner, TaskId, TaskRef, TaskState, Tasks,
};

use crate::{
    storages::{Stored, on_every_storage},
    trials::{asleep, elsewhere, joined, poll, poll_once, sleeper},
    value::Ledger,
    wakers::Wakes,
};

on_every_storage! {
    a_task_reference_is_of_a_finished_task
    an_abort_handle_aborts_nothing
    a_registry_is_empty
    spawners_refuse_and_give_back
    claims_that_wait_are_woken_and_refuse
    all_of_it_in_every_order_on_another_thread
    tasks_refuse_when_they_are_shut_down
    a_spawner_and_a_registry_alone_keep_nothing_alive
    all_memory_goes_with_the_last_task
    all_memory_goes_where_the_scheduler_runs_its_tasks_itself
}

fn a_task_reference_is_of_a_finished_task<M: Stored>() {
    let executor = M::executor();
    let (completed, sleeping) = (executor.spawn(async { 7 }), sleeper(&executor).0);
    let tasks = [completed.task(), sleeping.task()];
    executor.tick(usize::MAX);
    let running = tasks[1].info();
    drop(executor);
    let check = || {
        for task in &tasks {
            assert!(task.is_finished() && !task.cancel());
            task.wake();
            task.waker().wake();
            assert!(task.waker().will_wake(&task.clone().waker()));
            let info = task.info();
            assert_eq!((info.id, info.state, info.polls), (task.id(), TaskState::Finished, 1));
            assert!(!info.to_string().is_empty() && !info.json().to_string().is_empty());
        }
        let info = tasks[1].info();
        assert_eq!(
            (info.type_name, info.size, info.location.line()),
            (running.type_name, running.size, running.location.line())
        );
    };
    check();
    elsewhere(check);
    assert_eq!(joined(completed).unwrap(), 7);
    assert!(joined(sleeping).unwrap_err().is_shut_down());
    check();
    elsewhere(move || drop(tasks));
}

fn an_abort_handle_aborts_nothing<M: Stored>() {
    let executor = M::executor();
    let (handle, _waker) = sleeper(&executor);
    let abort = handle.abort_handle();
    drop(executor);
    assert!(!abort.abort() && abort.is_finished() && abort.id() == handle.id());
    elsewhere(|| assert!(!abort.abort() && !abort.clone().abort()));
    assert!(!handle.cancel() && joined(handle).unwrap_err().is_shut_down());
}

fn a_registry_is_empty<M: Stored>() {
    let executor = M::executor();
    let (handle, waker) = sleeper(&executor);
    let (registry, id) = (executor.registry(), handle.id());
    assert_eq!((registry.len(), registry.is_empty()), (1, false));
    drop(executor);
    drop((handle, waker));
    let check = || {
        assert_eq!((registry.len(), registry.is_empty(), registry.tasks().len()), (0, true, 0));
        assert!(registry.get(id).is_none() && registry.info(id).is_none() && !registry.cancel(id));
        let _table = registry.to_string();
        assert_eq!(registry.json().to_string().lines().count(), 0);
    };
    check();
    elsewhere(check);
}

fn spawners_refuse_and_give_back<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let (local, spawner) = (executor.local_spawner(), executor.spawner());
    drop(executor);
    let value = ledger.value();
    let error = local.try_spawn(async move { value.id() }).map(drop).unwrap_err();
    assert_eq!(error.reason(), Refusal::ShutDown);
    assert!(poll_once(&mut Box::pin(error.into_inner())).is_ready());
    assert!(local.try_claim().is_none_or(|claim| claim.spawn(async {}).is_err()));
    elsewhere(|| {
        let value = ledger.value();
        let error = spawner.try_spawn(async move { value.id() }).map(drop).unwrap_err();
        assert_eq!(error.reason(), Refusal::ShutDown);
        assert!(poll_once(&mut Box::pin(error.into_inner())).is_ready());
        let value = ledger.value();
        let error = spawner.try_spawn_with(move || async move { value.id() }).map(drop).unwrap_err();
        assert_eq!(error.reason(), Refusal::ShutDown);
        assert_eq!(ledger.dropped(), 2);
        drop(error);
        let value = ledger.value();
        assert!(joined(spawner.clone().spawn(async move { drop(value) })).unwrap_err().is_shut_down());
        let value = ledger.value();
        let refused = spawner.builder().name("late").kind("late").try_spawn(async move { drop(value) });
        assert_eq!(refused.map(drop).unwrap_err().reason(), Refusal::ShutDown);
    });
}

fn claims_that_wait_are_woken_and_refuse<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::small_executor(1);
    let held = executor.try_claim().unwrap();
    let local = executor.local_spawner();
    let mut waiting = [(); 3].map(|()| (Box::pin(executor.claim()), Wakes::new()));
    let late = executor.claim();
    for (claim, wakes) in &mut waiting {
        assert!(poll(claim, &wakes.waker()).is_pending());
    }
    drop(executor);
    let refused = |claim: Poll<Claim<M>>| {
        let Poll::Ready(claim) = claim else { panic!("it would wait for ever") };
        let value = ledger.value();
        let error = claim.spawn(async move { drop(value) }).map(drop).unwrap_err();
        assert_eq!(error.reason(), Refusal::ShutDown);
    };
    for (mut claim, wakes) in waiting {
        assert!(wakes.count() > 0, "it would never be polled again");
        refused(poll(&mut claim, &wakes.waker()));
        drop(claim);
        assert_eq!(Arc::strong_count(&wakes), 1, "a waker is left");
    }
    for mut claim in [Box::pin(late), Box::pin(local.claim())] {
        refused(poll_once(&mut claim));
    }
    drop(held);
}

/// Every object that may be sent to other threads.
enum Left<M: Stored> {
    Handle(JoinHandle<crate::value::Counted>),
    Task(TaskRef),
    Abort(AbortHandle),
    Spawner(Spawner<M>),
    Registry(Registry),
    Waker(std::task::Waker),
}

fn all_of_it_in_every_order_on_another_thread<M: Stored>() {
    // The orders of six things.
    fn orders(of: usize) -> Vec<Vec<usize>> {
        if of == 0 {
            return vec![Vec::new()];
        }
        let insert = |order: &Vec<usize>, at| {
            let mut order = order.clone();
            order.insert(at, of - 1);
            order
        };
        orders(of - 1).iter().flat_map(|order| (0..of).map(move |at| insert(order, at))).collect()
    }

    for (round, order) in orders(6).into_iter().enumerate() {
        let ledger = Ledger::new();
        let executor = M::executor();
        let value = ledger.value();
        let handle = executor.spawn(async move {
            if round % 2 == 0 {
                pending::<()>().await;
            }
            value
        });
        executor.tick(usize::MAX);
        let mut left: Vec<Option<Left<M>>> = [
            Left::Task(handle.task()),
            Left::Abort(handle.abort_handle()),
            Left::Waker(handle.task().waker()),
            Left::Handle(handle),
            Left::Spawner(executor.spawner()),
            Left::Registry(executor.registry()),
        ]
        .map(Some)
        .into();
        drop(executor);
        elsewhere(move || {
            for index in order {
                match left[index].take().unwrap() {
                    Left::Handle(handle) if round % 3 == 0 => drop(handle),
                    Left::Handle(handle) => drop(joined(handle)),
                    Left::Task(task) => task.wake(),
                    Left::Abort(abort) => assert!(!abort.abort()),
                    Left::Spawner(spawner) => assert!(spawner.try_spawn(async {}).is_err()),
                    Left::Registry(registry) => registry.tasks().iter().for_each(|task| assert_eq!(task.polls, 1)),
                    Left::Waker(waker) => waker.wake(),
                }
            }
        });
    }
}

fn tasks_refuse_when_they_are_shut_down<M: Stored>() {
    let ledger = Ledger::new();
    let queue = Arc::new(Mutex::new(Vec::new()));
    let push = Arc::clone(&queue);
    let tasks = Tasks::with_storage(move |task| push.lock().unwrap().push(task), M::unbounded());
    let handles: Vec<_> = (0..4)
        .map(|_| {
            let value = ledger.value();
            tasks.spawn(async move { (pending::<()>().await, value).1 })
        })
        .collect();
    // One task sleeps, one is queued again, and two have never run.
    let (first, second): (Runnable, Runnable) = {
        let mut queue = queue.lock().unwrap();
        (queue.remove(0), queue.remove(0))
    };
    let task = second.task();
    assert!(!first.run() && !second.run());
    task.wake();
    assert_eq!(queue.lock().unwrap().len(), 3);
    tasks.shutdown();
    // Tasks in the queue end when they are taken out of it, at the latest.
    for task in queue.lock().unwrap().drain(..) {
        assert!(!task.run(), "nothing is polled any more");
    }
    assert_eq!(ledger.dropped(), 4);
    let value = ledger.value();
    let error = tasks.try_spawn(async move { drop(value) }).map(drop).unwrap_err();
    assert_eq!(error.reason(), Refusal::ShutDown);
    drop(error);
    tasks.shutdown();
    drop(tasks);
    for (number, handle) in handles.into_iter().enumerate() {
        assert!(handle.is_finished());
        let error = joined(handle).unwrap_err();
        // The queued tasks were cancelled, and ended by the thread that ran them.
        assert_eq!((error.is_shut_down(), error.is_cancelled()), (number == 0, number > 0));
    }
    task.wake();
    assert!(queue.lock().unwrap().is_empty(), "a task that has ended was pushed");
}

fn a_spawner_and_a_registry_alone_keep_nothing_alive<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::executor();
    let (spawner, registry, local) = (executor.spawner(), executor.registry(), executor.local_spawner());
    let value = ledger.value();
    executor.spawn(async move { (pending::<()>().await, value).1 }).detach();
    drop(executor);
    assert_eq!(ledger.dropped(), 1);
    assert!(registry.get(TaskId::from_usize(0)).is_none());
    drop((spawner, local));
    elsewhere(move || drop(registry));
}

/// A scheduler is dropped together with all memory of its tasks.
fn all_memory_goes_with_the_last_task<M: Stored>() {
    for ways in 0..32 {
        let [asleep, queued, finished, watched, late] = [1, 2, 4, 8, 16].map(|way| ways & way > 0);
        let scheduler = Arc::new(());
        let kept = Arc::clone(&scheduler);
        let (sender, queue) = std::sync::mpsc::channel::<Runnable>();
        let tasks = Tasks::with_storage(move |task| (sender.send(task).unwrap(), &kept).0, M::unbounded());
        let run = || assert!(!queue.try_recv().unwrap().run());
        let finished = finished.then(|| (tasks.spawn(async { 7 }), run()).0);
        if asleep {
            tasks.spawn(pending::<()>()).detach();
            run();
        }
        if queued {
            tasks.spawn(pending::<()>()).detach();
        }
        let registry = watched.then(|| tasks.registry());
        let task = late.then(|| (tasks.spawn(async {}).task(), run()).0);
        drop(tasks);
        drop(queue);
        assert!(registry.is_none_or(|registry| registry.len() <= 2));
        assert!(finished.is_none_or(|handle| joined(handle).unwrap() == 7));
        elsewhere(move || drop(task));
        assert_eq!(Arc::strong_count(&scheduler), 1, "asleep, queued, finished, watched, late: {ways:05b}");
    }
}

/// Runs each task where it is scheduled. A wake may be the core's last use, and must not free the core within
/// `schedule`.
struct RunsItself(Arc<AtomicBool>);

impl Schedule for RunsItself {
    fn schedule(&self, task: Runnable) {
        task.run();
        assert!(!self.0.load(Ordering::SeqCst), "the scheduler was dropped while it is used");
    }
}

impl Drop for RunsItself {
    fn drop(&mut self) {
        assert!(!self.0.swap(true, Ordering::SeqCst), "dropped twice");
    }
}

fn all_memory_goes_where_the_scheduler_runs_its_tasks_itself<M: Stored>() {
    for way in 0..5 {
        let dropped = Arc::new(AtomicBool::new(false));
        let tasks = Tasks::with_storage(RunsItself(Arc::clone(&dropped)), M::unbounded());
        let (sender, wakers) = std::sync::mpsc::channel();
        let handle = tasks.spawn(asleep(move |waker| sender.send(waker).unwrap()));
        let waker = wakers.recv().unwrap();
        match way {
            // The task ends by its wake, by the end, or by its cancellation; what is dropped last differs.
            0 => (waker.wake(), joined(handle).unwrap(), drop(tasks)).2,
            1 => (drop(handle), drop(tasks), waker.wake()).2,
            2 => (waker.wake_by_ref(), drop((tasks, handle)), drop(waker)).2,
            3 => (drop(tasks), drop((waker, handle))).1,
            _ => {
                assert!(handle.cancel() && handle.is_finished());
                drop((tasks, waker, handle));
            }
        }
        assert!(dropped.load(Ordering::SeqCst), "way {way}: something is left");
    }
}

//! Point 2: what a look at a registry shows. That it refuses no spawn: `tests/task_allocation/looks.rs`.

use std::{cell::RefCell, future::pending, sync::mpsc, thread};

use flagstone::task::{Registry, TaskId};

use crate::{
    storages::{Stored, on_every_storage},
    trials::elsewhere,
};

on_every_storage! {
    point_2_each_look_shows_the_same_references
    point_2_a_thread_that_ends_shows_no_reference_of_its_own
    point_2_every_task_that_lives_throughout_is_listed_once
}

/// The counts that the table, the list and the look at one task show.
fn references(registry: &Registry, id: TaskId) -> [usize; 3] {
    let of_list = registry.tasks().iter().find(|task| task.id == id).unwrap().references;
    let of_json =
        registry.json().to_string().lines().find(|line| line.contains(&format!("\"{id}\""))).unwrap().to_owned();
    let of_json = of_json.rsplit_once(':').unwrap().1.trim_end_matches('}').parse().unwrap();
    [of_list, registry.info(id).unwrap().references, of_json]
}

fn point_2_each_look_shows_the_same_references<M: Stored>() {
    let executor = M::executor();
    let registry = executor.registry();
    let task = executor.spawn(async {});
    let id = task.id();
    assert_eq!(references(&registry, id), [2; 3], "the handle and the executor");
    assert_eq!(elsewhere(|| references(&registry, id)), [2; 3]);
    let reference = task.task();
    assert_eq!((references(&registry, id), reference.info().references), ([3; 3], 3));
    let waker = reference.waker();
    assert_eq!(references(&registry, id), [4; 3]);
    executor.tick(1);
    assert_eq!(references(&registry, id), [3; 3], "the executor has no part in a task that has ended");
    drop(task);
    assert!(registry.info(id).is_none() && registry.tasks().is_empty());
    assert_eq!(reference.info().references, 2, "the waker and itself");
    drop(waker);
}

struct Looks {
    registry: Registry,
    id: TaskId,
    seen: mpsc::Sender<[usize; 3]>,
}

impl Drop for Looks {
    fn drop(&mut self) {
        self.seen.send(references(&self.registry, self.id)).unwrap();
    }
}

thread_local! {
    static AT_THE_END: RefCell<Option<Looks>> = const { RefCell::new(None) };
}

/// Such a thread no longer has a shard, and pins by guards.
fn point_2_a_thread_that_ends_shows_no_reference_of_its_own<M: Stored>() {
    let executor = M::executor();
    let task = executor.spawn(pending::<()>());
    for _ in 0..2 {
        let (seen, looks) = mpsc::channel();
        let (registry, id) = (executor.registry(), task.id());
        thread::spawn(move || {
            // First this one, which is then destroyed after the thread's number.
            AT_THE_END.with(|place| *place.borrow_mut() = Some(Looks { registry, id, seen }));
            assert!(flagstone::Slab::new().insert(0).is_some());
        })
        .join()
        .unwrap();
        assert_eq!(looks.recv().unwrap(), [2; 3]);
    }
}

/// Whatever tasks are spawned and end meanwhile, in slots before and behind them.
fn point_2_every_task_that_lives_throughout_is_listed_once<M: Stored>() {
    const STEADY: usize = 500;

    let executor = M::executor();
    let mut steady = Vec::new();
    for number in 0..STEADY {
        steady.push(executor.spawn(pending::<()>()).id());
        if number % 3 == 0 {
            executor.spawn(async {}).detach();
        }
    }
    steady.sort_unstable();
    let (registry, (done, is_done)) = (executor.registry(), mpsc::channel());
    thread::scope(|scope| {
        scope.spawn(move || {
            for _ in 0..100 {
                let mut listed: Vec<_> = registry.tasks().iter().map(|task| task.id).collect();
                listed.sort_unstable();
                let count = listed.len();
                listed.dedup();
                assert_eq!(listed.len(), count, "one was listed twice");
                assert!(steady.iter().all(|id| listed.binary_search(id).is_ok()), "one is missing");
            }
            done.send(()).unwrap();
        });
        while is_done.try_recv().is_err() {
            for _ in 0..10 {
                executor.spawn(async {}).detach();
            }
            executor.tick(usize::MAX);
        }
    });
}

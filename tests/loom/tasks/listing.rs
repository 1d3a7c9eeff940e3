//! The registry on another thread, against the end of tasks and the reuse of their slots.
//!
//! Property: a look-up finds the task of that id, whole; it stays readable while it is held, even if it ends meanwhile
//! and its slot would be used again; a cancellation by id cancels that task, or none.
//!
//! Invariants: K4; the slab's P1 (an entry is found when it is whole).
//!
//! Orderings: the slab's `publish` Release with `share` Acquire; `Sites::add` Release with `site` Acquire.

use flagstone::task::LocalExecutor;
use loom::thread;

use super::{joined, pending, ready, word};
use crate::check::{check_bare, check_less};

#[test]
fn look_up_against_end_and_reuse() {
    let outcomes = ["found", "not found"];
    check_bare("tasks::listing::look_up_against_end_and_reuse", &outcomes, |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(ready(tally, 1));
        let seeker = thread::spawn({
            let (registry, id, tally) = (executor.registry(), task.id(), tally.clone());
            move || match registry.get(id) {
                Some(task) => {
                    assert_eq!((task.id(), task.info().kind), (id, "task"));
                    tally.note("found");
                }
                None => tally.note("not found"),
            }
        });
        drop(task);
        executor.tick(1);
        let next = executor.builder().kind("other").spawn(ready(tally, 2));
        executor.tick(1);
        seeker.join().unwrap();
        assert_eq!(word(&joined(next), 2), "output");
        assert!(executor.is_empty());
    });
}

#[test]
fn cancel_against_end_and_reuse() {
    let outcomes = ["cancelled", "too late"];
    check_bare("tasks::listing::cancel_against_end_and_reuse", &outcomes, |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(ready(tally, 1));
        let canceller = thread::spawn({
            let (registry, id) = (executor.registry(), task.id());
            move || registry.cancel(id)
        });
        drop(task);
        executor.tick(1);
        let next = executor.spawn(ready(tally, 2));
        executor.tick(1);
        tally.note(if canceller.join().unwrap() { "cancelled" } else { "too late" });
        assert_eq!(word(&joined(next), 2), "output", "another task was meant");
        assert!(executor.is_empty());
    });
}

/// Every task that lives throughout is listed, once.
#[test]
fn list_against_spawn_and_end() {
    let outcomes = ["one", "two"];
    check_less("tasks::listing::list_against_spawn_and_end", 2, &outcomes, |tally| {
        let executor = LocalExecutor::new();
        let steady = executor.spawn(pending(tally, 1));
        let going = executor.spawn(ready(tally, 2));
        let lister = thread::spawn({
            let (registry, steady, tally) = (executor.registry(), steady.id(), tally.clone());
            move || {
                let tasks = registry.tasks();
                assert_eq!(tasks.iter().filter(|task| task.id == steady).count(), 1);
                tally.note(["none", "one", "two", "three"][tasks.len()]);
            }
        });
        drop(going);
        executor.tick(2);
        lister.join().unwrap();
        assert_eq!(executor.len(), 1);
    });
}

/// A thread spawns while another looks for the key that the task will have.
#[test]
fn key_guessed_against_remote_spawn() {
    let outcomes = ["found", "not found"];
    check_bare("tasks::listing::key_guessed_against_remote_spawn", &outcomes, |tally| {
        let executor = LocalExecutor::new();
        let task = executor.spawn(ready(tally, 1));
        let id = task.id();
        drop(task);
        executor.tick(1);
        let seeker = thread::spawn({
            let (registry, tally) = (executor.registry(), tally.clone());
            move || {
                // The next life of the slot, and that of the next slot.
                let found =
                    (1..=4).filter_map(|more| registry.get(flagstone::task::TaskId::from_usize(id.as_usize() + more)));
                let found = found.map(|task| assert_eq!(task.info().kind, "other")).count();
                tally.note(if found == 0 { "not found" } else { "found" });
            }
        });
        let next = executor.builder().kind("other").spawn(ready(tally, 2));
        executor.tick(1);
        seeker.join().unwrap();
        assert_eq!(word(&joined(next), 2), "output");
    });
}

/// Two threads spawn at one place. Each may find what the other has noted of it.
#[test]
fn two_spawn_at_one_place() {
    check_less("tasks::listing::two_spawn_at_one_place", 1, &["spawned"], |tally| {
        let executor = LocalExecutor::new();
        let spawning = [1, 2].map(|number| {
            let (spawner, tally) = (executor.spawner(), tally.clone());
            thread::spawn(move || spawner.spawn(ready(&tally, number)))
        });
        let tasks = spawning.map(|thread| thread.join().unwrap());
        assert_eq!(executor.tick(2).completed, 2);
        for (number, task) in (1..).zip(tasks) {
            assert_eq!(word(&joined(task), number), "output");
        }
        tally.note("spawned");
    });
}

/// Two threads spawn at two places each. The table of places is replaced by larger ones meanwhile.
#[test]
fn two_spawn_at_many_places() {
    check_less("tasks::listing::two_spawn_at_many_places", 1, &["spawned"], |tally| {
        let executor = LocalExecutor::new();
        let there = thread::spawn({
            let (spawner, tally) = (executor.spawner(), tally.clone());
            move || ["a", "b"].map(|kind| spawner.builder().kind(kind).spawn(ready(&tally, 1)))
        });
        let here = ["b", "c"].map(|kind| executor.builder().kind(kind).spawn(ready(tally, 2)));
        let there = there.join().unwrap();
        let kinds = there.iter().chain(&here).map(|task| task.task().info().kind);
        assert!(kinds.eq(["a", "b", "b", "c"]));
        assert_eq!(executor.tick(4).completed, 4);
        for (task, number) in there.into_iter().chain(here).zip([1, 1, 2, 2]) {
            assert_eq!(word(&joined(task), number), "output");
        }
        tally.note("spawned");
    });
}

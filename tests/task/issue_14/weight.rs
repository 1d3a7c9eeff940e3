//! Point 13: consequences of small first pages. The memory of executors: `tests/task_allocation/weight.rs`.

use std::{collections::BTreeSet, future::pending, sync::LazyLock};

use flagstone::task::TaskId;

use crate::storages::{Stored, on_every_storage};

on_every_storage! {
    point_13_many_tasks_have_different_ids_and_are_listed
    point_13_ids_that_name_no_slot_find_nothing
    point_13_spawned_at_many_places
    point_13_slots_of_short_pages_are_used_again
}

/// Enough to fill pages of every length, up to those that are as long as their numbers allow.
const MANY: usize = if cfg!(target_pointer_width = "64") { 20_000 } else { 5000 };

fn point_13_many_tasks_have_different_ids_and_are_listed<M: Stored>() {
    let executor = M::executor();
    let ids: BTreeSet<_> = (0..MANY).map(|_| executor.spawn(pending::<()>()).id()).collect();
    let listed: Vec<_> = executor.registry().tasks().iter().map(|task| task.id).collect();
    assert_eq!((ids.len(), listed.len()), (MANY, MANY));
    assert_eq!(ids, listed.into_iter().collect());
}

fn point_13_ids_that_name_no_slot_find_nothing<M: Stored>() {
    let executor = M::executor();
    let keys: BTreeSet<_> = (0..50).map(|_| executor.spawn(pending::<()>()).id().as_usize()).collect();
    let registry = executor.registry();
    for key in &keys {
        for bit in 0..usize::BITS {
            let guessed = key ^ (1 << bit);
            assert_eq!(registry.get(TaskId::from_usize(guessed)).is_some(), keys.contains(&guessed));
        }
        for guessed in *key..key + 10_000 {
            assert_eq!(registry.info(TaskId::from_usize(guessed)).is_some(), keys.contains(&guessed));
        }
    }
}

/// There are some tasks of each kind. So some places are found that were noted in a smaller table, and some in the
/// last.
fn point_13_spawned_at_many_places<M: Stored>() {
    static KINDS: LazyLock<Vec<String>> = LazyLock::new(|| (0..1000).map(|number| format!("kind {number}")).collect());
    let executor = M::executor();
    for _ in 0..3 {
        for kind in &*KINDS {
            executor.builder().kind(kind).spawn(pending::<()>()).detach();
        }
    }
    let tasks = executor.registry().tasks();
    for kind in &*KINDS {
        assert_eq!(tasks.iter().filter(|task| task.kind == kind).count(), 3, "{kind}");
    }
}

fn point_13_slots_of_short_pages_are_used_again<M: Stored>() {
    let executor = M::executor();
    for live in [1, 2, 3, 4, 5, 11, 12, 13, 44, 45] {
        let mut places = BTreeSet::new();
        for _ in 0..50 {
            let tasks: Vec<_> = (0..live).map(|_| executor.spawn(async {})).collect();
            places.extend(tasks.iter().map(|task| slot_of(task.id())));
            executor.tick(live);
        }
        assert_eq!(places.len(), live, "{places:x?}");
    }
}

/// The bits of an id that do not change from life to life. Where generation and offset share a field, those of the
/// offset.
pub(super) fn slot_of(id: TaskId) -> usize {
    let (offset_bits, shared_bits) = if cfg!(target_pointer_width = "64") { (12, 47) } else { (6, 20) };
    let page = (id.as_usize() >> shared_bits) & 15;
    id.as_usize() & !((1 << shared_bits) - (1 << (offset_bits + page)))
}

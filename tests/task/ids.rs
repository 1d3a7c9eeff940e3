//! Task ids: printed and parsed.

use std::collections::{BTreeSet, HashSet};

use flagstone::task::{LocalExecutor, TaskId};

#[test]
fn an_id_is_shown_in_hexadecimal_and_read_back() {
    for number in [0, 1, 0x2a, 0xdead_beef, usize::MAX / 2, usize::MAX - 1, usize::MAX] {
        let id = TaskId::from_usize(number);
        assert_eq!((id.as_usize(), id.to_string()), (number, format!("{number:#x}")));
        assert_eq!(id.to_string().parse::<TaskId>().unwrap(), id);
        assert!(!format!("{id:?}").is_empty());
    }
    assert_eq!(TaskId::from_usize(42).to_string(), "0x2a");
}

#[test]
fn what_is_no_id_is_refused() {
    let keys = ["", "0x", "x2a", "0xg", "0x+1", "0x-1", "-0x1", " 0x1", "0x1 ", "0x1_0", "0x10000000000000000", "0x 1"];
    let others = [":", "1:", ":0x1", "0:0x1", "+1:0x1", "-1:0x1", "a:0x1", "0x1:0x1", "1:2:0x1", "1 :0x1", "1: 0x1"];
    let behind_a_number = keys.map(|key| format!("1:{key}"));
    for text in keys.into_iter().chain(others).chain(behind_a_number.iter().map(String::as_str)) {
        let error = text.parse::<TaskId>().expect_err(text);
        assert!(!error.to_string().is_empty(), "{text:?}");
    }
}

#[test]
fn ids_of_tasks_are_all_different_and_found_again() {
    let executor = LocalExecutor::new();
    let (mut hashed, mut ordered) = (HashSet::new(), BTreeSet::new());
    for _ in 0..3 {
        let handles: Vec<_> = (0..100).map(|number| executor.spawn(async move { number })).collect();
        for handle in &handles {
            assert!(hashed.insert(handle.id()) && ordered.insert(handle.id()));
            let id: TaskId = handle.id().to_string().parse().unwrap();
            assert_eq!(executor.registry().get(id).unwrap().id(), handle.id());
            assert_eq!(handle.id(), handle.abort_handle().id());
            // A key alone finds the task, and is no task's id.
            let key = TaskId::from_usize(handle.id().as_usize());
            assert_eq!(executor.registry().get(key).unwrap().id(), handle.id());
            assert_ne!(key, handle.id());
        }
        executor.tick(usize::MAX);
    }
    // Ids of removed tasks, of tasks that never were, and of tasks that cannot be.
    for id in hashed.into_iter().chain([0, 1, usize::MAX, 1 << 20].map(TaskId::from_usize)) {
        assert!(executor.registry().get(id).is_none() && !executor.registry().cancel(id));
    }
}

//! What `wait_exclusive` does not wait for: what will never come.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use flagstone::{ExclusiveError, Pool, Slab};

use super::{Store, in_slabs_and_in_pools};
use crate::{
    alone::alone,
    configs::TwoThreads,
    crowd::{on_a_thread_without_a_shard, others_claim_all},
    issue_13::ends,
};

in_slabs_and_in_pools! {
    what_is_absent_is_not_waited_for
    under_an_own_pin_it_panics_and_the_entry_stays
    under_an_own_pin_it_panics_also_when_another_thread_waits_for_the_entry
}

fn what_is_absent_is_not_waited_for<S: Store>() {
    let store = S::default();
    let nothing = |key: usize| assert!(store.wait_exclusive(key).is_none(), "{key:#x}");
    let guesses = [0, 1, usize::MAX, usize::MAX >> 1];
    guesses.into_iter().for_each(nothing);
    let key = store.make(1);
    guesses.into_iter().chain([key ^ 1, key + 1]).filter(|&guess| guess != key).for_each(nothing);
    let guard = store.get(key).unwrap();
    assert!(store.end(key));
    // Removed, with a guard out; and free.
    nothing(key);
    drop(guard);
    nothing(key);
    assert_ne!(store.make(2), key);
    nothing(key);
    let _pin = store.pin();
    nothing(key);
}

/// What a panic of the behaviour says.
fn panic_of(behaviour: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(behaviour)).expect_err("it does not panic");
    *panic.downcast::<String>().unwrap()
}

fn refusal(operation: &str, key: usize) -> String {
    format!(
        "flagstone: `{operation}` of entry {key:#x} would wait for ever: this thread has pinned the slab, and may be reading it"
    )
}

fn under_an_own_pin_it_panics_and_the_entry_stays<S: Store>() {
    let store = S::default();
    let key = store.make(1);
    let (outer, inner) = (store.pin(), store.pin());
    let is_refused = || {
        assert_eq!(panic_of(|| drop(store.wait_exclusive(key))), refusal("wait_exclusive", key));
        assert_eq!(store.read(key), Some(1));
        assert_eq!(store.get_exclusive(key).map(drop), Err(ExclusiveError::InUse));
    };
    is_refused();
    drop(outer);
    is_refused();
    drop(inner);
    **store.wait_exclusive(key).unwrap() = 2;
    assert_eq!(store.read(key), Some(2));
}

/// The entry is there, though it cannot be got at this moment.
fn under_an_own_pin_it_panics_also_when_another_thread_waits_for_the_entry<S: Store>() {
    let store = S::default();
    let key = store.make(1);
    let guard = store.get(key).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| store.wait_exclusive(key).is_some());
        store.await_absence(key);
        let pin = store.pin();
        let outcome = catch_unwind(AssertUnwindSafe(|| store.wait_exclusive(key).is_some()));
        drop((guard, pin));
        assert!(waiting.join().unwrap());
        let panic = outcome.expect_err("it says that there is no entry");
        assert_eq!(*panic.downcast::<String>().unwrap(), refusal("wait_exclusive", key));
    });
}

#[test]
fn take_under_an_own_pin_panics_also_when_another_thread_waits_for_the_entry() {
    ends(|| {
        let slab = Slab::<u64>::new();
        let key = slab.insert(1).unwrap();
        let guard = slab.get(key).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| slab.wait_exclusive(key).is_some());
            slab.await_absence(key);
            let pin = slab.pin();
            let outcome = catch_unwind(AssertUnwindSafe(|| slab.take(key)));
            drop((guard, pin));
            assert!(waiting.join().unwrap());
            let panic = outcome.expect_err("it says that there is no entry");
            assert_eq!(*panic.downcast::<String>().unwrap(), refusal("take", key));
        });
    });
}

#[test]
fn take_of_an_entry_that_another_thread_waits_for_gets_the_value() {
    ends(|| {
        for value in 0..50 {
            let slab = Slab::<u64>::new();
            let key = slab.insert(value).unwrap();
            let guard = slab.get(key).unwrap();
            thread::scope(|scope| {
                let waiting = scope.spawn(|| slab.wait_exclusive(key).is_none());
                slab.await_absence(key);
                let taking = scope.spawn(|| slab.take(key));
                // The guard is still out.
                assert!(waiting.join().unwrap());
                assert!(!taking.is_finished() && !slab.remove(key));
                drop(guard);
                assert_eq!(taking.join().unwrap(), Some(value));
            });
            assert!(slab.is_empty());
        }
    });
}

#[test]
fn an_entry_that_is_not_made_yet_is_not_waited_for_and_one_that_is_being_made_is() {
    ends(|| {
        let slab = Slab::<u64>::new();
        let vacant = slab.vacant_entry().unwrap();
        assert!(slab.wait_exclusive(vacant.key()).is_none());
        let key = vacant.key();
        vacant.insert(1);
        assert_eq!(slab.wait_exclusive(key).as_deref(), Some(&1));

        let pool = Pool::<u64>::new();
        let mut created = pool.create().unwrap();
        let key = created.key();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| pool.wait_exclusive(key).map(|value| *value));
            for value in 1..=100 {
                thread::yield_now();
                assert!(!waiting.is_finished());
                *created = value;
            }
            drop(created);
            assert_eq!(waiting.join().unwrap(), Some(100));
        });
    });
}

#[test]
fn an_exclusive_guard_that_is_waited_for_becomes_one_that_others_share() {
    ends(|| {
        let pool = Pool::<u64>::new();
        let mut created = pool.create().unwrap();
        let key = created.key();
        *created = 1;
        thread::scope(|scope| {
            let waiting = scope.spawn(|| *pool.wait_exclusive(key).unwrap() += 10);
            for _ in 0..100 {
                thread::yield_now();
            }
            let shared = created.downgrade();
            for _ in 0..100 {
                thread::yield_now();
                assert!(*shared == 1 && !waiting.is_finished());
            }
            drop(shared);
            waiting.join().unwrap();
        });
        assert_eq!(*pool.get(key).unwrap(), 11);
    });
}

alone! {
    fn a_thread_without_a_shard_waits_and_is_waited_for() {
        ends(|| {
            on_a_thread_without_a_shard(|| {
                let slab = Slab::<u64>::new_with_config::<TwoThreads>();
                others_claim_all::<TwoThreads>(|| drop(slab.pin()));
                let [key, other] = [1, 2].map(|value| slab.insert(value).unwrap());
                *slab.wait_exclusive(key).unwrap() += 1;
                let pinned = slab.pin();
                assert_eq!(pinned.get(key), Some(&2));
                thread::scope(|scope| {
                    // This pin holds a guard of the one entry, and nothing of the other.
                    let waiting = scope.spawn(|| *slab.wait_exclusive(key).unwrap() += 1);
                    scope.spawn(|| *slab.wait_exclusive(other).unwrap() += 1).join().unwrap();
                    while slab.contains(key) {
                        thread::yield_now();
                    }
                    assert!(!waiting.is_finished() && pinned.get(key).is_none());
                    assert_eq!(panic_of(|| drop(slab.wait_exclusive(other))), refusal("wait_exclusive", other));
                    drop(pinned);
                    waiting.join().unwrap();
                });
                assert_eq!((slab.take(key), slab.take(other)), (Some(3), Some(3)));
            });
        });
    }
}

//! A thread that waits for its own guard panics with both places named, where debug assertions are on.
//!
//! It waits for five seconds first. So all scenarios run at once, in one test.

use std::{
    mem,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use flagstone::{Entry, Pool, Slab};

use crate::value::Ledger;

/// Longer than a thread waits before it looks for a guard of its own.
const LONG: Duration = Duration::from_secs(7);

#[test]
fn a_thread_that_waits_for_its_own_guard_panics() {
    let scenarios: &[(&str, fn())] = &[
        ("take_under_a_guard", take_under_a_guard),
        ("take_of_a_guard_under_its_clone", take_of_a_guard_under_its_clone),
        ("take_under_an_owned_guard_and_an_exclusive_one", take_under_an_owned_guard_and_an_exclusive_one),
        ("take_in_retain_and_in_a_walk", take_in_retain_and_in_a_walk),
        ("wait_exclusive_under_a_guard", wait_exclusive_under_a_guard),
        (
            "wait_exclusive_under_a_guard_that_another_thread_waits_for",
            wait_exclusive_under_a_guard_that_another_thread_waits_for,
        ),
        ("wait_exclusive_of_a_pool_under_guards", wait_exclusive_of_a_pool_under_guards),
        ("a_guard_that_another_thread_uses_is_that_threads", a_guard_that_another_thread_uses_is_that_threads),
        (
            "guards_of_other_threads_and_of_other_entries_are_waited_for",
            guards_of_other_threads_and_of_other_entries_are_waited_for,
        ),
        ("as_many_guards_as_there_are_find_their_records_again", as_many_guards_as_there_are_find_their_records_again),
        ("guards_that_were_leaked_are_not_waited_for_twice", guards_that_were_leaked_are_not_waited_for_twice),
        ("a_guard_that_threads_share_is_attributed_to_none", a_guard_that_threads_share_is_attributed_to_none),
    ];
    let threads: Vec<_> = scenarios.iter().map(|(name, scenario)| (name, thread::spawn(scenario))).collect();
    let failed: Vec<_> = threads.into_iter().filter_map(|(name, thread)| thread.join().err().map(|_| name)).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// Asserts that `wait` panics, and that the message names the operation, the line of the call and that of the guard.
fn assert_refused<R>(operation: &str, call: u32, guard: u32, wait: impl FnOnce() -> R) {
    let Err(payload) = panic::catch_unwind(AssertUnwindSafe(wait)) else { panic!("it must not return") };
    let message = payload.downcast_ref::<String>().expect("a formatted message");
    let begin = format!("flagstone: `{operation}` of entry 0x");
    let (call, guard) = (format!(" at {}:{call}:", file!()), format!("got at {}:{guard}:", file!()));
    assert!(message.starts_with(&begin) && message.contains(&call) && message.contains(&guard), "{message}");
}

fn take_under_a_guard() {
    let ledger = Ledger::new();
    let slab = Slab::new();
    let key = slab.insert(ledger.value()).unwrap();
    let (guard, got) = (slab.get(key).unwrap(), line!());
    assert_refused("take", line!(), got, || slab.take(key));
    assert!(slab.get(key).is_none() && ledger.dropped() == 0, "the entry is removed, and the guard has its value");
    drop(guard);
    assert!(ledger.dropped() == 1 && slab.is_empty());
    let key = slab.insert(ledger.value()).unwrap();
    assert!(slab.take(key).is_some());
}

fn take_of_a_guard_under_its_clone() {
    let slab = Slab::new();
    let key = slab.insert(1).unwrap();
    let guard = slab.get(key).unwrap();
    let (clone, got) = (Entry::clone(&guard), line!());
    assert_refused("take", line!(), got, || guard.take());
    assert_eq!(*clone, 1);
}

fn take_under_an_owned_guard_and_an_exclusive_one() {
    let slab = Arc::new(Slab::new());
    let keys = [slab.insert(1).unwrap(), slab.insert(2).unwrap()];
    thread::scope(|scope| {
        scope.spawn(|| {
            let (guard, got) = (slab.get_arc(keys[0]).unwrap(), line!());
            assert_refused("take", line!(), got, || slab.take(keys[0]));
            assert_eq!(*guard, 1);
        });
        scope.spawn(|| {
            let (guard, got) = (slab.get_exclusive(keys[1]).unwrap(), line!());
            assert_refused("take", line!(), got, || slab.take(keys[1]));
            assert_eq!(*guard, 2);
        });
    });
    assert!(slab.is_empty());
}

fn take_in_retain_and_in_a_walk() {
    let slab = Slab::new();
    let keys = [slab.insert(1).unwrap(), slab.insert(2).unwrap()];
    thread::scope(|scope| {
        scope.spawn(|| {
            let got = line!() + 1;
            slab.retain(|key, _| {
                if key == keys[0] {
                    assert_refused("take", line!(), got, || slab.take(key));
                }
                true
            });
        });
        scope.spawn(|| {
            let got = line!() + 1;
            for entry in slab.iter().filter(|entry| entry.key() == keys[1]) {
                assert_refused("take", line!(), got, || slab.take(keys[1]));
                assert_eq!(*entry, 2);
            }
        });
    });
}

fn wait_exclusive_under_a_guard() {
    let ledger = Ledger::new();
    let slab = Slab::new();
    let key = slab.insert(ledger.value()).unwrap();
    let (guard, got) = (slab.get(key).unwrap(), line!());
    assert_refused("wait_exclusive", line!(), got, || slab.wait_exclusive(key));
    assert!(slab.get(key).is_none() && ledger.dropped() == 0, "the entry is removed, and the guard has its value");
    drop(guard);
    assert!(ledger.dropped() == 1 && slab.is_empty());
}

fn wait_exclusive_under_a_guard_that_another_thread_waits_for() {
    let slab = Slab::new();
    let key = slab.insert(1).unwrap();
    let (guard, got) = (slab.get(key).unwrap(), line!());
    thread::scope(|scope| {
        let other = scope.spawn(|| slab.wait_exclusive(key).map(|guard| *guard));
        while slab.contains(key) {
            thread::yield_now();
        }
        assert_refused("wait_exclusive", line!(), got, || slab.wait_exclusive(key));
        drop(guard);
        assert_eq!(other.join().unwrap(), Some(1));
    });
}

fn wait_exclusive_of_a_pool_under_guards() {
    let pool: Pool<String> = Pool::new();
    let keys = [pool.create_with(|text| text.push('a')).unwrap(), pool.create_with(|text| text.push('b')).unwrap()];
    thread::scope(|scope| {
        scope.spawn(|| {
            let (guard, got) = (pool.get(keys[0]).unwrap(), line!());
            assert_refused("wait_exclusive", line!(), got, || pool.wait_exclusive(keys[0]));
            assert_eq!(*guard, "a");
        });
        scope.spawn(|| {
            let (guard, got) = (pool.wait_exclusive(keys[1]).unwrap(), line!());
            assert_refused("wait_exclusive", line!(), got, || pool.wait_exclusive(keys[1]));
            assert_eq!(*guard, "b");
        });
        scope.spawn(|| {
            let (guard, got) = (pool.create().unwrap(), line!());
            assert_refused("wait_exclusive", line!(), got, || pool.wait_exclusive(guard.key()));
        });
    });
    assert!(pool.is_empty());
}

fn a_guard_that_another_thread_uses_is_that_threads() {
    let slab = Arc::new(Slab::new());
    let key = slab.insert(1).unwrap();
    let guard = slab.get_arc(key).unwrap();
    let (sender, receiver) = mpsc::channel();
    let other = thread::spawn(move || {
        assert_eq!(*guard, 1);
        sender.send(()).unwrap();
        thread::sleep(LONG);
    });
    receiver.recv().unwrap();
    assert_eq!(slab.take(key), Some(1));
    other.join().unwrap();
}

fn guards_of_other_threads_and_of_other_entries_are_waited_for() {
    let slab = Slab::new();
    let (key, other_key) = (slab.insert(1).unwrap(), slab.insert(2).unwrap());
    let other_guard = slab.get(other_key).unwrap();
    let ended = slab.get(key).unwrap();
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let slab = &slab;
        scope.spawn(move || {
            let _guard = slab.get(key).unwrap();
            sender.send(()).unwrap();
            thread::sleep(LONG);
        });
        receiver.recv().unwrap();
        drop(ended);
        assert_eq!(slab.take(key), Some(1));
    });
    assert_eq!(*other_guard, 2);
}

fn guards_that_were_leaked_are_not_waited_for_twice() {
    /// Waits for a guard that another thread has for a long time.
    fn take_behind_another(slab: &Slab<u32>, key: usize) {
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            scope.spawn(move || {
                let _guard = slab.get(key).unwrap();
                sender.send(()).unwrap();
                thread::sleep(LONG);
            });
            receiver.recv().unwrap();
            assert_eq!(slab.take(key), Some(2));
        });
    }
    thread::scope(|scope| {
        scope.spawn(|| {
            let dropped = Slab::new();
            let key = dropped.insert(1).unwrap();
            mem::forget(dropped.get(key));
            drop(dropped);
            // Often at the same address.
            let slab = Slab::new();
            let key = slab.insert(2).unwrap();
            take_behind_another(&slab, key);
        });
        for ends in [Slab::clear as fn(&mut Slab<u32>), |slab| drop(slab.drain())] {
            scope.spawn(move || {
                let mut slab = Slab::new();
                let key = slab.insert(1).unwrap();
                mem::forget(slab.get(key));
                ends(&mut slab);
                let key = slab.insert(2).unwrap();
                take_behind_another(&slab, key);
            });
        }
    });
}

fn a_guard_that_threads_share_is_attributed_to_none() {
    let slab = Slab::new();
    let key = slab.insert(1).unwrap();
    let (maker, user) = (mpsc::channel(), mpsc::channel());
    thread::scope(|scope| {
        let slab = &slab;
        let shared = Arc::new(Mutex::new(None));
        scope.spawn({
            let shared = Arc::clone(&shared);
            move || {
                *shared.lock().unwrap() = Some(slab.get(key).unwrap());
                maker.0.send(()).unwrap();
                user.1.recv().unwrap();
                thread::sleep(LONG);
                drop(shared.lock().unwrap().take());
            }
        });
        maker.1.recv().unwrap();
        assert_eq!(shared.lock().unwrap().as_deref(), Some(&1));
        user.0.send(()).unwrap();
        assert_eq!(slab.take(key), Some(1));
    });
}

fn as_many_guards_as_there_are_find_their_records_again() {
    let slab = Slab::new();
    let key = slab.insert(1).unwrap();
    for _ in 0..10_000 {
        let guards: Vec<_> = (0..20).map(|_| slab.get(key).unwrap()).collect();
        assert!(guards.iter().all(|guard| **guard == 1));
    }
    let (guard, got) = (slab.get(key).unwrap(), line!());
    assert_refused("take", line!(), got, || slab.take(key));
    drop(guard);
}

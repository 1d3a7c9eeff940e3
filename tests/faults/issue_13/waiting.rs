//! `wait_exclusive`: exclusive access where an attempt would never succeed.

mod refusing;

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use flagstone::ExclusiveError;

use super::{Store, in_slabs_and_in_pools, while_two_pin_in_turns};

in_slabs_and_in_pools! {
    without_guards_and_pins_it_waits_for_nothing
    it_waits_for_guards
    it_waits_for_an_exclusive_guard
    it_waits_for_pins_of_others
    it_waits_for_guards_and_pins_in_each_order
    it_waits_for_no_guard_of_another_entry
    it_gets_through_where_two_threads_pin_in_turns_for_ever
    it_gets_through_where_other_threads_get_guards_all_the_time
    a_removal_of_the_entry_ends_the_wait_for_guards
    a_removal_of_the_entry_ends_the_wait_for_pins
    two_that_wait_get_access_one_after_the_other
    many_that_wait_lose_no_change
}

fn without_guards_and_pins_it_waits_for_nothing<S: Store>() {
    let store = S::default();
    let key = store.make(1);
    for value in 1..10 {
        let mut exclusive = store.wait_exclusive(key).unwrap();
        assert_eq!((**exclusive, store.read(key), store.contains(key)), (value, None, false));
        **exclusive += 1;
        drop(exclusive);
        assert_eq!(store.read(key), Some(value + 1));
    }
    assert!(store.end(key) && store.wait_exclusive(key).is_none());
}

/// Makes another thread wait for exclusive access and add 10. When it waits, `behaviour` gets a function that says
/// whether it still waits. `behaviour` must drop the guards or pins that it waits for.
fn while_another_waits<S: Store>(store: &S, key: usize, behaviour: impl FnOnce(&dyn Fn() -> bool)) {
    let has_got_it = AtomicBool::new(false);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let mut exclusive = store.wait_exclusive(key).unwrap();
            has_got_it.store(true, Ordering::Relaxed);
            **exclusive += 10;
        });
        store.await_absence(key);
        // Nothing else that needs the entry gets it meanwhile.
        assert_eq!(store.get_exclusive(key).map(drop), Err(ExclusiveError::InUse));
        assert!(store.read(key).is_none());
        behaviour(&|| {
            thread::yield_now();
            !has_got_it.load(Ordering::Relaxed) && !waiting.is_finished()
        });
        waiting.join().unwrap();
    });
}

fn it_waits_for_guards<S: Store>() {
    let store = S::default();
    let key = store.make(1);
    let [first, last] = [(); 2].map(|()| store.get(key).unwrap());
    while_another_waits(&store, key, |waits| {
        assert!(waits());
        drop(first);
        assert!(waits());
        assert_eq!(**last, 1);
        drop(last);
    });
    assert_eq!(store.read(key), Some(11));
}

fn it_waits_for_an_exclusive_guard<S: Store>() {
    let store = S::default();
    let key = store.make(1);
    let mut exclusive = store.get_exclusive(key).unwrap();
    let (started, wait_for_start) = mpsc::channel();
    thread::scope(|scope| {
        let (store, started) = (&store, started);
        let waiting = scope.spawn(move || {
            started.send(()).unwrap();
            **store.wait_exclusive(key).unwrap() += 10;
        });
        wait_for_start.recv().unwrap();
        for _ in 0..100 {
            thread::yield_now();
            assert!(!waiting.is_finished());
            **exclusive += 1;
        }
        drop(exclusive);
        waiting.join().unwrap();
    });
    assert_eq!(store.read(key), Some(111));
}

/// Other threads that have the store pinned, until each is told to end its pin.
fn under_pins_of_others<S: Store>(store: &S, count: usize, behaviour: impl FnOnce(Vec<mpsc::Sender<()>>)) {
    let pinned = Barrier::new(count + 1);
    thread::scope(|scope| {
        let ends = (0..count).map(|_| {
            let (end, wait_for_end) = mpsc::channel::<()>();
            let pinned = &pinned;
            scope.spawn(move || {
                let _pin = store.pin();
                pinned.wait();
                // Until it is told, or the other end is dropped.
                let _ = wait_for_end.recv();
            });
            end
        });
        let ends = ends.collect();
        pinned.wait();
        behaviour(ends);
    });
}

fn it_waits_for_pins_of_others<S: Store>() {
    let store = S::default();
    let key = store.make(1);
    under_pins_of_others(&store, 2, |ends| {
        assert_eq!(store.get_exclusive(key).map(drop), Err(ExclusiveError::InUse));
        while_another_waits(&store, key, |waits| {
            let [first, last] = ends.try_into().unwrap();
            assert!(waits());
            drop(first);
            assert!(waits());
            drop(last);
        });
    });
    assert_eq!(store.read(key), Some(11));
}

fn it_waits_for_guards_and_pins_in_each_order<S: Store>() {
    let store = S::default();
    for guard_first in [false, true] {
        let key = store.make(1);
        let guard = store.get(key).unwrap();
        under_pins_of_others(&store, 1, |ends| {
            while_another_waits(&store, key, |waits| {
                if guard_first {
                    drop(guard);
                    assert!(waits());
                    drop(ends);
                } else {
                    drop(ends);
                    assert!(waits());
                    drop(guard);
                }
            });
        });
        assert_eq!(store.read(key), Some(11));
    }
}

fn it_waits_for_no_guard_of_another_entry<S: Store>() {
    let (store, other) = (S::default(), S::default());
    let [key, next, others] = [store.make(1), store.make(2), other.make(3)];
    let _guards = (store.get(next).unwrap(), other.get(others).unwrap());
    let _pin = other.pin();
    let _exclusive = store.wait_exclusive(key).unwrap();
    assert_eq!((store.read(next), other.read(others)), (Some(2), Some(3)));
}

fn it_gets_through_where_two_threads_pin_in_turns_for_ever<S: Store>() {
    let store = S::default();
    let key = store.make(0);
    while_two_pin_in_turns(&store, || {
        for turn in 0..200 {
            // An attempt is refused as a rule; it looks at one pin after the other, so now and then it sees both between two pins.
            let _ = store.get_exclusive(key).map(drop);
            let mut exclusive = store.wait_exclusive(key).unwrap();
            assert_eq!(**exclusive, turn);
            **exclusive += 1;
            drop(exclusive);
            assert_eq!(store.read(key), Some(turn + 1));
        }
    });
}

fn it_gets_through_where_other_threads_get_guards_all_the_time<S: Store>() {
    /// Also when the waiting thread has panicked.
    struct Done<'a>(&'a AtomicBool);

    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let store = S::default();
    let key = store.make(0);
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let _done = Done(&is_done);
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                let mut guard = None;
                while !is_done.load(Ordering::Relaxed) {
                    // The next before the last one is dropped.
                    guard = store.get(key).or_else(|| (drop(guard.take()), None).1);
                    let seen = guard.as_ref().map_or(last, |guard| ***guard);
                    assert!(seen >= last && seen % 2 == 0);
                    last = seen;
                }
            });
        }
        for _ in 0..500 {
            let mut exclusive = store.wait_exclusive(key).unwrap();
            **exclusive += 1;
            thread::yield_now();
            **exclusive += 1;
        }
    });
    assert_eq!(store.read(key), Some(1_000));
}

fn a_removal_of_the_entry_ends_the_wait_for_guards<S: Store>() {
    let store = S::default();
    for _ in 0..20 {
        let key = store.make(1);
        let guard = store.get(key).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| store.wait_exclusive(key).is_none());
            store.await_absence(key);
            assert!(store.end(key) && !store.end(key));
            // While the guard is still out.
            assert!(waiting.join().unwrap());
            assert_eq!((**guard, store.len()), (1, 1));
            drop(guard);
            assert_eq!(store.len(), 0);
        });
    }
}

fn a_removal_of_the_entry_ends_the_wait_for_pins<S: Store>() {
    let store = S::default();
    for _ in 0..20 {
        let key = store.make(1);
        under_pins_of_others(&store, 1, |ends| {
            thread::scope(|scope| {
                let waiting = scope.spawn(|| store.wait_exclusive(key).is_none());
                store.await_absence(key);
                assert!(store.end(key) && !store.end(key));
                assert!(waiting.join().unwrap());
                assert_eq!(store.len(), 1);
                drop(ends);
                while store.len() > 0 {
                    thread::yield_now();
                }
            });
        });
    }
}

fn two_that_wait_get_access_one_after_the_other<S: Store>() {
    let store = S::default();
    for _ in 0..50 {
        let key = store.make(1);
        let guard = store.get(key).unwrap();
        let is_in = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut exclusive = store.wait_exclusive(key).unwrap();
                    assert!(!is_in.swap(true, Ordering::Relaxed), "both have access");
                    thread::yield_now();
                    **exclusive += 10;
                    is_in.store(false, Ordering::Relaxed);
                });
            }
            store.await_absence(key);
            drop(guard);
        });
        assert_eq!(store.read(key), Some(21));
        // And one that waits for nothing because the other was removed.
        let guard = store.get(key).unwrap();
        thread::scope(|scope| {
            let waiting = [(); 2].map(|()| scope.spawn(|| store.wait_exclusive(key).is_none()));
            store.await_absence(key);
            assert!(store.end(key));
            assert!(waiting.into_iter().all(|waiting| waiting.join().unwrap()));
        });
        drop(guard);
    }
}

fn many_that_wait_lose_no_change<S: Store>() {
    const THREADS: usize = 4;
    const TURNS: usize = 300;

    let store = S::default();
    let keys = [store.make(0), store.make(0)];
    thread::scope(|scope| {
        for number in 0..THREADS {
            let store = &store;
            scope.spawn(move || {
                for turn in 0..TURNS {
                    let key = keys[(turn + number) % 2];
                    match turn % 3 {
                        0 => drop(store.pin()),
                        1 => drop(store.get(key)),
                        _ => {}
                    }
                    **store.wait_exclusive(key).unwrap() += 1;
                }
            });
        }
    });
    assert_eq!(keys.map(|key| store.read(key).unwrap()).iter().sum::<u64>(), (THREADS * TURNS) as u64);
}

//! Pins where there is no memory.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    thread::{self, LocalKey},
    time::Duration,
};

use flagstone::{Pool, Slab};

use crate::{
    BALANCE, GRANTED,
    refusals::{Plan, Refusals},
};

alone_on_a_thread! {
    what_is_removed_without_memory_to_tell_its_readers_stays_until_the_slab_is_dropped
    memory_to_tell_some_of_the_readers_is_not_enough
    what_is_removed_without_memory_while_guards_are_out_stays_too
    a_guard_that_lets_go_needs_no_memory
    take_without_memory_to_tell_the_readers_waits_for_them
    a_slab_without_memory_for_its_table_is_pinned_and_read
    a_pool_without_memory_for_its_table_is_pinned_and_read
    a_pin_gives_back_all_memory_that_it_has_used
    a_pin_by_guards_gives_back_all_memory_that_it_has_used
}

type Value = Arc<()>;

/// Runs something for which so many allocations of the current thread are granted, and no more.
fn granting<R>(kind: &'static LocalKey<Cell<Option<usize>>>, count: usize, behaviour: impl FnOnce() -> R) -> R {
    kind.set(Some(count));
    let result = behaviour();
    kind.set(None);
    result
}

/// Runs something while as many other threads as there are places have the slab pinned and read the values of the keys.
/// `behaviour` gets what ends the pin of one of them.
fn under_pins_of_others<const PINS: usize, R>(
    slab: &Slab<Value>,
    keys: &[usize],
    behaviour: impl FnOnce([&dyn Fn(); PINS]) -> R,
) -> R {
    thread::scope(|scope| {
        let ends = [(); PINS].map(|()| {
            let ((pinned, wait_for_pinned), (end, wait_for_end)) = (mpsc::channel(), mpsc::channel::<()>());
            let holder = scope.spawn(move || {
                let pin = slab.pin();
                let values: Vec<_> = keys.iter().map(|&key| pin.get(key).unwrap()).collect();
                pinned.send(()).unwrap();
                // Until the other end is dropped, also by a panic.
                wait_for_end.recv().unwrap_err();
                assert!(values.into_iter().all(|value| Arc::strong_count(value) == 2));
            });
            wait_for_pinned.recv().unwrap();
            let holder = Cell::new(Some((end, holder)));
            move || {
                let (end, holder) = holder.take().unwrap();
                drop(end);
                holder.join().unwrap();
            }
        });
        behaviour(ends.each_ref().map(|end| end as &dyn Fn()))
    })
}

/// Runs something of which the first allocation is refused: the block that a slab makes for a thread. The thread has its
/// number already.
fn without_a_block<R>(behaviour: impl FnOnce() -> R) -> R {
    drop(Slab::<u8>::new().pin());
    let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only: true });
    let (result, was_refused) = refusals.under(behaviour);
    assert!(was_refused);
    result
}

fn counts<const COUNT: usize>(values: &[Value; COUNT]) -> [usize; COUNT] {
    values.each_ref().map(Arc::strong_count)
}

/// A slab with entries of these values.
fn slab_of<const COUNT: usize>(values: &[Value; COUNT]) -> (Slab<Value>, [usize; COUNT]) {
    let slab = Slab::new();
    let keys = values.each_ref().map(|value| slab.insert(Arc::clone(value)).unwrap());
    (slab, keys)
}

/// Removes two entries, the first one without memory, and ends the pin under which it did so.
fn remove_and_end_pin(slab: &Slab<Value>, keys: [usize; 2], values: &[Value; 2], end_pin: impl FnOnce()) {
    assert!(granting(&GRANTED, 0, || slab.remove(keys[0])));
    assert!(slab.remove(keys[1]));
    // It is removed all the same.
    assert!(!slab.remove(keys[0]) && slab.get(keys[0]).is_none() && !slab.contains(keys[0]));
    assert!(slab.take(keys[0]).is_none() && slab.try_take(keys[0]).is_none());
    assert_eq!((slab.len(), counts(values)), (2, [2, 2]));
    end_pin();
    assert_eq!((slab.len(), counts(values)), (1, [2, 1]));
}

fn what_is_removed_without_memory_to_tell_its_readers_stays_until_the_slab_is_dropped() {
    for own in [false, true] {
        let values = [Value::default(), Value::default()];
        let (slab, keys) = slab_of(&values);
        if own {
            let pin = slab.pin();
            remove_and_end_pin(&slab, keys, &values, || drop(pin));
        } else {
            under_pins_of_others(&slab, &keys, |[end]| remove_and_end_pin(&slab, keys, &values, end));
        }
        // Later pins do not end it, and nothing else is kept.
        drop(slab.pin());
        let key = slab.insert(Arc::clone(&values[1])).unwrap();
        assert_ne!(key, keys[0]);
        assert!(slab.pin().get(key).is_some() && slab.remove(key));
        assert_eq!((slab.len(), counts(&values)), (1, [2, 1]));
        drop(slab);
        assert_eq!(counts(&values), [1, 1]);
    }
}

fn memory_to_tell_some_of_the_readers_is_not_enough() {
    for granted in 0..=3 {
        let values = [Value::default()];
        let (mut slab, keys) = slab_of(&values);
        under_pins_of_others(&slab, &keys, |ends: [&dyn Fn(); 3]| {
            assert!(granting(&GRANTED, granted, || slab.remove(keys[0])));
            for end in ends {
                assert_eq!((slab.len(), counts(&values)), (1, [2]));
                end();
            }
        });
        let left = usize::from(granted < 3);
        assert_eq!((slab.len(), counts(&values)), (left, [1 + left]), "{granted}");
        slab.clear();
        assert_eq!((slab.len(), counts(&values)), (0, [1]));
    }
}

fn what_is_removed_without_memory_while_guards_are_out_stays_too() {
    let values = [Value::default()];
    let (slab, keys) = slab_of(&values);
    let (guard, pin) = (slab.get(keys[0]).unwrap(), slab.pin());
    assert!(granting(&GRANTED, 0, || slab.remove(keys[0])));
    drop((guard, pin));
    assert_eq!((slab.len(), counts(&values)), (1, [2]));
    drop(slab);
    assert_eq!(counts(&values), [1]);
}

/// The pins were told when the entry was removed.
fn a_guard_that_lets_go_needs_no_memory() {
    let values = [Value::default()];
    let (slab, keys) = slab_of(&values);
    let (guard, pin) = (slab.get(keys[0]).unwrap(), slab.pin());
    assert!(slab.remove(keys[0]));
    granting(&GRANTED, 0, || drop(guard));
    assert_eq!((slab.len(), counts(&values)), (1, [2]));
    drop(pin);
    assert_eq!((slab.len(), counts(&values)), (0, [1]));
}

fn take_without_memory_to_tell_the_readers_waits_for_them() {
    for granted in 0..=3 {
        let values = [Value::default()];
        let (slab, keys) = slab_of(&values);
        under_pins_of_others(&slab, &keys, |ends: [&dyn Fn(); 3]| {
            let (taken, wait_for_taken) = mpsc::channel();
            let its_slab = &slab;
            thread::scope(|scope| {
                scope.spawn(move || {
                    let value = granting(&GRANTED, granted, || its_slab.take(keys[0]));
                    taken.send(value).unwrap();
                });
                while slab.contains(keys[0]) {
                    thread::yield_now();
                }
                for end in ends {
                    wait_for_taken.recv_timeout(Duration::from_millis(5)).unwrap_err();
                    assert!(!slab.remove(keys[0]) && slab.get(keys[0]).is_none());
                    assert_eq!((slab.len(), counts(&values)), (1, [2]));
                    end();
                }
                assert!(wait_for_taken.recv().unwrap().is_some_and(|value| Arc::ptr_eq(&value, &values[0])));
            });
        });
        assert_eq!((slab.len(), counts(&values)), (0, [1]), "{granted}");
    }
}

fn a_slab_without_memory_for_its_table_is_pinned_and_read() {
    let slab = Slab::<u8>::new();
    let pin = without_a_block(|| slab.pin());
    assert!([0, 1, usize::MAX].into_iter().all(|key| pin.get(key).is_none() && !pin.contains(key)));
    assert!(pin.iter().next().is_none() && pin.is_empty() && slab.capacity() == 0);
    assert!(granting(&GRANTED, 0, || slab.insert(1)).is_none());
    // There is memory now. This pin goes on without counting on the table.
    let keys = [1, 2].map(|value| slab.insert(value).unwrap());
    assert_eq!((pin.get(keys[0]), pin.len()), (Some(&1), 2));
    catch_unwind(AssertUnwindSafe(|| slab.take(keys[0]))).unwrap_err();
    assert!(slab.remove(keys[0]) && slab.remove(keys[1]));
    assert_eq!(slab.len(), 1, "the other one was not looked up");
    let key = slab.insert(3).unwrap();
    // A pin under it is an ordinary one.
    let inner = slab.pin();
    assert!(slab.remove(key));
    assert_eq!(slab.len(), 2);
    // It began after the removal of what the other one has looked up.
    drop(pin);
    assert_eq!(slab.len(), 1);
    let key = slab.insert(4).unwrap();
    catch_unwind(AssertUnwindSafe(|| slab.take(key))).unwrap_err();
    drop(inner);
    assert_eq!((slab.len(), slab.take(key), slab.len()), (1, Some(4), 0));
}

fn a_pool_without_memory_for_its_table_is_pinned_and_read() {
    let pool = Pool::<String>::new();
    let pin = without_a_block(|| pool.pin());
    assert!(pin.get(1).is_none() && pin.keys().next().is_none());
    let key = pool.create_with(|text| text.push_str("text")).unwrap();
    let text = pin.get(key).unwrap();
    assert!(pool.clear(key));
    assert_eq!((text.as_str(), pool.len()), ("text", 1));
    drop(pin);
    assert!(pool.is_empty());
}

fn a_pin_gives_back_all_memory_that_it_has_used() {
    let balance = || BALANCE.get();
    // By the thread's shard.
    let values = [Value::default(), Value::default()];
    let (slab, keys) = slab_of(&values);
    drop(slab.pin());
    let before = balance();
    for _ in 0..2 {
        let pin = slab.pin();
        assert!(pin.get(keys[0]).is_some());
        drop(slab.pin());
        drop(pin);
        assert_eq!(balance(), before);
    }
    let (pin, of_value) = (slab.pin(), balance());
    assert!(keys.iter().all(|&key| slab.remove(key)) && balance() > of_value);
    drop(pin);
    assert_eq!(balance(), before, "the values are here still");
}

fn a_pin_by_guards_gives_back_all_memory_that_it_has_used() {
    // The thread's number is the process's.
    drop(Slab::<u8>::new().pin());
    let before = BALANCE.get();
    let slab = Slab::<u8>::new();
    // By the first one the slab gets something by which its pins know it.
    drop(without_a_block(|| slab.pin()));
    let known = BALANCE.get();
    for _ in 0..2 {
        drop(without_a_block(|| slab.pin()));
        assert_eq!(BALANCE.get(), known);
    }
    drop(slab);
    assert_eq!(BALANCE.get(), before);
}

//! Fault 6: pins that began after a removal put the end of the entry off, if guards of it were out, and so did `take`.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use flagstone::{Clear, Config, Pool, Slab};

use super::{ends, in_slabs_and_in_pools, while_two_pin_in_turns};
use crate::{
    configs::on_every_configuration,
    value::{Counted, Ledger},
};

on_every_configuration! {
    fault_06_of_issue_13_a_pin_that_began_after_the_removal_does_not_keep_the_value
    fault_06_of_issue_13_a_pin_that_was_out_at_the_removal_keeps_it_longer_than_the_guards
    fault_06_of_issue_13_a_pin_that_began_after_the_removal_does_not_keep_what_was_held_exclusively
    fault_06_of_issue_13_a_pin_that_began_after_the_clearing_does_not_keep_a_pools_value
}

/// Runs `behaviour` while another thread has done `pin` and holds the result.
fn under_anothers<P>(pin: impl FnOnce() -> P + Send, behaviour: impl FnOnce()) {
    let ((pinned, wait_for_pinned), (end, wait_for_end)) = (mpsc::channel(), mpsc::channel::<()>());
    thread::scope(|scope| {
        scope.spawn(move || {
            let pin = pin();
            pinned.send(()).unwrap();
            // Until the other end is dropped, also by a panic.
            wait_for_end.recv().unwrap_err();
            drop(pin);
        });
        wait_for_pinned.recv().unwrap();
        behaviour();
        drop(end);
    });
}

fn fault_06_of_issue_13_a_pin_that_began_after_the_removal_does_not_keep_the_value<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    // All threads have pinned before.
    drop(slab.pin());
    for turn in 0..3 {
        let key = slab.insert(ledger.value()).unwrap();
        let guards = [(); 2].map(|()| slab.get(key).unwrap());
        assert!(slab.remove(key));
        let late = slab.pin();
        let [first, last] = guards;
        drop(first);
        assert_eq!((ledger.dropped(), slab.len()), (2 * turn, 1));
        drop(last);
        assert_eq!((ledger.dropped(), slab.len()), (2 * turn + 1, 0));
        drop(late);

        let key = slab.insert(ledger.value()).unwrap();
        let guard = slab.get(key).unwrap();
        assert!(slab.remove(key));
        under_anothers(
            || slab.pin(),
            || {
                drop(guard);
                assert_eq!((ledger.dropped(), slab.len()), (2 * turn + 2, 0));
            },
        );
    }
}

fn fault_06_of_issue_13_a_pin_that_was_out_at_the_removal_keeps_it_longer_than_the_guards<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    // The guard is dropped before and after the pin, and a later pin does not count.
    for (turn, guard_first) in [true, false, true, false].into_iter().enumerate() {
        let key = slab.insert(ledger.value()).unwrap();
        let (guard, pin) = (slab.get(key).unwrap(), slab.pin());
        assert!(pin.get(key).is_some() && slab.remove(key));
        under_anothers(
            || slab.pin(),
            || {
                if guard_first {
                    drop(guard);
                    assert_eq!((ledger.dropped(), slab.len()), (turn, 1));
                    drop(pin);
                } else {
                    drop(pin);
                    assert_eq!((guard.id(), ledger.dropped(), slab.len()), (turn, turn, 1));
                    drop(guard);
                }
                assert_eq!((ledger.dropped(), slab.len()), (turn + 1, 0));
            },
        );
    }
}

fn fault_06_of_issue_13_a_pin_that_began_after_the_removal_does_not_keep_what_was_held_exclusively<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for turn in 0..3 {
        let key = slab.insert(ledger.value()).unwrap();
        let exclusive = slab.get_exclusive(key).unwrap();
        assert!(slab.remove(key));
        let late = slab.pin();
        assert_eq!((exclusive.id(), ledger.dropped()), (turn, turn));
        drop(exclusive);
        assert_eq!((ledger.dropped(), slab.len()), (turn + 1, 0));
        drop(late);
    }
}

/// Is kept when it is cleared.
#[derive(Default)]
struct Kept(Option<Counted>);

impl Clear for Kept {
    fn clear(&mut self) {
        self.0 = None;
    }
}

fn fault_06_of_issue_13_a_pin_that_began_after_the_clearing_does_not_keep_a_pools_value<C: Config>() {
    let ledger = Ledger::new();
    let pool = Pool::<Kept>::new_with_config::<C>();
    for turn in 0..3 {
        let key = pool.create_with(|kept| kept.0 = Some(ledger.value())).unwrap();
        let (guard, before) = (pool.get(key).unwrap(), pool.pin());
        assert!(pool.clear(key));
        let after = pool.pin();
        drop(guard);
        assert_eq!(ledger.dropped(), 2 * turn);
        // They are pins of one thread, so the later one is the end of both.
        drop(before);
        assert_eq!(ledger.dropped(), 2 * turn);
        drop(after);
        assert_eq!(ledger.dropped(), 2 * turn + 1);

        let key = pool.create_with(|kept| kept.0 = Some(ledger.value())).unwrap();
        let guard = pool.get(key).unwrap();
        assert!(pool.clear(key));
        let late = pool.pin();
        drop(guard);
        assert_eq!((ledger.dropped(), pool.len()), (2 * turn + 2, 0));
        drop(late);
    }
}

#[test]
fn fault_06_of_issue_13_take_ends_where_two_threads_pin_in_turns_for_ever() {
    const ENTRIES: u64 = 200;

    ends(|| {
        let slab = Arc::new(Slab::<u64>::new());
        while_two_pin_in_turns(&*slab, || {
            for value in 0..ENTRIES {
                let key = slab.insert(value).unwrap();
                if value % 2 == 0 {
                    assert_eq!(slab.take(key), Some(value));
                    continue;
                }
                // Once more with a guard that is out for a while.
                let guard = slab.get(key).unwrap();
                thread::scope(|scope| {
                    let taking = scope.spawn(|| slab.take(key));
                    while slab.contains(key) {
                        thread::yield_now();
                    }
                    assert_eq!(*guard, value);
                    drop(guard);
                    assert_eq!(taking.join().unwrap(), Some(value));
                });
            }
        });
        assert!(slab.is_empty());
    });
}

in_slabs_and_in_pools! {
    fault_06_of_issue_13_what_is_removed_ends_where_two_threads_pin_in_turns_for_ever
}

fn fault_06_of_issue_13_what_is_removed_ends_where_two_threads_pin_in_turns_for_ever<S: super::Store>() {
    let store = S::default();
    while_two_pin_in_turns(&store, || {
        for value in 0..500 {
            let key = store.make(value);
            let guard = (value % 2 == 0).then(|| store.get(key).unwrap());
            assert!(store.end(key));
            drop(guard);
            while store.len() > 0 {
                thread::yield_now();
            }
        }
    });
}
